"""A step as it is written: what any verb says about itself to the checks, the plan and the schema."""

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from sofrito.recipe.base import HeadFacts, Key, Load, Need, Part, PoolDraw, Subject
from sofrito.recipe.entries import Check
from sofrito.recipe.value_types import Values, ValueType


class Verb(Part):
    """A step as written: one verb with its direct object, and what every step may have.

    ``beside`` has the options that make another column beside each of the verb's, with the ending
    of its name. ``chain_key`` is the option that has the step's filters, and ``chain_alone`` says
    that these decide on a row by itself: none may look at siblings or remember. ``asks_at`` is the
    path of the key that names the model.
    """

    verb: ClassVar[str]
    beside: ClassVar[Mapping[str, str]] = {}
    chain_key: ClassVar[str] = "by"
    chain_alone: ClassVar[bool] = False
    asks_at: ClassVar[Key] = ("model",)

    name: str = ""
    """What the step is called in reports and in the seeds of its calls; the verb and its columns otherwise."""

    when: str = ""
    """An expression; where it is false the row passes untouched, the step's new columns being null."""

    keep: str = ""
    """An expression over the row after this step; a row for which it is false is rejected."""

    @property
    def label(self) -> str:
        """The step's name, given or derived; a recipe numbers those that are derived alike."""
        return self.name or f"{self.verb} {'+'.join(self.object)}"

    @property
    def object(self) -> tuple[str, ...]:
        """The verb's direct object: the names it is about."""
        value = getattr(self, self.verb)
        return (value,) if isinstance(value, str) else tuple(value)

    def makes(self) -> tuple[str, ...]:
        """The new columns and records that rows have after this step."""
        return ()

    def records(self) -> Mapping[str, frozenset[str]]:
        """The fields of the records that this step makes, by the record's name."""
        return {}

    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """The least and the most of numbers that this step makes, by `column` or `record.field`."""
        return {}

    def counts_siblings(self) -> frozenset[str]:
        """The fields that are no more than the siblings that come to this step: `record.field`."""
        return frozenset()

    def numbered(self) -> frozenset[str]:
        """The fields that tell a row's place among its siblings, whatever a model says: `record.field`."""
        return frozenset()

    def values(self) -> Mapping[str, Values]:
        """What is known of the values of columns that this step makes, by `column`."""
        return {}

    def learns(self, known: Mapping[str, Values]) -> Mapping[str, Values]:  # noqa: ARG002
        """What is known of the values that this step makes, by what is ``known`` of those it reads.

        They are by `column` or `record.field`.
        """
        return self.values()

    def misfits(self, known: Mapping[str, Values]) -> Mapping[str, tuple[str, str]]:  # noqa: ARG002
        """What is wrong with columns that the step names, and what to do, by what is ``known``."""
        return {}

    def wants(self) -> Mapping[str, ValueType]:
        """The columns that the step can only use if their values are of a type."""
        return {}

    def looks_at_siblings(self) -> bool:
        """Whether the step says nothing of a row that has no siblings."""
        return False

    def answer_schema(self) -> Mapping[str, Any] | None:
        """The JSON Schema that the model which this step asks is held to, None where there is none."""
        return None

    def rewrites(self) -> tuple[str, ...]:
        """The columns that this step changes."""
        return ()

    def uses(self) -> tuple[str, ...]:
        """The columns that this step reads by name, beside its templates and expressions."""
        return ()

    def expressions(self) -> dict[Key, str]:
        """The step's expressions by the path of their key, apart from `when` and `keep`."""
        return {}

    def templates(self) -> dict[Key, str]:
        """The step's templates (file name or inline text) by the path of their key."""
        return {}

    def library_files(self) -> dict[Key, tuple[str, str]]:
        """The files of the library that the step names, as (folder, name) by the path of their key.

        Those with a head are templates as well. A missing one is a problem.
        """
        return {}

    def facts(self, heads: Mapping[Key, Part]) -> HeadFacts:  # noqa: ARG002
        """What is known of the step with the heads of its library files, those that are sound."""
        return HeadFacts()

    def subjects(self, heads: Mapping[Key, Part]) -> Mapping[Key, tuple[Subject, ...]]:  # noqa: ARG002
        """What the step's library files must show, by the path of their key; ``heads`` are the sound ones."""
        return {}

    def compares(self) -> bool:
        """Whether it looks at siblings together: its templates then see the row they came out of."""
        return False

    def extra_names(self) -> frozenset[str]:
        """Names that this step's own templates see beside the row's columns."""
        return frozenset()

    def names_at(self, key: Key) -> frozenset[str]:  # noqa: ARG002
        """Names that one of the step's templates, by the path of its key, sees beside the columns."""
        return self.extra_names()

    def shows(self, columns: Mapping[str, Values]) -> Mapping[str, Values]:  # noqa: ARG002
        """What is known of the values of those names, by what is known of the columns'."""
        return {}

    def expression_names(self) -> frozenset[str]:
        """Names that this step's own expressions, not `when` and `keep`, see beside the columns."""
        return frozenset()

    def unset_names(self, known: Collection[str]) -> Mapping[str, str]:  # noqa: ARG002
        """Names that the step's templates would see if it said more, with what it must say.

        ``known`` are the columns that it may name.
        """
        return {}

    def pools(self) -> tuple[str, ...]:
        """The seed pools that this step draws from or grows."""
        return ()

    def filters(self) -> tuple[Check, ...]:
        """The filters of this step's chain, in order, at the key ``chain_key``."""
        return ()

    def chain_names(self) -> frozenset[str]:
        """Names that the step's filters see beside the row's columns before it."""
        return frozenset()

    def chain_runs(self) -> int:
        """How often a row goes through the step's filters, if it passes."""
        return 1

    def asks(self) -> str | None:
        """The model that this step asks, "" for the recipe's default; None where it asks none."""
        return None

    def asks_before(self) -> tuple[str, ...]:
        """The columns that it asks for, each by a call, before the question that the step is about."""
        return ()

    def also_asks(self) -> Mapping[Key, str]:
        """The other models that this step asks, as :meth:`asks` has them, by the path of their key."""
        return {}

    def needs(self) -> tuple[Need, ...]:
        """What each model that this step asks must be able to do."""
        return ()

    def packages(self) -> Mapping[Key, tuple[str, str]]:
        """The packages that the step itself needs and the extras that bring them, by the path of a key."""
        return {}

    def answered(self) -> Mapping[str, int]:
        """The columns that hold one answer, or a part of it, with the most tokens that it has."""
        return {}

    def longest_answer(self) -> int | None:
        """The tokens that the step's `sampling` allows an answer, None where it does not say."""
        return None

    def load(self) -> Load:
        """What a row costs here, apart from the filters of the step's chains, and what comes of it."""
        rows = None if self.fans_out() else (1, 1)
        return Load(rows=rows) if self.asks() is None else Load(1, None, rows, 0, None)

    def draws(self) -> dict[Key, PoolDraw]:
        """What the step draws from seed pools, by the path of the draw."""
        return {}

    def grows(self) -> str:
        """The seed pool that rows join at this step, or ""."""
        return ""

    def fans_out(self) -> bool:
        """Whether a row becomes several here."""
        return False

    def tells_apart(self, values: Mapping[str, Any]) -> str | None:  # noqa: ARG002
        """What differs between any two rows that this step lets through, None if that is not certain."""
        return None

    def closed(self) -> Mapping[str, tuple[Any, ...]]:
        """All values that columns can have which it makes, of those columns where they are listed."""
        return {}

    def computes(self) -> str:
        """The expression that is the one column which this step sets, "" where there is none."""
        return ""

    def twins(self) -> bool:
        """Whether the siblings that it makes of a row are all the same."""
        return False

    def repeats(self) -> bool:
        """Whether it makes the same of rows that are equal in what it reads: nothing is left to chance."""
        return self.asks() is None and not self.draws()

    def ranks_by(self) -> Key:
        """The path of the expression in which siblings must differ, () where there is none."""
        return ()

    def least_difference(self) -> float:
        """How much two siblings' values of the expression it ranks by must differ at least."""
        return 0.0

    def least_siblings(self) -> int:
        """The fewest siblings of which anything can come here."""
        return 0

    def closes(self) -> bool:
        """Whether the innermost siblings become one row again here: their parent, with what is made."""
        return False

    def takes_apart(self) -> tuple[str, ...]:
        """The lists that it makes siblings of, which a step that closes these may make anew."""
        return ()

    def puts_together(self) -> tuple[str, ...]:
        """The lists that it makes of siblings, of which those may be there that were taken apart."""
        return ()

    def doubts(self) -> dict[Key, tuple[str, str]]:
        """What is allowed but can hardly be meant, and what to do instead, by the path of its key."""
        return {}

"""What every part of a recipe is built from: frozen models, and the types of their fields."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from sofrito.recipe.value_types import Listed, Values, ValueType


class Part(BaseModel):
    """A mapping of the recipe. Its fields are the YAML's keys, the docstrings under them the help.

    ``example`` is one as a recipe has it, for the help and for who wrote something else there. Of the
    keys ``one_of``, where there are any, one at least must be there.
    """

    example: ClassVar[Mapping[str, Any]] = {}
    one_of: ClassVar[tuple[str, ...]] = ()

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, populate_by_name=True, strict=False
    )


Key = tuple[str | int, ...]
"""Where something stands in a mapping: the keys and indices that lead to it."""


Need = Literal["complete", "turn", "biased texts", "score", "weigh", "embed"]
"""What a model may have to do: answer a prompt, write the user's turn, heed a `logit_bias` of texts, \
score a text, weigh labels, make vectors."""


@dataclass(frozen=True)
class PoolDraw:
    """What a step draws from a seed pool for each row."""

    pool: str
    rows: int
    where: str = ""
    grown: bool = False
    fill: bool = False


@dataclass(frozen=True)
class Load:
    """What one row costs at a step and what comes of it, as far as the recipe alone tells.

    ``calls`` are asked for it if every answer fits, ``most_calls`` whatever happens. ``rows`` are the
    least and the most that come of it if none is rejected. An answer has about ``written`` tokens
    (a guess), and never more than ``most_written``. None is what the recipe does not bound.
    """

    calls: int = 0
    most_calls: int | None = 0
    rows: tuple[int, int] | None = (1, 1)
    written: int = 0
    most_written: int | None = 0


@dataclass(frozen=True)
class HeadFacts:
    """What the heads of the library's files that a step names tell of it.

    ``records`` and ``ranges`` are as :class:`Verb` has them, ``faults`` what cannot be and what to do
    instead, by the path of its key.
    """

    records: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    faults: Mapping[Key, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Fragment:
    """A text that must stand in a column: as whole words, or anywhere; in this or in any case."""

    text: str
    words: bool = False
    any_case: bool = False


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

    def filters(self) -> tuple["Check", ...]:
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

    def doubts(self) -> dict[Key, tuple[str, str]]:
        """What is allowed but can hardly be meant, and what to do instead, by the path of its key."""
        return {}


class Check(Part):
    """A filter as written in a chain: `{length: {words: [4, 150]}}`, or its bare name.

    ``package`` is one that it needs and that only the ``extra`` brings. ``unequal`` says that it keeps
    one of equal siblings.
    """

    filter: ClassVar[str]
    shorthand: ClassVar[str] = ""
    siblings: ClassVar[bool] = False
    remembers: ClassVar[bool] = False
    unequal: ClassVar[bool] = False
    package: ClassVar[str] = ""
    extra: ClassVar[str] = ""

    def library_files(self) -> Mapping[Key, tuple[str, str]]:
        """The files of the library that the filter names, as (folder, name) by the path of their key."""
        return {}

    def extra_names(self) -> frozenset[str]:
        """Names that these files see beside the row's columns."""
        return frozenset()

    def facts(self, heads: Mapping[Key, Part]) -> HeadFacts:  # noqa: ARG002
        """What is known of the filter with the heads of these files, those that are sound."""
        return HeadFacts()

    def asks(self) -> str | None:
        """The model that the filter asks, "" for the recipe's default; None where it asks none."""
        return None

    def needs(self) -> tuple[Need, ...]:
        """What the model that the filter asks must be able to do."""
        return ()

    def calls(self, columns: int) -> int | None:  # noqa: ARG002
        """The calls that the filter asks for a row with so many columns to look at, None if unknown."""
        return 0 if self.asks() is None else None

    def uses(self) -> tuple[str, ...]:
        """The columns that the filter reads beside those it is asked about."""
        return ()

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """What the filter measures of every column, with the least and the most that pass."""
        return {}

    def leaves(self) -> float:
        """How many of a row's siblings are left at most."""
        return math.inf

    def wanted(self) -> tuple[tuple[Fragment, ...], ...]:
        """Texts without which nothing passes: of each group, one must stand in some column."""
        return ()

    def refuses(self, fragment: Fragment) -> bool:  # noqa: ARG002
        """Whether no column in which a text stands can pass; False where that is not certain."""
        return False

    def passes(self, values: Mapping[str, Any], columns: tuple[str, ...]) -> bool | None:  # noqa: ARG002
        """Whether a row with these values in some columns passes, None where they do not tell it."""
        return None

    def pools(self) -> tuple[str, ...]:
        """The seed pools that the filter compares with."""
        return ()

    def pool_columns(self) -> tuple[str, ...]:
        """The columns of these pools that it reads, those of the step's where it does not say."""
        return ()

    def chains(self) -> tuple[str, ...]:
        """The named chains that the filter stands for."""
        return ()


class Writer(Part):
    """An output format as written under `write`: its options map the format's fields to columns."""

    format: ClassVar[str]
    shorthand: ClassVar[str] = ""
    null_if_absent: ClassVar[bool] = False
    """Whether a row without one of the columns is written too, with null in its place."""
    apart: ClassVar[tuple[str, ...]] = ()
    """The fields of which no two may name the same column."""

    where: str = ""
    """An expression; only rows for which it is true are written in this format."""

    def uses(self) -> tuple[str, ...]:
        """The columns that the format needs."""
        return ()

    def wants(self) -> Mapping[str, ValueType]:
        """The columns that the format can only write if their values are of a type."""
        return {}

    def lists(self) -> Mapping[str, Listed]:
        """The columns that the format can only write if they hold lists of records, and of which."""
        return {}

    def holds_for(self) -> Mapping[str, str]:
        """Columns that hold for the value that another one, given with each, had when they were made."""
        return {}

    def remedies(self) -> Mapping[str, str]:
        """What to do where nothing makes a column that the format needs, by column, where that is known."""
        return {}


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value)


def _count(value: Any) -> Any:
    if isinstance(value, str) and value[-1:] in ("k", "M"):
        return round(float(value[:-1]) * {"k": 1_000, "M": 1_000_000}[value[-1]])
    return value


# A letter is whatever is no sign: `\w` is ASCII in JavaScript and Java, and Python has no `\p{L}`, but
# the same schemas are read by editors and by us.
_SIGNS = (
    r"\x5b-\x5e\x60\x7b-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u2000-\u206f\u20a0-\u20cf"
    r"\u2190-\u2bff\u3000-\u3004\u3008-\u3020"
)
_WORD = rf"[^\x00-@{_SIGNS}][^\x00-/:-@{_SIGNS}]*"

NAME = rf"^{_WORD}$"
"""A name in letters of any script, digits and `_`, with no digit first; rare signs pass as letters."""

Name = Annotated[str, Field(pattern=NAME)]

FIELD = rf"^{_WORD}(\.{_WORD})*$"
"""A column, or a field of a record: `difficulty`, `verdict.score`."""


def _published(pattern: str) -> WithJsonSchema:
    """Return the schema of one name or several, each once."""
    return WithJsonSchema(
        {
            "type": ["string", "array"],
            "pattern": pattern,
            "items": {"type": "string", "pattern": pattern},
            "minItems": 1,
            "uniqueItems": True,
        }
    )


Columns = Annotated[tuple[str, ...], BeforeValidator(_one_or_many), _published(NAME)]
Fields = Annotated[tuple[str, ...], BeforeValidator(_one_or_many), _published(FIELD)]
Strings = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_many),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}, "minItems": 1}),
]
Count = Annotated[
    int,
    BeforeValidator(_count),
    WithJsonSchema(
        {"type": ["integer", "string"], "minimum": 1, "pattern": r"^[0-9]+(\.[0-9]+)?[kM]$"}
    ),
]
Range = Annotated[
    tuple[int, int],
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "integer", "minimum": 0},
            "minItems": 2,
            "maxItems": 2,
        }
    ),
]

"""Makes texts harder, or others of their kind, round by round."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from sofrito.formats.base import Column
from sofrito.recipe.base import Key, Load, Need, Part, Subject
from sofrito.recipe.entries import Check
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import Name
from sofrito.recipe.heads import OperatorHead
from sofrito.recipe.value_types import Values
from sofrito.recipe.vocabulary import parse_check
from sofrito.steps.base import Bench, Step
from sofrito.steps.evolve_rounds import BEFORE, TEXT, Evolution, Fault, Operator, Rules
from sofrito.steps.filter import ruling
from sofrito.steps.sampling import Sampling
from sofrito.steps.work import Candidate, Lost, Map, Operation, Outcome, Row, Work
from sofrito.teachers.sampling import most_written

FIELDS = frozenset(("version", "rounds", "operator", "original", "lineage"))
OF_ITS_HEAD = 0.0


def _listed(value: Any) -> Any:
    if not isinstance(value, list | tuple):
        return value
    names = [str(name) for name in value]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        fix = f"To draw it more often, give weights: `{{{twice}: 2, …}}`."
        raise fault("clash", f"`{twice}` stands there twice", fix)
    return dict.fromkeys(names, OF_ITS_HEAD)


Operators = Annotated[
    dict[str, float],
    BeforeValidator(_listed),
    WithJsonSchema(
        {
            "type": ["array", "object"],
            "items": {"type": "string"},
            "minItems": 1,
            "minProperties": 1,
            "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
        }
    ),
]


class Evolve(Step):
    """Rewrites a column in rounds by operators that are drawn for each round (Evol-Instruct).

    An operator is a template with a head; it sees the row's columns, the `text` as it is so far and
    the answers to that. What a round made is the next version, unless it is empty, cut off, the same
    as before, or fails `undo`: then the row is as it was before the round, and the next round tries
    again. The record `evolution` has the `version` (the rounds that were kept), the `rounds` tried,
    the `operator` of this version, the `original` text, and the `lineage`: of each round `round`,
    `operator`, `kept` and `reason`. Source: Xu et al., arXiv 2304.12244.
    """

    verb: ClassVar[str] = "evolve"
    chain_key: ClassVar[str] = "undo"
    chain_alone: ClassVar[bool] = True
    example: ClassVar[Mapping[str, Any]] = {
        "evolve": "question",
        "operators": {"constrain": 2, "broaden": 1},
        "rounds": 3,
        "undo": ["echo"],
        "sampling": {"temperature": 1, "max_tokens": 512},
    }

    evolve: Column
    """The column that is rewritten."""

    operators: Operators
    """The operators, by name, with how often each is drawn; or a list of names, each drawn as its \
head says. A name is a file `prompts/operators/NAME.j2` of the recipe's folder, else of the shared \
library; a path that ends in `.j2` is a file of the recipe's folder."""

    rounds: Annotated[int, Field(ge=1)] = 1
    """How often the text is rewritten."""

    answer: dict[Name, str] = {}
    """New columns that are asked for anew for each version, the first one included, so that `undo` \
can look at them. They are templates by column, and each sees the columns before it."""

    undo: tuple[Annotated[Check, BeforeValidator(parse_check)], ...] = ()
    """Filters; a round that does not pass all of them is undone. They look at the evolved column, \
see the answers, and `before`, the text as it was before the round."""

    versions: Literal["last", "all"] = "last"
    """`last`: the row goes on as its last version. `all`: every version is a row, the text as it \
came being the first one; those that were undone are rejected."""

    truncated: Literal["reject", "keep"] = "reject"
    """What becomes of a text, or an answer to it, that was cut off at `max_tokens`: its round is \
undone, or it is taken as it is."""

    model: str = ""
    """Which of the recipe's models evolves and answers."""

    sampling: Sampling = Sampling()
    """How the model samples."""

    as_: Column = Field(default="evolution", alias="as")
    """What the record is called."""

    @field_validator("answer")
    @classmethod
    def _not_empty(cls, value: dict[str, str]) -> dict[str, str]:
        for name, template in value.items():
            if not template.strip():
                fix = f'Such as `{{{name}: "Answer: {{{{ question }}}}"}}`.'
                raise fault("missing", f"the template of `{name}` is empty", fix)
        return value

    @model_validator(mode="after")
    def _sensible(self) -> "Evolve":
        if self.evolve in self.answer:
            what = f"`answer` cannot make `{self.evolve}`, which is evolved"
            fix = "Give the answers a column of their own: `answer: {response: …}`."
            raise fault("clash", what, fix, at=f"answer.{self.evolve}")
        return self

    def numbered(self) -> frozenset[str]:
        """The versions' numbers."""
        return frozenset({f"{self.as_}.version"})

    def makes(self) -> tuple[str, ...]:
        """The answers and the record."""
        return (*self.answer, self.as_)

    def records(self) -> Mapping[str, frozenset[str]]:
        """How the version came about."""
        return {self.as_: FIELDS}

    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """A version and its rounds are at most as many as there are rounds."""
        least = self.rounds if self.versions == "last" else 0
        return {
            f"{self.as_}.version": (0, self.rounds),
            f"{self.as_}.rounds": (least, self.rounds),
        }

    def learns(self, known: Mapping[str, Values]) -> Mapping[str, Values]:
        """What was a text is another one."""
        was = known.get(self.evolve)
        texts = (self.evolve, f"{self.as_}.original")
        return dict.fromkeys(texts, Values("text")) if was and was.type == "text" else {}

    def rewrites(self) -> tuple[str, ...]:
        """The evolved column."""
        return (self.evolve,)

    def uses(self) -> tuple[str, ...]:
        """The evolved column."""
        return (self.evolve,)

    def templates(self) -> dict[Key, str]:
        """The answers'."""
        return {("answer", name): template for name, template in self.answer.items()}

    def library_files(self) -> dict[Key, tuple[str, str]]:
        """The operators."""
        return {
            ("operators", index if weight == OF_ITS_HEAD else name): ("operators", name)
            for index, (name, weight) in enumerate(self.operators.items())
        }

    def subjects(self, heads: Mapping[Key, Part]) -> Mapping[Key, tuple[Subject, ...]]:
        """An operator shows the text that it evolves; one of breadth may start from another column."""
        found = {}
        for key, (_, name) in self.library_files().items():
            head = heads.get(key)
            breadth = isinstance(head, OperatorHead) and head.kind == "breadth"
            seen = () if breadth else (TEXT, self.evolve, *self.answer)
            what = f"The operator `{name}` never shows the text that it is to rewrite."
            found[key] = (Subject(seen, what, "Write {{ text }} into it.", key),)
        return found

    def extra_names(self) -> frozenset[str]:
        """The text, whatever the column is called."""
        return frozenset({TEXT})

    def names_at(self, key: Key) -> frozenset[str]:
        """An operator sees the answers to the version before, an answer those that stand before it."""
        answers = list(self.answer)
        if key[0] == "answer":
            answers = answers[: answers.index(str(key[1]))]
        return self.extra_names() | frozenset(answers)

    def filters(self) -> tuple[Check, ...]:
        """What undoes a round."""
        return self.undo

    def chain_names(self) -> frozenset[str]:
        """They see the answers, and the text before."""
        return frozenset((BEFORE, *self.answer))

    def chain_runs(self) -> int:
        """Once a round."""
        return self.rounds

    def asks(self) -> str | None:
        """The model named, or the recipe's default."""
        return self.model

    def asks_before(self) -> tuple[str, ...]:
        """The answers to the text as it came."""
        return tuple(self.answer)

    def needs(self) -> tuple[Need, ...]:
        """A model that writes."""
        return ("complete", *(("biased texts",) if self.sampling.biased_texts else ()))

    def longest_answer(self) -> int | None:
        """What `max_tokens` says."""
        return self.sampling.max_tokens

    def load(self) -> Load:
        """A call for each round, and for each answer of each version; each half as long as allowed."""
        calls = self.rounds + (self.rounds + 1) * len(self.answer)
        rows = (self.rounds + 1, self.rounds + 1) if self.fans_out() else (1, 1)
        longest = most_written(self.sampling.chosen())
        return Load(calls, calls, rows, longest // 2, longest)

    def fans_out(self) -> bool:
        """Whether every version is a row."""
        return self.versions == "all"

    def operations(self, bench: Bench) -> list[Operation]:
        """One map."""
        rules = self._rules(bench)

        def run(row: Row, _: Candidate) -> Work:
            evolution = Evolution(rules, row)
            yield from evolution.run()
            return self._outcome(row, evolution, bench.label)

        return [Map(bench.index, run, self.guard(), nulls=self.makes())]

    def _rules(self, bench: Bench) -> Rules:
        operators = []
        for name, weight in self.operators.items():
            template, head = bench.head("operators", name)
            assert isinstance(head, OperatorHead)
            operators.append(Operator(name, template, weight or head.weight))
        return Rules(
            bench.label,
            self.evolve,
            tuple(operators),
            self.rounds,
            self.answer,
            [ruling(bench, one, (self.evolve,)) for one in bench.filters],
            bench.model,
            self.sampling.chosen(),
            self.sampling.stochastic,
            self.truncated,
        )

    def _outcome(self, row: Row, evolution: Evolution, label: str) -> Outcome:
        made = evolution.made
        if made[0].fault:
            return [_lost(evolution.row, made[0].fault)]
        if self.versions == "last":
            fault = made[-1].fault
            if fault and fault.kind == "failed":
                return [_lost(evolution.row, fault)]
            record = evolution.record(evolution.last, len(made) - 1)
            return [evolution.row.having({**evolution.last.values, self.as_: record})]
        blank = dict.fromkeys(self.answer)  # an undone version may have no answers
        several = [
            {**blank, **one.values, self.as_: evolution.record(one, one.round)} for one in made
        ]
        told, outcome = evolution.row.story, list[Row | Lost]()
        for one, child in zip(made, row.children(label, several), strict=True):
            version = child.told(*told[len(row.story) : one.story])
            outcome.append(_lost(version, one.fault) if one.fault else version)
        return outcome


def _lost(row: Row, fault: Fault) -> Lost:
    return Lost(row, fault.kind, fault.reason, fault.detail, fault.score)

"""One row on its way through the rounds of an evolution."""

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sofrito.prompts import Render
from sofrito.recipe.expressions import ExpressionError
from sofrito.steps.filter import Ruling
from sofrito.steps.work import Event, Lost, Request, Row, Told, mix
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Refused

TEXT, BEFORE = "text", "before"


@dataclass(frozen=True, slots=True)
class Operator:
    """What a round may do to the text: the name of a template, and how often it is drawn."""

    name: str
    template: str
    weight: float


@dataclass(frozen=True, slots=True)
class Rules:
    """How a step evolves, the same for each of its rows.

    ``answers`` are templates by the column that they make. Each version is made with ``sampling``
    by ``model``; ``undo`` says of a new version whether it stays. ``cut_off`` are texts and answers
    that reached their length: kept, or undone.
    """

    label: str
    column: str
    operators: Sequence[Operator]
    rounds: int
    answers: Mapping[str, str]
    undo: Sequence[Ruling]
    model: str
    sampling: Mapping[str, Any]
    stochastic: bool = True
    cut_off: Literal["reject", "keep"] = "reject"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a version does not stay: a rule rejects it, or something outside of it failed."""

    kind: Literal["rejected", "failed"]
    reason: str
    detail: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What a round made: the text and its answers as far as they came, and what is wrong with them.

    Round 0 is the row as it came, whose operator is None. ``story`` is how long the row's was when
    the round ended.
    """

    round: int
    operator: str | None
    values: Mapping[str, Any]
    story: int
    fault: Fault | None = None


class _Unfit(Exception):
    """A version cannot stay; raised and caught within a round."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


Asks = Generator[list[Request], list[Any], None]


@dataclass
class Evolution:
    """The versions of one row, made one after the other; ``row`` has the story so far."""

    rules: Rules
    row: Row
    made: list[Made] = field(default_factory=list)

    def run(self) -> Asks:
        """Make every version; a call or a template that fails for good ends it."""
        text = self.row.values.get(self.rules.column)
        yield from self._version(0, None, "" if text is None else str(text))
        if self.made[0].fault:
            return
        for number in range(1, self.rules.rounds + 1):
            yield from self._version(number, drawn(self.rules, self.row.key, number), "")
            fault = self.made[-1].fault
            if fault and fault.kind == "failed":
                return

    @property
    def last(self) -> Made:
        """The last version that stays."""
        return next(one for one in reversed(self.made) if not one.fault)

    def record(self, of: Made, rounds: int) -> dict[str, Any]:
        """Return what a row learns of a version, after so many rounds."""
        tried = self.made[1 : rounds + 1]
        return {
            "version": sum(not one.fault for one in tried),
            "rounds": rounds,
            "operator": of.operator,
            "original": self.made[0].values[self.rules.column],
            "lineage": [
                {
                    "round": one.round,
                    "operator": one.operator,
                    "kept": not one.fault,
                    "reason": one.fault.reason if one.fault else None,
                }
                for one in tried
            ],
        }

    def _version(self, number: int, operator: Operator | None, text: str) -> Asks:
        values: dict[str, Any] = {self.rules.column: text}
        fault: Fault | None = None
        try:
            if operator:
                yield from self._evolved(number, operator, values)
            elif not text.strip():
                raise _Unfit(Fault("rejected", "nothing to evolve"))
            yield from self._answered(number, values)
            if operator:
                yield from self._ruled(values)
        except _Unfit as unfit:
            fault = unfit.fault
        name = operator.name if operator else None
        self.made.append(Made(number, name, values, len(self.row.story), fault))

    def _evolved(self, number: int, operator: Operator, values: dict[str, Any]) -> Asks:
        """Write the text of a new version into ``values``."""
        before = self.last.values
        seen = {**self.row.values, **before, TEXT: before[self.rules.column]}
        text = yield from self._asked(operator.template, seen, number, self.rules.column)
        values[self.rules.column] = text
        if text == before[self.rules.column].strip():
            raise _Unfit(Fault("rejected", "unchanged"))

    def _answered(self, number: int, values: dict[str, Any]) -> Asks:
        """Write the answers to a version's text into ``values``."""
        for column, template in self.rules.answers.items():
            seen = {**self.row.values, **values, TEXT: values[self.rules.column]}
            values[column] = yield from self._asked(template, seen, number, column)

    def _asked(
        self, template: str, values: Mapping[str, Any], number: int, column: str
    ) -> Generator[list[Request], list[Any], str]:
        (prompt,) = yield [Render(template, values)]
        if isinstance(prompt, ExpressionError):
            raise _Unfit(Fault("failed", "template", prompt.words))
        if not prompt.strip():
            raise _Unfit(Fault("failed", "template", "the prompt is empty"))
        rules = self.rules
        seed = mix(self.row.key, rules.label, number, column) & 0x7FFFFFFF
        chat = (Message("user", prompt.strip()),)
        (told,) = yield [
            Completion(rules.model, chat, rules.sampling, seed=seed if rules.stochastic else None)
        ]
        self.row = self.row.told(Event(rules.label, "call", {"key": told.key}))
        return _text(told, column, rules.cut_off)

    def _ruled(self, values: Mapping[str, Any]) -> Asks:
        """Ask the filters of `undo` about a new version."""
        before = self.last.values[self.rules.column]
        for rule in self.rules.undo:
            ruled = yield from rule(self.row.having({**values, BEFORE: before}))
            lost = ruled if isinstance(ruled, Lost) else None
            after = lost.row if lost else ruled
            assert isinstance(after, Row)
            self.row = self.row.told(*after.story[len(self.row.story) :])
            if lost:
                assert lost.kind != "surplus"
                raise _Unfit(Fault(lost.kind, lost.reason, lost.detail, lost.score))


def drawn(rules: Rules, key: int, number: int) -> Operator:
    """Return the operator of a round, drawn by weight.

    The one whose hash, weighed, ranks first: one that is added to a recipe changes no round but
    those that it wins (Efraimidis and Spirakis 2006).
    """

    def rank(one: Operator) -> float:
        hashed = mix(key, rules.label, "operator", number, one.name)
        return -math.log((hashed + 1) / 2**64) / one.weight

    return min(rules.operators, key=rank)


def _text(told: Told, column: str, cut_off: str) -> str:
    answer = told.answer
    if isinstance(answer, Refused):
        raise _Unfit(Fault("failed", answer.cause, answer.words))
    assert isinstance(answer, Answer)
    if answer.finish == "length" and cut_off == "reject":
        words = f"{column} was cut after {answer.completion_tokens} tokens"
        raise _Unfit(Fault("rejected", "truncated", words))
    if not answer.text.strip():
        raise _Unfit(Fault("rejected", "empty", f"{column} is empty"))
    return answer.text.strip()

"""Makes a preference pair of sibling answers."""

import random
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from sofrito.recipe.base import Key
from sofrito.recipe.expressions import ExpressionError, expression
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import NAME
from sofrito.recipe.value_types import Values
from sofrito.steps.base import Bench
from sofrito.steps.closing import Closing, joined
from sofrito.steps.work import Join, Lost, Operation, Outcome, Row, mix

_ROUNDING = 1e-9
"""What a difference of two scores may lack for being binary fractions: 0.3 - 0.2 is below 0.1."""

_Scored = tuple[float, Row]


class Pair(Closing):
    """Makes one row of siblings again, with the better answer as `chosen` and a worse as `rejected`.

    It waits until every sibling is settled. An answer that says the same as the chosen one is never
    the rejected one. A row whose answers do not differ by `margin`, that all say the same, or that has
    fewer than two, is rejected. The record `pair` has both scores, their difference as `margin`, and
    `of`, how many answers there were.
    """

    verb: ClassVar[str] = "pair"
    example: ClassVar[Mapping[str, Any]] = {
        "pair": "response",
        "by": "verdict.score",
        "take": "best_worst",
        "margin": 1,
    }

    pair: Annotated[str, Field(pattern=NAME)]
    """The column with the answers."""

    by: str
    """An expression over a sibling: its score, a number. A sibling for which it is null is left out."""

    take: Literal["best_worst", "best_random", "random"] = "best_worst"
    """Which two: the best and the worst; the best and one of the others by chance (Zephyr); two by \
chance."""

    margin: Annotated[float, Field(ge=0)] = 0
    """How much better the chosen one must be at least. Equal ones are never a pair."""

    @model_validator(mode="after")
    def _sensible(self) -> "Pair":
        self.takes_no_when()
        if not self.by.strip():
            raise fault(
                "missing",
                "`pair` needs `by`: the score of an answer",
                "Such as `by: verdict.score`.",
            )
        return self

    def makes(self) -> tuple[str, ...]:
        """The two answers, and the record."""
        return ("chosen", "rejected", "pair")

    def learns(self, known: Mapping[str, Values]) -> Mapping[str, Values]:
        """Both are as the answers are; the margin is a number."""
        answer = known.get(self.pair)
        both = dict.fromkeys(("chosen", "rejected"), answer) if answer else {}
        return {**both, "pair.margin": Values("number")}

    def records(self) -> Mapping[str, frozenset[str]]:
        """The record's fields."""
        return {"pair": frozenset({"chosen", "rejected", "margin", "of"})}

    def uses(self) -> tuple[str, ...]:
        """The answers."""
        return (self.pair,)

    def expressions(self) -> dict[Key, str]:
        """The score."""
        return {("by",): self.by}

    def ranks_by(self) -> Key:
        """The score: equal ones are never a pair."""
        return ("by",)

    def least_difference(self) -> float:
        """The margin."""
        return self.margin

    def least_siblings(self) -> int:
        """The two of the pair."""
        return 2

    def operations(self, bench: Bench) -> list[Operation]:
        """One join."""

        def run(parent: Row, siblings: tuple[Row, ...]) -> Outcome:
            row = joined(parent, siblings)
            try:
                scored = self._scored(siblings)
            except ExpressionError as error:
                return [Lost(row, "failed", "expression", f"{self.by}: {error.words}")]
            if len(scored) < 2:
                return [Lost(row, "rejected", "fewer than two answers")]
            (high, better), (low, worse) = self._two(scored, mix(parent.key, bench.label))
            difference = high - low
            if difference == 0:
                return [Lost(row, "rejected", "tie", f"both have {high:g}", 0.0)]
            if difference < self.margin - _ROUNDING:
                detail = f"{high:g} against {low:g}"
                return [Lost(row, "rejected", "margin too small", detail, difference)]
            if not self._differ(better, worse):
                return [Lost(row, "rejected", "all answers say the same")]
            told = {"chosen": high, "rejected": low, "margin": difference, "of": len(scored)}
            answers = {
                "chosen": better.values.get(self.pair),
                "rejected": worse.values.get(self.pair),
            }
            return [row.having({**answers, "pair": told})]

        return [Join(bench.index, run)]

    def _scored(self, siblings: Sequence[Row]) -> list[_Scored]:
        """Return the siblings with their scores, the best first; of equal ones the first first."""
        score = expression(self.by)
        scored = []
        for row in siblings:
            value = score(row.values)
            if value is None or row.values.get(self.pair) is None:
                continue
            if not isinstance(value, int | float):
                raise ExpressionError(f"a score is a number, not {type(value).__name__}")
            scored.append((float(value), row))
        return sorted(scored, key=lambda one: -one[0])

    def _differ(self, one: Row, other: Row) -> bool:
        return one.values.get(self.pair) != other.values.get(self.pair)

    def _two(self, scored: list[_Scored], seed: int) -> list[_Scored]:
        """Return two that say different things, or any two where all say the same."""
        if self.take == "random":
            return self._any_two(scored, random.Random(seed))
        best = scored[0]
        partners = [one for one in scored[1:] if self._differ(best[1], one[1])] or scored[1:]
        if self.take == "best_worst":
            return [best, partners[-1]]
        worse = [one for one in partners if one[0] < best[0]]
        return [best, random.Random(seed).choice(worse or partners)]

    def _any_two(self, scored: list[_Scored], luck: random.Random) -> list[_Scored]:
        first, second = sorted(luck.sample(range(len(scored)), 2))
        two = [scored[first], scored[second]]
        if self._differ(two[0][1], two[1][1]):
            return two
        # a second draw, only where the first was in vain, leaves every pair that differs as likely
        apart = [pair for pair in combinations(scored, 2) if self._differ(pair[0][1], pair[1][1])]
        return list(luck.choice(apart)) if apart else two

"""Judges siblings against each other: all in one call, or each pair in both orders."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from sofrito.steps.abreast import abreast
from sofrito.steps.judge_asking import PAIRWISE, TOGETHER, Judging, Said, Saying
from sofrito.steps.judge_shape import BETTER, SIDES
from sofrito.steps.work import Counted, Lost, Outcome, Row, Work, mix

COUNTS = ("wins", "losses", "ties", "consistent", "inconsistent", "of")
"""Fields of the record of a sibling that was compared with each other one."""

CONSISTENT, INCONSISTENT = "the same verdict in both orders", "another verdict in the other order"
FIRST_SHOWN, SECOND_SHOWN = (
    f"of these, both times for the one shown {at}" for at in ("first", "second")
)
TIE_ONCE = "of these, a tie in one of the orders"
"""What a judge's verdicts on two siblings are counted as."""

Texts = Sequence[Any]
"""What is judged of each sibling."""


def together(
    judging: Judging, rows: Sequence[Row], texts: Texts, seen: Mapping[str, Any], name: str
) -> Work:
    """Score siblings in one call, in an order drawn by their keys; ``name`` is the record's."""
    if not rows:
        return []
    order = sorted(range(len(rows)), key=lambda at: mix(rows[at].key, judging.label, "place"))
    whole = replace(rows[0], key=mix(*(rows[at].key for at in order)), story=())
    parser = judging.shape.parser(len(rows))
    shown = {**seen, "judged": [texts[at] for at in order]}
    said = yield from judging.answered(whole, shown, TOGETHER, parser)
    outcome: dict[int, Row | Lost] = {}
    for place, at in enumerate(order, start=1):
        row = rows[at].told(*said.events)
        if said.lost:
            outcome[at] = replace(said.lost, row=row)
            continue
        scores = judging.shape.scored([said.values[one] for one in judging.shape.scores(place)])
        reason = {"rationale": said.values["rationale"]} if judging.shape.rationale else {}
        record = {**scores, **reason, "place": place, "of": len(rows)}
        outcome[at] = row.having({name: record})
    return [outcome[at] for at in range(len(rows))]


@dataclass(frozen=True)
class Duel:
    """Two siblings compared in both orders: how much the first one won, in each of them.

    1 is won, 0 lost, and a half a tie; with probabilities, how probable it is that the first is the
    better one.
    """

    said: tuple[Said, Said]
    points: tuple[float, float] = (0.5, 0.5)
    weighed: bool = False

    @property
    def consistent(self) -> bool:
        """Whether the judge says the same in both orders."""
        one, other = self.points
        return _sign(one) == _sign(other)

    @property
    def favours(self) -> int:
        """1 if the judge takes the one shown first in both orders, -1 the one shown second, else 0."""
        one, other = map(_sign, self.points)
        return one if one == -other else 0

    @property
    def first(self) -> float:
        """What the first one gets: where the orders disagree, a half, or the mean of the probabilities."""
        if self.weighed:
            return (self.points[0] + self.points[1]) / 2
        return self.points[0] if self.consistent else 0.5

    @property
    def outcome(self) -> int:
        """1 if the first one won, -1 if the second did, 0 for a tie: also where the orders disagree."""
        return _sign(self.points[0]) if self.consistent else 0

    @property
    def lost(self) -> Lost | None:
        """Why there is no verdict."""
        return next((one.lost for one in self.said if one.lost), None)


def pairwise(
    judging: Judging,
    rows: Sequence[Row],
    texts: Texts,
    seen: Mapping[str, Any],
    name: str,
    clamp: tuple[float, float] | None,
) -> Work:
    """Compare each two siblings in both orders; ``clamp`` bounds probabilities, None takes answers.

    A sibling of which a comparison fails is lost with its cause. The comparisons that did not fail
    count for the others.
    """
    pairs = [*combinations(range(len(rows)), 2)]
    orders = [order for one, other in pairs for order in ((one, other), (other, one))]
    heard = yield from abreast(
        [
            _compared(judging, rows, texts, seen, order, weighed=clamp is not None)
            for order in orders
        ]
    )
    duels = {pair: _duel(heard[2 * at], heard[2 * at + 1], clamp) for at, pair in enumerate(pairs)}
    results = [_result(row, at, duels, name) for at, row in enumerate(rows)]
    return Counted(results, agreement(duels.values()))


def agreement(duels: Collection[Duel]) -> dict[str, int]:
    """Return how often a judge agreed with itself when the order was swapped, and which place it prefers.

    Of comparisons that failed nothing is counted. Empty where there is none.
    """
    judged = [duel for duel in duels if not duel.lost]
    if not judged:
        return {}
    favours = [duel.favours for duel in judged]
    consistent = sum(duel.consistent for duel in judged)
    inconsistent = len(judged) - consistent
    return {
        CONSISTENT: consistent,
        INCONSISTENT: inconsistent,
        FIRST_SHOWN: favours.count(1),
        SECOND_SHOWN: favours.count(-1),
        TIE_ONCE: inconsistent - favours.count(1) - favours.count(-1),
    }


def _compared(
    judging: Judging,
    rows: Sequence[Row],
    texts: Texts,
    seen: Mapping[str, Any],
    order: tuple[int, int],
    *,
    weighed: bool,
) -> Saying:
    one, other = (rows[at] for at in order)
    both = replace(one, key=mix(one.key, other.key), story=())
    shown = {**seen, "judged": [texts[at] for at in order]}
    if weighed:
        return judging.weighed(both, shown, [""], SIDES)
    return judging.answered(both, shown, PAIRWISE, judging.shape.duel())


def _duel(forth: Said, back: Said, clamp: tuple[float, float] | None) -> Duel:
    if forth.lost or back.lost:
        return Duel((forth, back))
    if clamp is None:
        worth = {SIDES[0]: 1.0, SIDES[1]: 0.0}
        points = [worth.get(said.values[BETTER], 0.5) for said in (forth, back)]
    else:
        points = [min(max(said.shares[0][0], clamp[0]), clamp[1]) for said in (forth, back)]
    return Duel((forth, back), (points[0], 1 - points[1]), weighed=clamp is not None)


def _result(row: Row, at: int, duels: Mapping[tuple[int, int], Duel], name: str) -> Row | Lost:
    own = [(duel, pair[0] == at) for pair, duel in duels.items() if at in pair]
    row = row.told(*(event for duel, _ in own for said in duel.said for event in said.events))
    if not own:
        return Lost(row, "rejected", "nothing to compare with", "no other sibling is left")
    lost = next((duel.lost for duel, _ in own if duel.lost), None)
    if lost:
        return replace(lost, row=row)
    outcomes = [duel.outcome if first else -duel.outcome for duel, first in own]
    points = [duel.first if first else 1 - duel.first for duel, first in own]
    consistent = sum(duel.consistent for duel, _ in own)
    counts = (*map(outcomes.count, (1, -1, 0)), consistent, len(own) - consistent, len(own))
    score = math.fsum(points) / len(own)
    record: dict[str, Any] = {"score": score, **dict(zip(COUNTS, counts, strict=True))}
    if own[0][0].weighed:
        record["mass"] = min(said.mass for duel, _ in own for said in duel.said)
    return row.having({name: record})


def with_null(rows: Sequence[Row], judged: Sequence[Row], outcome: Outcome) -> Outcome:
    """Return what became of all rows, in order: those that were not judged had nothing to judge."""
    found = dict(zip((row.path for row in judged), outcome, strict=True))
    return Counted.as_in(outcome, [found.get(row.path) or nothing(row) for row in rows])


def nothing(row: Row) -> Lost:
    """Return the loss of a row whose text is null."""
    return Lost(row, "rejected", "nothing to judge")


def _sign(points: float) -> int:
    return (points > 0.5) - (points < 0.5)

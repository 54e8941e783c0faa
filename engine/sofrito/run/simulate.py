"""A run on made-up answers in no time: what is known happens again, the rest happens as it did before.

The engine, the rounds, the quotas and the calls are the run's own; only the operations and the
teachers are models of themselves, and the clock leaps.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sofrito.plan.estimate import Cost, Happening
from sofrito.plan.estimate_time import Speed
from sofrito.plan.program import Program
from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.engine import Engine, Status
from sofrito.run.journal import MemoryJournal, Spent
from sofrito.run.observe import Path, with_operations, with_run
from sofrito.run.prices import Tariff
from sofrito.run.rehearse import Ends, FirstCandidates, deep_enough
from sofrito.run.virtual import run_virtually
from sofrito.steps.closing import joined
from sofrito.steps.work import Join, Lost, Map, Operation, Ordered, Outcome, Row, Work, mix
from sofrito.teachers.call import Call, Completion
from sofrito.teachers.result import Answer, Result
from sofrito.teachers.teacher import Teacher

COMMIT = 0.01
"""Seconds that the journal gathers answers for one commit."""

UNTIMED = Speed(0.0, 0.001, 8, 0)
"""What stands for a teacher that was never timed, so that its calls come one after the other."""


@dataclass(frozen=True)
class Known:
    """What is known of a run: of the first ``settled`` candidates all, of the others what may happen.

    ``happened`` is by place and row, ``ends`` are the rows that ended at a step. ``may`` has what
    may happen at each place, each as likely, ``skips`` the share of rows that a step's `when` keeps
    out, by step.
    """

    settled: int
    happened: Mapping[tuple[int, Path], Happening]
    ends: frozenset[tuple[int, Path]]
    may: Mapping[int, Sequence[Happening]]
    skips: Mapping[int, float]


@dataclass
class StepCost:
    """What a step costs: calls that are there already, and those still to be asked with their tokens.

    ``entered`` and ``out`` are rows; ``seconds`` those of its calls one after the other; ``usd``
    leaves out the ``unpriced`` calls.
    """

    entered: float = 0
    out: float = 0
    held: float = 0
    asked: float = 0
    read: float = 0
    written: float = 0
    held_read: float = 0
    held_written: float = 0
    seconds: float = 0
    usd: float = 0
    unpriced: float = 0

    @property
    def calls(self) -> float:
        """All its calls, those in the journal too."""
        return self.held + self.asked


@dataclass
class Outlook:
    """How a run would go: its end, rows, candidates, seconds, and each step's cost."""

    status: Status
    accepted: float
    started: float
    seconds: float
    steps: list[StepCost] = field(default_factory=list)

    @property
    def calls(self) -> float:
        """All calls, those in the journal too."""
        return sum(step.calls for step in self.steps)


def simulated(
    program: Program,
    known: Known,
    *,
    speeds: Mapping[str, Speed],
    tariffs: Mapping[str, Tariff | None],
    most: int,
    variant: int = 0,
) -> Outlook:
    """Return how a run goes, by its first ``most`` candidates; another ``variant`` draws otherwise.

    Each variant draws from another sample of what may happen (the bootstrap of Efron 1979), so that
    their spread tells how well it is known.
    """
    costs = [StepCost() for _ in program.steps]
    model = _Modelled(known, costs, variant)
    run = with_operations(program, model.operation)
    candidates = FirstCandidates(run, most)
    engine = Engine(run, Ends(), candidates=candidates)
    teachers = {
        name: _Teacher(speeds.get(name, UNTIMED), tariffs.get(name), costs) for name in speeds
    }

    async def go() -> Status:
        journal = MemoryJournal(delay=COMMIT)
        calls = Calls(teachers, journal, Budget(Limits(), Spent()), wake=engine.wake)
        try:
            return await engine.run(calls)
        finally:
            await calls.close()

    with deep_enough(program):
        status, seconds = run_virtually(go())
    for step, tally in zip(costs, engine.ledger.tallies[1:-1], strict=True):
        step.entered, step.out = tally.entered, tally.out
    return Outlook(status, engine.accepted, engine.ledger.tallies[0].made, seconds, costs)


class _Modelled:
    """Operations that do as was seen of them."""

    def __init__(self, known: Known, costs: Sequence[StepCost], variant: int) -> None:
        self._known, self._costs, self._variant = known, costs, variant

    def operation(self, place: int, operation: Operation) -> Operation:
        """Return the model of an operation."""
        step = operation.step
        if isinstance(operation, Map):

            def by_row(row: Row, _: Any) -> Any:
                return self._map(place, step, row)

            return with_run(operation, by_row, guard=None)
        if isinstance(operation, Ordered):

            def by_turn(row: Row) -> Row | Lost:
                return row if self._keeps(place, step, (row,)) else _gone(row)

            return with_run(operation, by_turn, guard=None)
        if isinstance(operation, Join):

            def by_parent(parent: Row, siblings: tuple[Row, ...]) -> Any:
                return self._together(place, step, (joined(parent, siblings),))

            return with_run(operation, by_parent)

        def by_siblings(rows: tuple[Row, ...]) -> Any:
            return self._together(place, step, rows)

        return with_run(operation, by_siblings, guard=None)

    def _map(self, place: int, step: int, row: Row) -> Work | Outcome:
        happening = self._happening(place, step, row)
        return self._asking(place, step, row, happening, _after(happening, row, step))

    def _together(self, place: int, step: int, rows: Sequence[Row]) -> Work | Outcome:
        kept = self._keeps(place, step, rows)
        outcome: Outcome = [row if row in kept else _gone(row) for row in rows]
        return self._asking(place, step, rows[0], self._happening(place, step, rows[0]), outcome)

    def _asking(
        self, place: int, step: int, row: Row, happening: Happening, outcome: Outcome
    ) -> Work | Outcome:
        """Let calls be made before an outcome; those of a known row are there."""
        if happening.asked and row.path[0] >= self._known.settled:
            return _calls(place, step, row, happening, outcome)
        for cost in (one for group in happening.asked for one in group):
            self._count_held(step, cost)
        return outcome

    def _count_held(self, step: int, cost: Cost) -> None:
        at = self._costs[step]
        at.held += 1
        at.held_read += cost.read
        at.held_written += cost.written

    def _keeps(self, place: int, step: int, rows: Sequence[Row]) -> list[Row]:
        """Return the rows that go on: of a known family the same, of another one each by chance."""
        happening = self._known.happened.get((place, rows[0].path))
        if rows[0].path[0] < self._known.settled:
            if happening is not None and len(happening.kept) == len(rows):
                return [row for row, kept in zip(rows, happening.kept, strict=True) if kept]
            return [row for row in rows if (step, row.path) not in self._known.ends]
        drawn = [(row, self._drawn(place, row)) for row in rows]
        return [row for row, one in drawn if one.kept[row.key % len(one.kept)]]

    def _happening(self, place: int, step: int, row: Row) -> Happening:
        if row.path[0] < self._known.settled:
            found = self._known.happened.get((place, row.path))
            if found is None:  # its `when` was false, or failed
                return Happening(kept=((step, row.path) not in self._known.ends,))
            return found
        skips = self._known.skips.get(step, 0.0)
        if skips and mix(self._variant, step, "skips", row.key) / 2**64 < skips:
            return Happening()
        return self._drawn(place, row)

    def _drawn(self, place: int, row: Row) -> Happening:
        may = self._known.may.get(place)
        if not may:
            return Happening()
        which = mix(place, row.key) % len(may)
        if self._variant:
            which = mix(self._variant, place, which) % len(may)
        return may[which]


def _calls(place: int, step: int, row: Row, happening: Happening, outcome: Outcome) -> Work:
    for g, group in enumerate(happening.asked):
        yield [
            Completion(
                cost.model,
                sampling={"step": step, "read": cost.read, "written": cost.written},
                prompt=f"{place} {row.key} {g} {k}",
            )
            for k, cost in enumerate(group)
        ]
    return outcome


def _after(happening: Happening, row: Row, step: int) -> Outcome:
    if happening.children == 0:
        return [_gone(row.lost_child(0))]
    if happening.children is not None:
        made = row.children(str(step), [{"": n} for n in range(happening.children)])
        places = happening.places or range(len(made))
        return [replace(one, path=(*row.path, at)) for one, at in zip(made, places, strict=True)]
    return [row if happening.kept[0] else _gone(row)]


def _gone(row: Row) -> Lost:
    return Lost(row, "rejected", "")


class _Teacher(Teacher):
    """Answers nothing, in the time that the real one would take."""

    identity: Mapping[str, Any] = {}

    def __init__(self, speed: Speed, tariff: Tariff | None, costs: Sequence[StepCost]) -> None:
        self.concurrency = speed.lanes
        self._speed, self._tariff, self._costs = speed, tariff, costs

    async def answer(self, call: Call) -> Result:
        """Count the call, and wait as long as it takes."""
        assert isinstance(call, Completion)
        step, read, written = (call.sampling[name] for name in ("step", "read", "written"))
        cost, seconds = self._costs[step], self._speed.seconds(read, written)
        cost.asked += 1
        cost.read += read
        cost.written += written
        cost.seconds += seconds
        cost.usd += self._tariff.usd(read, written) if self._tariff else 0.0
        cost.unpriced += self._tariff is None
        await asyncio.sleep(seconds)
        return Answer("", "stop", read, written)

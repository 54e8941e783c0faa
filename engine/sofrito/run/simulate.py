"""A run on made-up answers in no time: what is known happens again, the rest happens as it did before.

The engine, the rounds, the quotas and the calls are the run's own; only the operations and the
teachers are models of themselves, and the clock leaps.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sofrito.plan.estimate import Cost, Happening
from sofrito.plan.program import Program, always_fit
from sofrito.recipe.expressions import Expression, expression_names
from sofrito.run.answers import pack
from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.engine import Engine, Status
from sofrito.run.journal import MemoryJournal, Spent
from sofrito.run.observe import Path, with_operations, with_run
from sofrito.run.rehearse import Ends, FirstCandidates, deep_enough
from sofrito.run.served import Served, Simulated, StepCost, teachers_for
from sofrito.run.virtual import run_virtually
from sofrito.steps.closing import joined
from sofrito.steps.work import Join, Lost, Map, Operation, Ordered, Outcome, Row, Work, mix
from sofrito.teachers.call import Completion
from sofrito.teachers.result import Answer

COMMIT = 0.01
"""Seconds that the journal gathers answers for one commit."""

_THERE = pack(Answer("", "stop", 0, 0))


@dataclass(frozen=True)
class Known:
    """What is known of a run: of the first ``settled`` candidates all, of the others what may happen.

    ``happened`` is by place and row, also of rows of later candidates; ``ends`` are the rows that
    ended at a step. ``may`` has what may happen at each place, each as likely, ``skips`` the share
    of rows that a step's `when` keeps out, by step; ``given`` are the columns that no step changes.
    """

    settled: int
    happened: Mapping[tuple[int, Path], Happening]
    ends: frozenset[tuple[int, Path]]
    may: Mapping[int, Sequence[Happening]]
    skips: Mapping[int, float]
    given: frozenset[str] = frozenset()


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
    served: Mapping[str, Served],
    *,
    most: int,
    variant: int = 0,
) -> Outlook:
    """Return how a run goes, by its first ``most`` candidates; another ``variant`` draws otherwise.

    Each variant draws from another sample of what may happen (the bootstrap of Efron 1979), so that
    their spread tells how well it is known.
    """
    costs = [StepCost() for _ in program.steps]
    model = _Modelled(known, costs, variant)
    run = replace(with_operations(program, model.operation), unfit=always_fit)
    engine = Engine(run, Ends(), candidates=FirstCandidates(run, most))

    async def go() -> Status:
        journal = MemoryJournal(model.answers, delay=COMMIT)
        teachers = teachers_for(served, costs)
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
        self._skips = dict(known.skips)
        self._families = {place: _by_size(may) for place, may in known.may.items()}
        self.answers: dict[bytes, bytes] = {}

    def operation(self, place: int, operation: Operation) -> Operation:
        """Return the model of an operation."""
        step, guard = operation.step, self._guard(operation)
        if isinstance(operation, Map):

            def by_row(row: Row, _: Any) -> Any:
                return self._map(place, step, row)

            return with_run(operation, by_row, guard=guard)
        if isinstance(operation, Ordered):

            def by_turn(row: Row) -> Row | Lost:
                return row if self._happening(place, step, row).kept[0] else _gone(row)

            return with_run(operation, by_turn, guard=guard)
        if isinstance(operation, Join):

            def by_parent(parent: Row, siblings: tuple[Row, ...]) -> Any:
                return self._together(place, step, (joined(parent, siblings),))

            return with_run(operation, by_parent)

        def by_siblings(rows: tuple[Row, ...]) -> Any:
            return self._together(place, step, rows)

        return with_run(operation, by_siblings, guard=guard)

    def _guard(self, operation: Operation) -> Expression | None:
        """Return a `when` that looks at axes and seeds alone: other columns are not as in the run."""
        guard = operation.guard
        if guard is None or not expression_names(guard.source).keys() <= self._known.given:
            return None
        self._skips.pop(operation.step, None)
        return guard

    def _map(self, place: int, step: int, row: Row) -> Work | Outcome:
        happening = self._happening(place, step, row)
        return self._asking(place, step, row, happening, _after(happening, row, step))

    def _together(self, place: int, step: int, rows: Sequence[Row]) -> Work | Outcome:
        happening = self._of_family(place, step, rows)
        kept = happening.kept
        if len(kept) != len(rows):  # a family of another size: each row by chance
            drawn = (self._happening(place, step, row) for row in rows)
            kept = tuple(
                one.kept[row.key % len(one.kept)] for row, one in zip(rows, drawn, strict=True)
            )
        outcome: Outcome = [row if on else _gone(row) for row, on in zip(rows, kept, strict=True)]
        return self._asking(place, step, rows[0], happening, outcome)

    def _of_family(self, place: int, step: int, rows: Sequence[Row]) -> Happening:
        """Return what happens to siblings: of known ones the same, of others as to one as large."""
        found = self._known.happened.get((place, rows[0].path))
        if found is not None:
            return found
        if rows[0].path[0] < self._known.settled:
            return Happening(kept=tuple((step, row.path) not in self._known.ends for row in rows))
        sizes = self._families.get(place)
        if not sizes:
            return Happening(kept=(True,) * len(rows))
        nearest = min(sizes, key=lambda size: (abs(size - len(rows)), size))
        return self._drawn(place, rows[0], sizes[nearest])

    def _asking(
        self, place: int, step: int, row: Row, happening: Happening, outcome: Outcome
    ) -> Work | Outcome:
        """Let calls be made before an outcome; of what happened already the answers are there."""
        if not happening.asked:
            return outcome
        groups = _calls(place, step, row, happening)
        if (place, row.path) in self._known.happened:
            for call in (one for group in groups for one in group):
                self.answers[call.key(Simulated.identity)] = _THERE
            for cost in (one for group in happening.asked for one in group):
                self._count_held(step, cost)
        return _working(groups, outcome)

    def _count_held(self, step: int, cost: Cost) -> None:
        at = self._costs[step]
        at.held += 1
        at.held_read += cost.read
        at.held_written += cost.written

    def _happening(self, place: int, step: int, row: Row) -> Happening:
        found = self._known.happened.get((place, row.path))
        if found is not None:
            return found
        if row.path[0] < self._known.settled:  # its `when` was false, or failed
            return Happening(kept=((step, row.path) not in self._known.ends,))
        skips = self._skips.get(step, 0.0)
        if skips and mix(self._variant, step, "skips", row.key) / 2**64 < skips:
            return Happening()
        return self._drawn(place, row, self._known.may.get(place, ()))

    def _drawn(self, place: int, row: Row, may: Sequence[Happening]) -> Happening:
        if not may:
            return Happening()
        which = mix(place, row.key) % len(may)
        if self._variant:
            which = mix(self._variant, place, which) % len(may)
        return may[which]


def _by_size(may: Sequence[Happening]) -> dict[int, list[Happening]]:
    found: dict[int, list[Happening]] = {}
    for one in may:
        found.setdefault(len(one.kept), []).append(one)
    return found


def _calls(place: int, step: int, row: Row, happening: Happening) -> list[list[Completion]]:
    return [
        [
            Completion(
                cost.model,
                sampling={"step": step, "read": cost.read, "written": cost.written},
                prompt=f"{place} {row.key} {g} {k}",
            )
            for k, cost in enumerate(group)
        ]
        for g, group in enumerate(happening.asked)
    ]


def _working(groups: Iterable[Sequence[Completion]], outcome: Outcome) -> Work:
    for group in groups:
        yield [*group]
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

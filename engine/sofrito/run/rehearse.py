"""A run that leaves nothing but its calls: on what the journal has already, or as a pilot."""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sofrito.plan.estimate_time import Timed
from sofrito.plan.program import Program
from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.candidate import Root
from sofrito.run.engine import Engine, Status
from sofrito.run.jobs import jobs_kept
from sofrito.run.journal import Journal, Spent, total
from sofrito.run.ledger import Ledger
from sofrito.run.minute import Rate
from sofrito.run.observe import Notebook, observed
from sofrito.run.prices import Tariff
from sofrito.run.progress import OnProgress, Watch
from sofrito.run.source import Candidates
from sofrito.run.sqlite_journal import SqliteJournal
from sofrito.run.stopwatch import Stopwatch
from sofrito.steps.work import Lost, Row
from sofrito.teachers.teacher import Teacher

TICK = 0.25

FURTHER = 300
"""Candidates that are looked at beyond those that a run would have begun by then."""


class FirstCandidates(Candidates):
    """The first candidates of a run, ``most`` at the most."""

    def __init__(self, program: Program, most: int) -> None:
        super().__init__(program)
        self._left = most

    def next(self) -> tuple[Root, Row] | None:
        """Return the next candidate and its first row, or None."""
        if not self._left:
            self.exhausted = self.exhausted or "tries"
            return None
        found = super().next()
        self._left -= found is not None
        return found


class Ends:
    """A sink that keeps no row, only where each ended: ``lost`` by step and path."""

    def __init__(self) -> None:
        self.at: set[tuple[int, tuple[int, ...]]] = set()

    def accepted(self, row: Row, cell: int) -> None:
        """Let go of a row that reached the output."""

    def lost(self, step: int, lost: Lost) -> None:
        """Remember where a row ended."""
        self.at.add((step, lost.row.path))


class _FarAhead(Engine):
    """Goes on with later candidates where earlier ones wait for an answer that is not there."""

    def _ahead(self) -> int:
        return super()._ahead() + FURTHER


@dataclass(frozen=True)
class Rehearsal:
    """What became of the first ``settled`` candidates, and what was seen of those after them too.

    ``status`` is "budget" where the journal has not all that the run asks. ``ends`` are the rows
    that ended at a step, by step and path; ``spent`` is what the run has cost so far, by model.
    """

    status: Status
    settled: int
    accepted: int
    ledger: Ledger
    notebook: Notebook
    ends: frozenset[tuple[int, tuple[int, ...]]]
    spent: Mapping[str, Spent]

    @property
    def whole(self) -> bool:
        """Whether the journal has every call of the run."""
        return self.status != "budget"


@dataclass(frozen=True)
class Piloted:
    """A pilot: the calls it asked, and for each model those that were timed and how many ran at once."""

    asked: int
    seconds: float
    timed: Mapping[str, Sequence[Timed]]
    lanes: Mapping[str, int]


def rehearsed(program: Program, journal: Journal, teachers: Mapping[str, Teacher]) -> Rehearsal:
    """Run a program as far as the journal goes, asking nothing; the teachers only say who they are."""
    notebook, ends = Notebook(), Ends()
    engine, spent = _FarAhead(observed(program, notebook), ends), journal.spent()

    async def run() -> Status:
        budget = Budget(Limits(session_calls=0), total(spent))
        return await engine.run(Calls(teachers, journal, budget, wake=engine.wake))

    with deep_enough(program):
        status = asyncio.run(run())
    return Rehearsal(
        status, engine.settled, engine.accepted, engine.ledger, notebook, frozenset(ends.at), spent
    )


def piloted(
    program: Program,
    candidates: int,
    journal: Path,
    teachers: Mapping[str, Teacher],
    *,
    limits: Limits,
    rates: Mapping[str, Rate],
    tariffs: Mapping[str, Tariff | None],
    on_progress: OnProgress,
) -> Piloted:
    """Run the first candidates to their ends; every answer is in the journal for the run to read.

    Raises what a teacher or the journal raised, once all that was answered is stored.
    """
    watches = {name: Stopwatch.on(teacher) for name, teacher in teachers.items()}
    start = time.monotonic()
    with (
        closing(SqliteJournal(journal, program.fingerprint)) as store,
        jobs_kept(teachers, journal),
        deep_enough(program),
    ):
        engine = Engine(program, Ends(), candidates=FirstCandidates(program, candidates))
        asked = asyncio.run(_pilot(engine, teachers, store, limits, rates, tariffs, on_progress))
    return Piloted(
        asked,
        time.monotonic() - start,
        {name: watch.timed for name, watch in watches.items()},
        {name: watch.most for name, watch in watches.items()},
    )


async def _pilot(
    engine: Engine,
    teachers: Mapping[str, Teacher],
    store: Journal,
    limits: Limits,
    rates: Mapping[str, Rate],
    tariffs: Mapping[str, Tariff | None],
    on_progress: OnProgress,
) -> int:
    """Run an engine, close what it asked, and return how many calls were asked."""
    budget = Budget(limits, total(store.spent()))
    calls = Calls(teachers, store, budget, wake=engine.wake, rates=rates, tariffs=tariffs)
    engine.calls = calls
    ticker = asyncio.create_task(_tick(Watch(engine, time.monotonic()), on_progress))
    try:
        await engine.run(calls)
    finally:
        ticker.cancel()
        await calls.close()
        await asyncio.gather(ticker, return_exceptions=True)
        for teacher in teachers.values():
            await teacher.close()
    return calls.totals.asked


async def _tick(watch: Watch, on_progress: OnProgress) -> None:
    while True:
        await asyncio.sleep(TICK)
        on_progress(watch.progress(time.monotonic()))


class deep_enough:  # noqa: N801
    """Let a candidate go through all that waits for its turn at once, some calls deep for each step."""

    def __init__(self, program: Program) -> None:
        self._depth = 1000 + 40 * len(program.segments)

    def __enter__(self) -> None:
        self._before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(self._before, self._depth))

    def __exit__(self, *_: object) -> None:
        sys.setrecursionlimit(self._before)

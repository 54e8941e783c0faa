"""One session of a run: the folder, the lock, the journal, the teachers, the engine, the ending."""

import asyncio
import gc
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from sofrito.plan.program import Program
from sofrito.problems import Trouble
from sofrito.recipe.model import Recipe
from sofrito.run.blame import Patience
from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.cost import ModelCost, costs_of
from sofrito.run.engine import Engine, Status
from sofrito.run.jobs import jobs_kept, let_go
from sofrito.run.journal import Spent, total
from sofrito.run.ledger import Ledger
from sofrito.run.minute import Rate
from sofrito.run.prices import Tariff
from sofrito.run.progress import OnProgress, Watch
from sofrito.run.sink import FileSink
from sofrito.run.sqlite_journal import SqliteJournal
from sofrito.run.totals import Totals
from sofrito.teachers.teacher import Teacher

JOURNAL = "journal.sqlite"
INTERRUPTED = "it was interrupted"
"""The reason of a run that its user stopped."""

TICK = 0.25
GRACE = 20.0
ONE_PRESS = 0.2
"""Seconds within which several signals are one: `timeout` sends its own twice."""


@dataclass(frozen=True)
class Ended:
    """How a session ended. ``reason`` says in words why a run has fewer rows than wanted.

    ``examples`` are details of the first row of each reason, by step and reason. ``exhausted`` says
    what ran out ("seeds", "tries"). ``unmetered`` counts answers that came without token counts: a
    budget has what was reserved for them. ``notes`` are what teachers did otherwise than asked, and what their
    answers are not good for. ``costs`` are of all sessions, as ``spent`` is, of whose calls ``earlier``
    are those of sessions before this one.
    """

    status: Status
    reason: str
    accepted: int
    ledger: Ledger
    totals: Totals
    short_cells: Mapping[str, int]
    seconds: float
    examples: Mapping[tuple[int, str], str]
    exhausted: str = ""
    unmetered: int = 0
    notes: tuple[str, ...] = ()
    costs: tuple[ModelCost, ...] = ()
    spent: Spent = field(default_factory=Spent)
    earlier: int = 0


def run_folder(workspace: Path, program: Program) -> Path:
    """Return the folder of a program's run."""
    return workspace / program.name / program.fingerprint


def spent_of(workspace: Path, run: str) -> Spent:
    """Return what a run, by its fingerprint, has spent over all its sessions; raises Trouble."""
    with closing(SqliteJournal(workspace / JOURNAL, run)) as journal:
        return total(journal.spent())


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a run's folder; raises Trouble where it cannot be made or another process holds it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise Trouble(
            f"Another process is running this recipe in {folder}.",
            "Wait for it to end, or stop it; two runs of one dataset would only do the work twice.",
        ) from error
    except OSError as error:
        raise Trouble(
            f"The folder {folder} cannot be written: {error.strerror or error}.",
            "Name a folder you may write to with --out.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def limits_of(recipe: Recipe, session_calls: int | None) -> Limits:
    """Return the limits that a recipe and its user set."""
    budget = recipe.budget
    return Limits(budget.calls, budget.tokens, budget.minutes, session_calls, budget.usd)


def rates_of(recipe: Recipe) -> dict[str, Rate]:
    """Return what a minute allows of each model, as the recipe says."""
    return {
        name: Rate(model.calls_per_minute, model.tokens_per_minute)
        for name, model in recipe.models.items()
    }


def run_program(
    program: Program,
    folder: Path,
    *,
    workspace: Path,
    teachers: Mapping[str, Teacher],
    limits: Limits,
    on_progress: OnProgress,
    patience: Patience | None = None,
    rates: Mapping[str, Rate] | None = None,
    tariffs: Mapping[str, Tariff | None] | None = None,
) -> Ended:
    """Run a program to its end, or until it is interrupted, and leave its rows in ``folder``.

    ``rates`` and ``tariffs`` are by model: what a minute allows, what tokens cost. Raises what a
    teacher or the journal raised, once all that was answered is stored.
    """
    # A candidate goes through all that waits for its turn at once, some calls deep for each step.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 1000 + 40 * len(program.segments)))
    journal = SqliteJournal(workspace / JOURNAL, program.fingerprint)
    try:
        with FileSink(folder, program) as sink, jobs_kept(teachers, journal.path):
            engine, before = Engine(program, sink), journal.spent()
            calls = Calls(
                teachers,
                journal,
                Budget(limits, total(before)),
                wake=engine.wake,
                patience=patience,
                rates=rates,
                tariffs=tariffs,
            )
            start = time.monotonic()
            with _seldom_collected():
                try:
                    ended = asyncio.run(_run(engine, calls, teachers, limits, on_progress))
                except KeyboardInterrupt:
                    ended = _cut_short(engine, calls, limits, time.monotonic() - start)
            costs = costs_of(before, ended.totals, teachers, tariffs or {})
            ended = replace(ended, costs=costs, earlier=total(before).calls)
            # an interrupted replay leaves the rows that the dataset beside them was made of
            sink.keep = ended.status != "interrupted" or not (folder / "dataset").exists()
            return ended
    finally:
        journal.close()


async def _run(
    engine: Engine,
    calls: Calls,
    teachers: Mapping[str, Teacher],
    limits: Limits,
    on_progress: OnProgress,
) -> Ended:
    start = time.monotonic()
    watch = Watch(engine, start)
    ticker = asyncio.create_task(_tick(watch, on_progress))
    timer = _stop_after(limits.minutes, engine)
    grace = 0.0

    def stop() -> None:
        engine.stop("interrupted")
        watch.grace = GRACE
        on_progress(watch.progress(time.monotonic()))

    try:
        engine.calls = calls
        with _interrupted_by(stop, calls.cut):
            try:
                status = await engine.run(calls)
            except Trouble as trouble:
                watch.grace = grace = GRACE if calls.stored else 0.0
                goes_on = let_go(teachers)
                await calls.close(grace=grace)  # what is on its way is paid for
                raise Trouble(trouble.what, _also(trouble.fix, goes_on)) from trouble
            goes_on = let_go(teachers) if status != "complete" else ""
            grace = 0.0 if status == "complete" else GRACE
            await calls.close(grace=grace)
    finally:
        ticker.cancel()
        if timer:
            timer.cancel()
        await calls.close(grace=grace)
        await asyncio.gather(ticker, return_exceptions=True)
        for teacher in teachers.values():
            await teacher.close()
    watch.grace = 0.0
    on_progress(watch.progress(time.monotonic()))
    unmetered = sum(teacher.unmetered for teacher in set(teachers.values()))
    notes = (*_notes(teachers, calls.totals), *calls.totals.doubts())
    ended = _ended(engine, calls, status, limits, time.monotonic() - start)
    reason = "; ".join(filter(None, (ended.reason, goes_on)))
    return replace(ended, reason=reason, unmetered=unmetered, notes=notes)


def _notes(teachers: Mapping[str, Teacher], totals: Totals) -> tuple[str, ...]:
    """Return what teachers did otherwise than asked, of those that answered, now or before."""
    answered = {name for name, bill in totals.models.items() if bill.answered}
    told = (t.notes for name, t in teachers.items() if totals.hits or name in answered)
    return tuple(dict.fromkeys(note for notes in told for note in notes))


def _also(fix: str, goes_on: str) -> str:
    """Return what mends a trouble, with what goes on all the same."""
    return f"{fix} {goes_on[:1].upper()}{goes_on[1:]}.".strip() if goes_on else fix


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Let Python look for cyclic garbage rarely: a run makes little of it and many short-lived rows."""
    before = gc.get_threshold()
    gc.set_threshold(20_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


async def _tick(watch: Watch, on_progress: OnProgress) -> None:
    while True:
        await asyncio.sleep(TICK)
        on_progress(watch.progress(time.monotonic()))


def _stop_after(minutes: float | None, engine: Engine) -> asyncio.TimerHandle | None:
    if minutes is None:
        return None
    return asyncio.get_running_loop().call_later(minutes * 60, engine.stop, "budget")


@contextmanager
def _interrupted_by(stop: Callable[[], None], cut: Callable[[], None]) -> Iterator[None]:
    """Turn the first Ctrl-C (or SIGTERM) into an orderly stop; the second one ends what is waited for.

    Where the loop does not come to stop, as a template never ends, the second one raises
    KeyboardInterrupt; so does a third one.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop, told, stopped = asyncio.get_running_loop(), list[float](), threading.Event()

    def stopping() -> None:
        stopped.set()
        stop()

    def handle(number: int, _: FrameType | None) -> None:  # noqa: ARG001
        # Not the loop's own handlers: they would wait for a template that never ends.
        now = time.monotonic()
        if told and now - told[-1] < ONE_PRESS:
            return
        told.append(now)
        if len(told) > 2 or (len(told) == 2 and not stopped.is_set()):
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(stopping if len(told) == 1 else cut)

    before = {n: signal.signal(n, handle) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _cut_short(engine: Engine, calls: Calls, limits: Limits, seconds: float) -> Ended:
    """Return how a session ended that was interrupted amid its work: by the turns that were taken."""
    engine.stop("interrupted")
    engine.ledger.close()
    return _ended(engine, calls, "interrupted", limits, seconds)


def _ended(engine: Engine, calls: Calls, status: Status, limits: Limits, seconds: float) -> Ended:
    program = engine.program
    missing = engine.candidates.given_up() if program.cells else {}
    return Ended(
        status,
        _reason(engine, calls, status, limits),
        engine.accepted,
        engine.ledger,
        calls.totals,
        {program.cells[cell].id: count for cell, count in missing.items()},
        seconds,
        engine.examples,
        engine.candidates.exhausted,
    )


def _reason(engine: Engine, calls: Calls, status: Status, limits: Limits) -> str:
    program = engine.program
    match status:
        case "complete":
            return ""
        case "budget":
            return calls.out_of_budget or f"budget.minutes of {limits.minutes:g} is spent"
        case "interrupted":
            return INTERRUPTED
        case "hopeless":
            return f"none of the first {engine.settled} candidates gave a row"
        case "short" if engine.candidates.exhausted == "seeds":
            if engine.settled == 1:
                return "the only seed row was tried"
            return f"all {engine.settled:,} seed rows were tried"
        case "short" if engine.candidates.exhausted == "cells":
            return f"each combination of the axes was tried ({engine.settled:,})"
        case "short":
            return f"{program.tries} candidates for each row wanted were tried"

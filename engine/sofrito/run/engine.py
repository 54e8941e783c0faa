"""The run itself: candidates out of order, rows accepted in order, until there are enough.

The rules, and why each is as it is, stand in docs/engine.md.
"""

import asyncio
import math
import sys
from collections import Counter
from collections.abc import Generator, Sequence
from functools import partial
from typing import Literal, Protocol

from sofrito.plan.program import Program, Segment, Stage
from sofrito.run.calls import Calls
from sofrito.run.candidate import Root
from sofrito.run.ledger import Ledger
from sofrito.run.source import Candidates
from sofrito.run.stages import Family, by_path, count, enter, families_of, settled
from sofrito.run.tasks import Tasks
from sofrito.steps.work import Lost, Map, Ordered, Outcome, Row

Status = Literal["complete", "short", "budget", "interrupted", "hopeless"]

# A recipe from whose first candidates nothing comes is stopped: what it costs can be foreseen.
HOPELESS = 100


class Sink(Protocol):
    """Where rows go, in number order."""

    def accepted(self, row: Row, cell: int) -> None:
        """Take a row that reached the output."""
        ...

    def lost(self, step: int, lost: Lost) -> None:
        """Take a row that did not; ``step`` is its index, or the number of steps for the output."""
        ...


class Engine:
    """Runs a program once. ``window`` is the most candidates live at once; by default, what is useful."""

    def __init__(
        self,
        program: Program,
        sink: Sink,
        *,
        candidates: Candidates | None = None,
        window: int | None = None,
    ) -> None:
        self.program, self.sink = program, sink
        self.candidates = candidates or Candidates(program)
        self.ledger = Ledger(list(program.steps))
        self.examples: dict[tuple[int, str], str] = {}
        self.accepted = 0
        self.settled = 0
        self.live = 0
        self.status: Status | None = None
        self.calls: Calls
        self._window = window
        self._wake = asyncio.Event()
        self._tasks = Tasks(program.templates)
        self._queues: list[dict[int, Root]] = [{} for _ in program.segments]
        self._next: list[int] = [0] * len(program.segments)
        self._running: dict[int, Root] = {}
        self._first = next(i for i, s in enumerate(program.segments) if _in_order(s))
        self._may_skip = program.quotas and not program.in_rounds

    def wake(self) -> None:
        """Say that something changed."""
        self._wake.set()

    def stop(self, status: Status) -> None:
        """End the run in order: nothing more is started or accepted."""
        self.status = self.status or status
        self.wake()

    async def run(self, calls: Calls) -> Status:
        """Run to the end and return how it ended; raises what a teacher or the journal raised."""
        self.calls = calls
        while self.status is None:
            self._until_nothing_moves()
            if calls.trouble:
                raise calls.trouble
            if self.status is None and not calls.busy and not self._tasks.ready:
                self.status = self._end()
                break
            if self.status is None:
                await self._wake.wait()
                self._wake.clear()
        self.ledger.close()
        return self.status

    def _end(self) -> Status:
        if self.calls.out_of_budget:
            return "budget"
        assert self.candidates.exhausted, "stuck: nothing runs, nothing is exhausted"
        assert not self.live, "stuck: candidates wait for nothing"
        return "complete" if self.accepted >= (self.program.rows or 1) else "short"

    def _until_nothing_moves(self) -> None:
        before: tuple[int, ...] = ()
        while self.status is None:
            self._issue()
            self._pump()
            now = (self.ledger.tallies[0].made, self.settled, self._tasks.ready)
            if now == before:
                return
            before = now

    # Candidates are started as far ahead as is useful; how far never changes the result.

    def _ahead(self) -> int:
        concurrency = self.calls.concurrency  # as known now, so what is asked in vain stays little
        limit = min(self._window or max(4 * concurrency, 64), self._affordable())
        if self.program.in_rounds or self.program.rows is None:
            return limit
        missing = self.program.rows - self.accepted
        if self.settled < 32:
            places = concurrency + self.calls.held
            return min(limit, places, missing * (self.settled + 1) // (self.accepted + 1))
        return min(limit, missing * (self.settled + 2) * 11 // ((self.accepted + 1) * 10) + 4)

    def _affordable(self) -> int:
        """Return how many candidates the budget can bring to their end, so that it makes rows of calls."""
        left = self.calls.left
        return sys.maxsize if left == math.inf else int(left // self.program.calls)

    def _issue(self) -> None:
        ahead = max(1, self._ahead())
        while self.status is None and self.live < ahead:
            made = self.candidates.next()
            if made is None:
                return
            root, row = made
            self.live += 1
            self.ledger.started()
            self._running[root.n] = root
            skip = self._may_skip and self.candidates.full(root.cell)
            self._enter(root, [] if skip else [row])

    # Rows go through a segment's maps; a candidate whose rows have all done so waits at its barrier.

    def _enter(self, root: Root, rows: Sequence[Row]) -> None:
        root.pending, root.out = len(rows), []
        for row in rows:
            self._advance(root, row, 0)
        if not rows:
            self._segment_done(root)

    def _advance(self, root: Root, row: Row, at: int) -> None:
        maps = self.program.segments[root.segment].maps
        if at == len(maps):
            root.out.append(row)
            self._one_less(root)
            return
        stage = maps[at]
        operation = stage.operation
        assert isinstance(operation, Map)
        entered = enter(root, row, stage, self._name(stage))
        if entered is None:
            self._one_less(root)
            return
        row = entered
        if row.skipping == operation.step:
            self._outcome(root, at, [row])
            return
        result = operation.run(row, root)
        if isinstance(result, Generator):
            self._tasks.add(result, root, partial(self._outcome, root, at))
        else:
            self._outcome(root, at, result)

    def _outcome(self, root: Root, at: int, outcome: Outcome) -> None:
        stage = self.program.segments[root.segment].maps[at]
        count(root, stage, 1, outcome)
        survivors = [one for one in outcome if isinstance(one, Row)]
        root.pending += len(survivors)
        for one in survivors:
            self._advance(root, one, at + 1)
        self._one_less(root)

    def _one_less(self, root: Root) -> None:
        root.pending -= 1
        if root.pending == 0:
            self._segment_done(root)

    def _segment_done(self, root: Root) -> None:
        if root.dead:
            return
        segment = self.program.segments[root.segment]
        if not _in_order(segment):
            assert segment.barrier is not None
            self._gather(root, segment.barrier)
            return
        self._queues[root.segment][root.n] = root
        at = root.segment
        while (head := self._head(at)) is not None:
            self._next[at] += 1
            self._in_turn(head)  # through all that is left and acceptance, before the one after it

    def _gather(self, root: Root, stage: Stage) -> None:
        families, root.out = families_of(root, root.out, stage, self._name(stage))
        root.pending = len(families)
        for family in families:
            done = partial(self._family_done, root, stage, family)
            result = family.looked_at(stage)
            if isinstance(result, Generator):
                self._tasks.add(result, root, done)
            else:
                done(result)
        if not families:
            self._gathered(root)

    def _family_done(self, root: Root, stage: Stage, family: Family, outcome: Outcome) -> None:
        root.out += settled(root, stage, family, outcome)
        root.pending -= 1
        if root.pending == 0:
            self._gathered(root)

    def _gathered(self, root: Root) -> None:
        root.segment += 1
        self._enter(root, sorted(root.out, key=by_path))

    def _name(self, stage: Stage) -> str:
        return self.program.steps[stage.operation.step]

    # Barriers in number order.

    def _head(self, at: int) -> Root | None:
        n = self._next[at]
        ready = self._queues[at].pop(n, None)
        if at == self._first and self._may_skip:
            root = self._running.get(n)
            if root is not None and self.candidates.full(root.cell):
                return self._surplus(root, at)  # whether its calls were made or not
        return ready

    def _surplus(self, root: Root, at: int) -> Root:
        """Let go of a candidate whose cell filled up before its turn; nobody waits for its calls."""
        root.dead = True
        for later in range(at + 1, len(self._next)):
            self._next[later] += 1
        stand_in = Root(root.n, root.cell, root.round, root.pools)
        stand_in.segment, stand_in.dead = at, True
        return stand_in

    def _in_turn(self, root: Root) -> None:
        stage = self.program.segments[root.segment].barrier
        if stage is None or root.dead:
            self._accept(root)
            return
        operation = stage.operation
        assert isinstance(operation, Ordered)
        through: list[Row] = []
        for one in sorted(root.out, key=by_path):
            row = enter(root, one, stage, self._name(stage))
            if row is None:
                continue
            if self._may_skip and self.candidates.full(root.cell, len(through)):
                root.tally(operation.step).surplus += 1  # before it touches any memory
                root.lost.append((operation.step, Lost(row, "surplus", "the cell is full")))
                continue
            outcome = row if row.skipping == operation.step else operation.run(row)
            count(root, stage, 1, [outcome])
            if isinstance(outcome, Row):
                through.append(outcome)
        root.segment += 1
        self._enter(root, through)

    def _accept(self, root: Root) -> None:
        if self.status is not None:
            return
        self.live -= 1
        self.settled += 1
        del self._running[root.n]
        if root.dead:
            # Wholly surplus: which of its calls were made is luck, so nothing of it is counted.
            self.candidates.settled(root, 0)
            return
        accepted, surplus, unfit = 0, 0, Counter[str]()
        for row in sorted(root.out, key=by_path):
            if self._full(root.cell, accepted):
                surplus += 1
                root.lost.append((len(self.program.steps), Lost(row, "surplus", "enough rows")))
            elif why := self.program.unfit(row.values):
                unfit[why] += 1
                root.lost.append((len(self.program.steps), Lost(row, "rejected", why)))
            else:
                accepted += 1
                self.sink.accepted(row, root.cell)
        for step, lost in sorted(root.lost, key=lambda found: (found[1].row.path, found[0])):
            self.sink.lost(step, lost)
            if lost.detail:
                self.examples.setdefault((step, lost.reason), lost.detail)
        self.accepted += accepted
        root.count_spare()
        self.ledger.settle(root.tallies, accepted, surplus, unfit)
        self.candidates.settled(root, accepted)
        self._judge()

    def _full(self, cell: int, more: int) -> bool:
        wanted = self.program.rows
        enough = wanted is not None and self.accepted + more >= wanted
        return enough or self.candidates.full(cell, more)

    def _judge(self) -> None:
        if self.program.rows is None:
            return
        if self.accepted >= self.program.rows:
            self.status = "complete"
        elif not self.accepted and self.settled == HOPELESS and self.program.source is None:
            self.status = "hopeless"

    def _pump(self) -> None:
        while self._tasks.ready and self.status is None:
            self._tasks.resume(self.calls)
        if self.status is None:
            self.calls.start()


def _in_order(segment: Segment) -> bool:
    return segment.barrier is None or isinstance(segment.barrier.operation, Ordered)

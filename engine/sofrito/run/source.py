"""Where candidates come from: numbered, with cells, in rounds where something is learned."""

from collections import Counter, defaultdict, deque
from collections.abc import Mapping

from sofrito.plan.program import Program
from sofrito.run.candidate import PoolView, Root
from sofrito.run.rounds import NOTHING, End, RoundPlan, interleave
from sofrito.steps.work import Event, Pooled, Row, Values, mix

NO_CELL = -1


class Candidates:
    """Makes candidates one after the other; ``settled`` tells it how each ended, in number order."""

    def __init__(self, program: Program) -> None:
        self._program, self._in_rounds = program, program.in_rounds
        self.accepted: Counter[int] = Counter()
        self.tried: Counter[int] = Counter()
        self.grown: dict[str, list[Pooled]] = defaultdict(list)
        self.exhausted = ""
        self._kth: Counter[int] = Counter()
        self._issued = 0
        self._values = program.source() if program.source else None
        self._seen: Counter[int] = Counter()
        if program.cells:
            quotas = {i: cell.quota for i, cell in enumerate(program.cells)}
        else:
            quotas = {NO_CELL: program.rows}
        self._quotas = quotas
        self._cap = None if program.rows is None else program.tries * program.rows
        self._plan = self._planned_rounds()
        self._static = interleave(
            [(i, c.share) for i, c in enumerate(program.cells) if c.share]
        ) or [NO_CELL]
        self._rounds: dict[int, list[int]] = {}
        self._ends: dict[int, End] = {}
        self._last_of: dict[int, int] = {}
        self._planned = self._opened = 0
        self._members: deque[tuple[int, int]] = deque()

    def full(self, cell: int, more: int = 0) -> bool:
        """Whether a cell has all its rows, or would with so many more."""
        quota = self._quotas[cell] if self._program.cells else None
        return quota is not None and self.accepted[cell] + more >= quota

    def next(self) -> tuple[Root, Row] | None:
        """Return the next candidate and its first row; None when none can be made now.

        ``exhausted`` then says why, unless it is only that a round must close first.
        """
        place = self._place()
        if place is None:
            return None
        cell, round_ = place
        values = self._start(cell)
        if values is None:
            return None
        if self._in_rounds:
            self._members.popleft()
        root = Root(self._issued, cell, round_, self._view(round_))
        self._issued += 1
        story: tuple[Event, ...] = ()
        if self._values is not None and not self._program.once:
            start = {"from": f"{self._program.start}, row {root.n}"}
            story = (Event("candidates", "seed", start),)
        return root, Row((root.n,), self._key(cell, values), values, story)

    def _planned_rounds(self) -> RoundPlan:
        program, quotas = self._program, self._quotas
        if program.once:
            return RoundPlan(dict.fromkeys(quotas, 1), program.round, program.lag, 1)
        return RoundPlan(quotas, program.round, program.lag, program.tries)

    def _place(self) -> tuple[int, int] | None:
        if self._in_rounds:
            while not self._members and self._open_round():
                pass
            return self._members[0] if self._members else None
        if self._cap is not None and self._issued >= self._cap:
            self.exhausted = "tries"
            return None
        return self._static[self._issued % len(self._static)], 0

    def _start(self, cell: int) -> Values | None:
        values: Values = {}
        if self._values is not None:
            found = next(self._values, None)
            if found is None:
                self.exhausted = "cells" if self._program.once else "seeds"
                return None
            values = found
        return {**self._program.cells[cell].columns, **values} if self._program.cells else values

    def _key(self, cell: int, values: Values) -> int:
        """Who the candidate is: its seed row by content, or the k-th of its cell; never its number."""
        if self._values is not None and not self._program.once:
            who = mix(values)
            again = self._seen[who]
            self._seen[who] += 1
            return mix(self._program.seed, "seed", who, again)
        k = self._kth[cell]
        self._kth[cell] += 1
        name = self._program.cells[cell].values if self._program.cells else None
        return mix(self._program.seed, "cell", name, k)

    def _view(self, round_: int) -> PoolView:
        known = self._ends.get(round_ - 1 - self._program.lag, NOTHING)
        return PoolView(self._program.pools, self.grown, known.pools)

    # Rounds: the members of round r depend on nothing but how round r-1-lag ended.

    def _open_round(self) -> bool:
        r, lag = self._opened, self._program.lag
        first = r <= lag
        end = NOTHING if first else self._ends.get(r - 1 - lag)
        if end is None:
            return False
        open_ = range(max(0, r - lag), r)
        ahead = Counter(cell for o in open_ for cell in self._rounds[o])
        members = self._plan.members(end, ahead, first=first)
        if not members and not any(self._rounds[o] for o in open_):
            self.exhausted = "cells" if self._program.once else "tries"
            return False
        self._rounds[r] = members
        self._planned += len(members)
        self._opened += 1
        self._last_of[r] = self._planned
        self._members.extend((cell, r) for cell in members)
        if not members and (r == 0 or r - 1 in self._ends):
            self._close(r)
        return True

    def _close(self, r: int) -> None:
        sizes = {name: len(rows) for name, rows in self.grown.items()}
        self._ends[r] = End(self.accepted.copy(), self.tried.copy(), sizes)
        for old in [o for o in self._ends if o < r - 1 - self._program.lag]:
            del self._ends[old]
        for old in [o for o in self._rounds if o < r - self._program.lag]:
            del self._rounds[old]
        self._last_of.pop(r, None)
        if r + 1 in self._rounds and not self._rounds[r + 1]:
            self._close(r + 1)  # an empty round ends with the one before it

    def settled(self, root: Root, accepted: int) -> None:
        """Learn how a candidate ended; called in number order."""
        self.accepted[root.cell] += accepted
        self.tried[root.cell] += 1
        for pool, row, values in sorted(root.grown, key=lambda g: (g[0], g[1].path)):
            self.grown[pool].append(Pooled.of(values, f"{pool}, grown from row {row.id}"))
        if self._in_rounds and root.n + 1 == self._last_of[root.round]:
            self._close(root.round)

    def given_up(self) -> Mapping[int, int]:
        """Return the cells that have fewer rows than asked, with what is missing."""
        return {
            cell: quota - self.accepted[cell]
            for cell, quota in self._quotas.items()
            if quota is not None and self.accepted[cell] < quota
        }

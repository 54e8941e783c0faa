"""A candidate: the numbered start from which rows come."""

import math
from collections.abc import Mapping, Sequence

from sofrito.run.ledger import Tally
from sofrito.steps.work import Lost, Pool, Pooled, Row, Values


class Root:
    """A candidate on its way. ``n`` is its place in the order; who it is stands in its row's key."""

    __slots__ = (
        "cell",
        "dead",
        "grown",
        "joined",
        "lost",
        "n",
        "out",
        "pending",
        "pools",
        "round",
        "segment",
        "tallies",
    )

    def __init__(self, n: int, cell: int, round_: int, pools: "PoolView") -> None:
        self.n, self.cell, self.round, self.pools = n, cell, round_, pools
        self.segment = self.pending = 0
        self.out: list[Row] = []
        self.lost: list[tuple[int, Lost]] = []
        self.joined: list[tuple[int, Row]] = []
        self.grown: list[tuple[str, Row, Values]] = []
        self.tallies: dict[int, Tally] = {}
        self.dead = False

    def wanted(self) -> bool:
        """Whether anybody still waits for what its calls bring."""
        return not self.dead

    def pool(self, name: str) -> Pool:
        """Return a seed pool as frozen for this candidate's round."""
        return self.pools.pool(name)

    def grow(self, pool: str, row: Row, values: Values) -> None:
        """Offer a row to a pool, for rounds after this one is closed."""
        self.grown.append((pool, row, values))

    def tally(self, step: int) -> Tally:
        """Return the tally of a step for this candidate's rows."""
        found = self.tallies.get(step)
        if found is None:
            found = self.tallies[step] = Tally()
        return found

    def count_spare(self) -> None:
        """Count of what was lost, by step and reason, how much left a sibling that went further."""
        ended = [(step, one.row) for step, one in self.lost]
        furthest: dict[tuple[int, ...], float] = {}
        for step, row in (*ended, *self.joined, *((math.inf, row) for row in self.out)):
            for length in range(1, len(row.path)):
                group = row.path[:length]
                furthest[group] = max(step, furthest.get(group, step))
        for step, one in self.lost:
            if furthest.get(one.row.path[:-1], step) > step:
                self.tally(step).spare[one.reason] += 1


class PoolView:
    """The pools as one round sees them: how much of what grew is visible."""

    def __init__(
        self,
        seeds: Mapping[str, Sequence[Pooled]],
        grown: Mapping[str, Sequence[Pooled]],
        sizes: Mapping[str, int],
    ) -> None:
        self._seeds, self._grown, self._sizes = seeds, grown, sizes

    def pool(self, name: str) -> Pool:
        """Return one pool."""
        return Pool(self._seeds[name], self._grown.get(name, ()), self._sizes.get(name, 0))

"""Spreads rows over a grid so that every axis, and every pair of axes, follows its weights."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from sofrito.plan.grid import Combination, Grid

_WINDOW = 64
"""Rows ahead among which the next value of an axis is sought. All values of a short axis are among
them; of a long one enough that 100 x 100 values in 10,000 rows meet once each (32 do not do)."""


def apportioned(weights: Sequence[float], total: int) -> list[int]:
    """Return integers in proportion to the weights that add up to ``total`` (largest remainder)."""
    whole = math.fsum(weights)
    if not whole:
        return [0] * len(weights)
    exact = [weight * total / whole for weight in weights]
    counts = [math.floor(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (counts[i] - exact[i], i))
    for i in by_remainder[: total - sum(counts)]:
        counts[i] += 1
    return counts


def spread(
    grid: Grid, weights: Sequence[Sequence[float]], rows: int, given: Mapping[Combination, int]
) -> Counter[Combination]:
    """Return how many of ``rows`` each combination gets, those ``given`` included.

    Each value of an axis gets its share by weight, to the next integer, unless what is excluded or
    given forbids it; and values of two axes meet about as often as if they were independent. Takes
    time in proportion to the rows, not to the combinations.
    """
    return _Spread(grid, weights, rows, given).filled()


class _Spread:
    def __init__(
        self,
        grid: Grid,
        weights: Sequence[Sequence[float]],
        rows: int,
        given: Mapping[Combination, int],
    ) -> None:
        self._grid, self._rows = grid, rows
        self._order = (*grid.bound, *grid.free)
        sums = [math.fsum(ws) or 1.0 for ws in weights]
        self._shares = [[w / sum_ for w in ws] for ws, sum_ in zip(weights, sums, strict=True)]
        self._missing = [apportioned(ws, rows) for ws in weights]
        self._counts: Counter[Combination] = Counter()
        # How often a value of one axis met each value of another.
        self._met: defaultdict[tuple[int, int, int], Counter[int]] = defaultdict(Counter)
        for combination, count in given.items():
            self._take(combination, count)
        self._made = sum(given.values())
        # What may stand on the next bound axis, by the values on those before.
        self._next: defaultdict[Combination, dict[int, None]] = defaultdict(dict)
        for allowed in grid.allowed:
            for i, value in enumerate(allowed):
                self._next[allowed[:i]][value] = None

    def filled(self) -> Counter[Combination]:
        if self._grid.allowed:
            queues = [_Queue(missing) for missing in self._missing]
            for made in range(self._made, self._rows):
                self._take(self._chosen(queues, made), 1)
            self._mend()
        return self._counts

    def _take(self, combination: Combination, count: int) -> None:
        self._counts[combination] += count
        for a, value in enumerate(combination):
            self._missing[a][value] -= count
            for b in range(len(combination)):
                if b != a:
                    self._met[a, value, b][combination[b]] += count

    def _chosen(self, queues: Sequence["_Queue"], made: int) -> Combination:
        found: dict[int, int] = {}
        for a in self._order:
            allowed = None
            if a in self._grid.bound:
                allowed = self._next[tuple(found.values())]
            found[a] = self._value(a, found, queues[a], allowed, made)
        return tuple(found[a] for a in range(len(found)))

    def _value(
        self,
        axis: int,
        found: Mapping[int, int],
        queue: "_Queue",
        allowed: Mapping[int, None] | None,
        made: int,
    ) -> int:
        """Return the value that is due, of those due soon the one that these others met least."""
        shares = self._shares[axis]
        others = [(self._met[b, v, axis].get, self._shares[b][v] * made) for b, v in found.items()]
        best, least = -1, math.inf
        for value in queue.soon(allowed):
            share, excess = shares[value], 0.0
            for met, due in others:
                excess += met(value, 0) - share * due
            if excess < least:
                best, least = value, excess
                if not others:
                    break
        if best >= 0:
            queue.remove(best)
            return best
        assert allowed is not None
        return max(allowed, key=self._missing[axis].__getitem__)  # nothing allowed is due

    def _mend(self) -> None:
        """Change single values of rows where an axis has too much of one and too little of another.

        The rows are taken one by one, which may leave only values for the last that exclude
        each other.
        """
        for a in self._grid.bound:
            missing = self._missing[a]
            for few in [v for v, count in enumerate(missing) if count > 0]:
                while missing[few] > 0 and (change := self._change(a, few)):
                    before, after = change
                    self._take(before, -1)
                    self._take(after, 1)

    def _change(self, axis: int, few: int) -> tuple[Combination, Combination] | None:
        """Return a row that has too frequent a value on an axis, and what it may be instead."""
        allowed = set(self._grid.allowed)
        for before, count in self._counts.most_common():
            if count and self._missing[axis][before[axis]] < 0:
                after = (*before[:axis], few, *before[axis + 1 :])
                if tuple(after[a] for a in self._grid.bound) in allowed:
                    return before, after
        return None


class _Queue:
    """The values of an axis as often as they are wanted, evenly interleaved."""

    def __init__(self, wanted: Sequence[int]) -> None:
        places = [
            ((2 * k + 1) / (2 * count), value)
            for value, count in enumerate(wanted)
            for k in range(count)
        ]
        self._later = iter([value for _, value in sorted(places)])
        self._window = list(islice(self._later, _WINDOW))

    def soon(self, allowed: Mapping[int, None] | None) -> Iterator[int]:
        """Yield the values due soon, of those allowed; if none is, the one due next, if any."""
        found = False
        for value in dict.fromkeys(self._window):
            if allowed is None or value in allowed:
                found = True
                yield value
        while not found and (value := next(self._later, -1)) >= 0:
            self._window.append(value)
            if allowed is None or value in allowed:
                found = True
                yield value

    def remove(self, value: int) -> None:
        """Take one occurrence of a value that is due soon."""
        self._window.remove(value)
        self._window += islice(self._later, 1)

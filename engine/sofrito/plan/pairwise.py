"""Few combinations in which every two values of different axes meet: a covering array."""

from collections import defaultdict
from collections.abc import Iterator

from sofrito.plan.grid import Combination, Grid


def pairwise(grid: Grid, most: int) -> list[Combination]:
    """Return combinations in which every pair of values that may meet does, the fullest first.

    Greedy, in the manner of AETG (Cohen et al. 1997): each combination starts from a pair that is
    still open, and closes as many more as it can. Far fewer than the grid has, not the fewest.
    No more than ``most`` are made, even if pairs stay open.
    """
    if len(grid.sizes) == 1:
        return list(grid)[:most]
    cover = _Cover(grid)
    for pair in cover.open_pairs():
        if len(cover.chosen) == most:
            break
        cover.add(pair)
    return cover.chosen


class _Cover:
    def __init__(self, grid: Grid) -> None:
        self.chosen: list[Combination] = []
        self._grid = grid
        self._by_size = sorted(range(len(grid.sizes)), key=lambda a: (-grid.sizes[a], a))
        self._free = [a for a in self._by_size if a not in grid.bound]
        # Which values of another axis a value has met.
        self._met: defaultdict[tuple[int, int, int], set[int]] = defaultdict(set)

    def open_pairs(self) -> Iterator[dict[int, int]]:
        """Yield pairs that have not met when their turn comes, as values by axis."""
        for i, a in enumerate(self._by_size):
            for b in self._by_size[i + 1 :]:
                for v in range(self._grid.sizes[a]):
                    met = self._met[a, v, b]
                    for w in range(self._grid.sizes[b]):
                        if w not in met:
                            yield {a: v, b: w}

    def add(self, pair: dict[int, int]) -> None:
        """Complete a pair to a combination, if one is allowed, and note which pairs it closes."""
        found = self._allowed(pair)
        if found is None:
            return
        for a in self._free:
            if a not in found:
                found[a] = self._value(a, found)
        combination = tuple(found[a] for a in range(len(found)))
        for a, value in enumerate(combination):
            for b, other in enumerate(combination):
                if a != b:
                    self._met[a, value, b].add(other)
        self.chosen.append(combination)

    def _allowed(self, pair: dict[int, int]) -> dict[int, int] | None:
        """Return the pair and values of the bound axes with it: those that close the most pairs."""
        best, most = None, -1
        for values in self._grid.allowed:
            found = dict(zip(self._grid.bound, values, strict=True))
            if any(found.get(a, v) != v for a, v in pair.items()):
                continue
            found |= pair
            new = sum(self._new(a, v, found) for a, v in found.items())
            if new > most:
                best, most = found, new
            if new == len(found) * (len(found) - 1):
                break
        return best

    def _value(self, axis: int, found: dict[int, int]) -> int:
        size, best, most = self._grid.sizes[axis], 0, -1
        start = len(self.chosen) % size  # where several close as many, each has its turn
        for value in (*range(start, size), *range(start)):
            new = self._new(axis, value, found)
            if new > most:
                best, most = value, new
            if new == len(found):
                break
        return best

    def _new(self, axis: int, value: int, found: dict[int, int]) -> int:
        """Count the pairs that a value would close with others."""
        return sum(
            b != axis and other not in self._met[axis, value, b] for b, other in found.items()
        )

"""Which candidates a round has: a pure function of how the rounds before it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class End:
    """How things stood when a round was closed: rows accepted and candidates tried, by cell; pool sizes."""

    accepted: Mapping[int, int]
    tried: Mapping[int, int]
    pools: Mapping[str, int]


NOTHING = End({}, {}, {})


def interleave(counts: Sequence[tuple[int, int]]) -> list[int]:
    """Spread cells evenly: from (cell, count) pairs, the cells in order. Integers only: no float ties."""
    slots = [
        ((2 * j + 1) * 10**9 // (2 * count), i, cell)
        for i, (cell, count) in enumerate(counts)
        for j in range(count)
    ]
    return [cell for _, _, cell in sorted(slots)]


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """Plans rounds of ``size`` candidates for cells with quotas; a quota of None is without end.

    ``lag`` rounds may be open beyond the one that is closed last. A cell gets at most ``tries``
    candidates for each row wanted; then it is given up.
    """

    quotas: Mapping[int, int | None]
    size: int
    lag: int
    tries: int

    def members(self, end: End, ahead: Mapping[int, int], *, first: bool) -> list[int]:
        """Return the cells of a round's candidates, in order; empty when nothing is left to try.

        ``end`` is how the last closed round left things, ``ahead`` the candidates planned since;
        ``first`` says that no round is closed yet.
        """
        need = [(cell, self._need(cell, end, ahead, first=first)) for cell in self.quotas]
        return interleave(self._fit([(cell, count) for cell, count in need if count > 0]))

    def _need(self, cell: int, end: End, ahead: Mapping[int, int], *, first: bool) -> int:
        quota, planned = self.quotas[cell], ahead.get(cell, 0)
        if quota is None:
            return self.size
        accepted, tried = end.accepted.get(cell, 0), end.tried.get(cell, 0)
        room = self.tries * quota - tried - planned
        if accepted >= quota or room <= 0:
            return 0
        if first:
            return min(quota, room)
        # 1.1 x the deficit over the acceptance rate so far, rounded up
        wanted = -(-(quota - accepted) * (tried + 2) * 11 // ((accepted + 1) * 10))
        return min(wanted - planned, room)

    def _fit(self, need: list[tuple[int, int]]) -> list[tuple[int, int]]:
        total = sum(count for _, count in need)
        if total <= self.size:
            return need
        shares = [(cell, *divmod(count * self.size, total)) for cell, count in need]
        left = self.size - sum(share for _, share, _ in shares)
        by_remainder = sorted(range(len(shares)), key=lambda i: (-shares[i][2], i))
        favoured = set(by_remainder[:left])
        return [(cell, share + (i in favoured)) for i, (cell, share, _) in enumerate(shares)]

"""The accounting: what came into every step, and what became of it."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any


@dataclass(slots=True)
class Tally:
    """Counts for one step; `in + made = out + rejected + failed + joined + surplus`.

    ``counted`` is what the step itself counted, of which nothing has to balance. ``spare`` are those
    of the lost, by reason, that left a sibling which went further.
    """

    entered: int = 0
    made: int = 0
    out: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    joined: int = 0
    surplus: int = 0
    counted: Counter[str] = field(default_factory=Counter)
    spare: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Add another tally of the same step."""
        self.entered += other.entered
        self.made += other.made
        self.out += other.out
        if other.rejected:
            self.rejected.update(other.rejected)
        if other.failed:
            self.failed.update(other.failed)
        self.joined += other.joined
        self.surplus += other.surplus
        if other.counted:
            self.counted.update(other.counted)
        if other.spare:
            self.spare.update(other.spare)

    @property
    def balances(self) -> bool:
        """Whether nothing was lost silently."""
        entered, made, *gone = self.counts()
        return entered + made == sum(gone)

    def counts(self) -> tuple[int, int, int, int, int, int, int]:
        """Return in, made, out, rejected, failed, joined and surplus, reasons added up."""
        rejected, failed = self.rejected.total(), self.failed.total()
        return self.entered, self.made, self.out, rejected, failed, self.joined, self.surplus

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as plain data; reasons by falling count."""
        return {
            "in": self.entered,
            "made": self.made,
            "out": self.out,
            "rejected": _by_count(self.rejected),
            "failed": _by_count(self.failed),
            "joined": self.joined,
            "surplus": self.surplus,
            "counted": dict(self.counted),
        }


def _by_count(reasons: Counter[str]) -> dict[str, int]:
    return dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))


class Ledger:
    """A tally for every step, between `candidates` (what was started) and `output` (what was kept).

    The steps' tallies hold only candidates whose turn came, in number order, so they do not depend
    on luck. Those still under way when the last row was found, or whose cell was full before their
    turn, are `candidates`' surplus, the only number that does.
    """

    def __init__(self, steps: list[str]) -> None:
        self.names = ["candidates", *steps, "output"]
        self.tallies = [Tally() for _ in self.names]

    def settle(
        self, tallies: dict[int, Tally], accepted: int, surplus: int, unfit: Counter[str]
    ) -> None:
        """Add a candidate whose turn came: its tallies by step, and its rows at the output."""
        start, output = self.tallies[0], self.tallies[-1]
        start.out += 1
        for step, tally in tallies.items():
            self.tallies[step + 1].add(tally)
        output.entered += accepted + surplus + unfit.total()
        output.out += accepted
        output.rejected.update(unfit)
        output.surplus += surplus

    def started(self) -> None:
        """Count a candidate."""
        self.tallies[0].made += 1

    def close(self) -> None:
        """Count the candidates still under way as surplus."""
        start = self.tallies[0]
        start.surplus = start.made - start.out

    @property
    def balances(self) -> bool:
        """Whether every step's identity holds, and each hands on what the next receives."""
        rows = self.tallies
        links = all(a.out == b.entered for a, b in pairwise(rows))
        return links and all(tally.balances for tally in rows)

    def as_rows(self) -> list[dict[str, Any]]:
        """Return the accounting as plain data, a mapping a step."""
        pairs = zip(self.names, self.tallies, strict=True)
        return [{"step": name, **tally.as_dict()} for name, tally in pairs]

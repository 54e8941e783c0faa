"""How long a teacher takes for a call, from calls that were timed."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

READ = 1 / 20
"""The time of a token that is read, in that of one that is written."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A call that was answered: the tokens it read and wrote, and its seconds."""

    read: int
    written: int
    seconds: float

    @property
    def work(self) -> float:
        """Its tokens, each as much as one written."""
        return self.written + self.read * READ


@dataclass(frozen=True, slots=True)
class Speed:
    """A call takes ``fixed`` seconds and ``token`` seconds for each token's work, ``lanes`` at once.

    ``calls`` were timed to know it.
    """

    fixed: float
    token: float
    lanes: int
    calls: int

    def seconds(self, read: int, written: int) -> float:
        """Return the seconds of a call that reads and writes so many tokens."""
        return self.fixed + self.token * (written + read * READ)


def speed(timed: Sequence[Timed], lanes: int) -> Speed | None:
    """Return the line of least squares through the calls, ``lanes`` being as many as ran at once.

    Neither number is below 0: where the calls do not tell the two apart, the time goes by the
    tokens alone. None where nothing was timed.
    """
    if not timed:
        return None
    work, seconds = fmean(one.work for one in timed), fmean(one.seconds for one in timed)
    spread = sum((one.work - work) ** 2 for one in timed)
    slope = sum((one.work - work) * (one.seconds - seconds) for one in timed)
    token = slope / spread if spread else -1.0
    fixed = seconds - token * work
    if work and (token <= 0 or fixed < 0):
        token, fixed = seconds / work, 0.0
    return Speed(max(fixed, 0.0), max(token, 0.0), max(lanes, 1), len(timed))

"""How many calls a server bears at once, found by asking it."""

import math
from dataclasses import dataclass
from statistics import fmean, median
from typing import Protocol

CEILING = 512
"""The most calls in flight where a recipe names no number."""

FIRST, FIRST_DECLARED = 8, 32

# What an answer's work weighs, in tokens written: reading is some twenty times as fast, and a
# call costs a little by itself. Prompts that get longer then do not look like a server in trouble.
_OVERHEAD, _READ = 20, 1 / 20

_SAMPLE = 16
_BETTER, _SLOW = 1.1, 2.0
_BACK_FROM_DOUBLING, _BACK = 0.5, 0.7
_STEPS = 32

# Answers to wait for before a number that was refused is tried again: twice as many each time, up
# to the last.
_RARELY, _MOST_RARELY = 16, 1024


@dataclass(frozen=True, slots=True)
class Ticket:
    """A call on its way: its number, when it was sent (seconds), and how many were out with it."""

    number: int
    at: float
    inflight: int


class Limit(Protocol):
    """How many calls may be in flight; told of each call, it may change its mind."""

    inflight: int

    @property
    def most(self) -> int:
        """The most calls in flight now."""
        ...

    @property
    def said(self) -> str:
        """Why there are fewer calls in flight than there could be, or ""."""
        ...

    def sent(self, now: float) -> Ticket:
        """Count a call that is sent."""
        ...

    def answered(self, ticket: Ticket, now: float, read: int, written: int) -> None:
        """Learn from an answer, and how many tokens it read and wrote."""
        ...

    def refused(self, ticket: Ticket) -> None:
        """Learn that the server had no room for a call."""
        ...

    def failed(self) -> None:
        """Count a call that ended in a way that says nothing about room."""
        ...


class Fixed:
    """A number that stays: of a teacher that knows what it bears."""

    said = ""

    def __init__(self, most: int) -> None:
        self.most, self.inflight = most, 0

    def sent(self, now: float) -> Ticket:
        """Count a call that is sent."""
        self.inflight += 1
        return Ticket(0, now, self.inflight)

    def answered(self, ticket: Ticket, now: float, read: int, written: int) -> None:  # noqa: ARG002
        """Count an answer."""
        self.inflight -= 1

    def refused(self, ticket: Ticket) -> None:  # noqa: ARG002
        """Count a call that ended."""
        self.inflight -= 1

    def failed(self) -> None:
        """Count a call that ended."""
        self.inflight -= 1


@dataclass(frozen=True, slots=True)
class _Load:
    """What was measured over some answers: calls in flight, and seconds for a token's work."""

    inflight: float
    seconds: float

    @property
    def rate(self) -> float:
        return self.inflight / self.seconds


@dataclass(frozen=True, slots=True)
class _Trial:
    """A decrease on suspicion: what was measured before it, and what holds if it was wrong.

    ``idle`` says that it was suspected because more calls had brought no more answers.
    """

    load: _Load
    limit: float
    goal: float
    idle: bool


class _Bar:
    """A number of calls in flight that was refused, and is tried again only rarely."""

    def __init__(self) -> None:
        self.at = math.inf
        self._answers, self._wait = 0, _RARELY

    @property
    def room(self) -> float:
        """The most calls that may be in flight now; at the bar itself once it is time for a try."""
        return self.at if self._answers >= self._wait else self.at - 1

    def answered(self, inflight: int) -> bool:
        """Count an answer; return whether it lifted the bar."""
        self._answers += 1
        if inflight < self.at:
            return False
        self.at, self._answers, self._wait = math.inf, 0, _RARELY
        return True

    def refused(self, inflight: int) -> bool:
        """Set the bar to what was refused; return whether it stood there already."""
        stood = inflight >= self.at
        self._wait = min(2 * self._wait, _MOST_RARELY) if stood else _RARELY
        self.at, self._answers = max(2, min(inflight, self.at)), 0
        return stood


class Pace:
    """Finds how many calls a server bears: additive increase, multiplicative decrease.

    It doubles each round trip until the first sign of too much, then adds a small step for each. A
    number that was refused is tried again ever more rarely; once it is taken, as after a storm of
    refusals, it doubles again, up to where it was good before. Signs are a refusal for want of
    room, and answers that come twice as slowly as the fastest seen, for the tokens they have. The
    second is only a suspicion: fewer calls are tried, and if fewer answers come of it, the load was
    not the cause (the prompts changed, the network did) or was worth it; then the number is
    restored, and this pace is what counts as fast from now on. Where twice the calls brought no
    more answers, half of them are tried in the same way. Calls that were sent before a decrease are
    no reason for another one. It grows only while it is used.
    """

    def __init__(self, ceiling: int, *, first: int = FIRST) -> None:
        self.inflight = 0
        self._ceiling = ceiling
        self._limit = float(min(first, ceiling))
        self._goal = math.inf
        self._bar, self._good, self._answers = _Bar(), 0.0, 0
        self._step = 1.0
        self._number = 0
        self._again()
        self._fastest = math.inf
        self._last: _Load | None = None
        self._trial: _Trial | None = None
        self._needed = 0.0
        self._cut_from, self._why = 0.0, ""

    @property
    def most(self) -> int:
        """The most calls in flight now."""
        return int(self._limit)

    @property
    def said(self) -> str:
        """What keeps calls from being sent, as long as the last decrease is not made good."""
        return f"{self._why}: {self.most} in flight" if self._limit < self._cut_from else ""

    def sent(self, now: float) -> Ticket:
        """Count a call that is sent at ``now`` (seconds)."""
        self.inflight += 1
        self._number += 1
        return Ticket(self._number, now, self.inflight)

    def answered(self, ticket: Ticket, now: float, read: int, written: int) -> None:
        """Learn from an answer that came at ``now``, of so many tokens."""
        self.inflight -= 1
        if self._bar.answered(ticket.inflight):
            self._goal, self._step = self._good, 1.0 + self._good / _STEPS
        if 2 * ticket.inflight > self._limit and self._trial is None:
            more = 1.0 if self._limit < self._goal else self._step / self._limit
            self._limit = max(self._limit, min(self._ceiling, self._bar.room, self._limit + more))
        if ticket.number > self._since:
            self._answers += 1
            work = _OVERHEAD + written + read * _READ
            self._seen.append((max(now - ticket.at, 1e-6) / work, ticket.inflight))
            if len(self._seen) >= self._sample:
                self._measured()

    def refused(self, ticket: Ticket) -> None:
        """Learn that the server had no room for a call: it said so, or let the time run out."""
        self.inflight -= 1
        if ticket.number > self._since:
            self._trial = None
            self._refused(ticket.inflight)

    def failed(self) -> None:
        """Count a call that ended in a way that says nothing about room."""
        self.inflight -= 1

    def _refused(self, inflight: int) -> None:
        limit = min(self._limit, inflight)
        if self._answers:  # with no answer since the last decrease it is a storm, and no bound
            self._good = _BACK * limit
        self._answers = 0
        if self._bar.refused(int(limit)):
            self._cut_from, self._why = self._limit, "server busy"
            self._limit = max(1.0, limit - 1.0)
            self._again()
        else:
            self._decrease(limit, "server busy")

    def _measured(self) -> None:
        """Draw the conclusion from the answers since the last one."""
        load = _Load(fmean(n for _, n in self._seen), median(s for s, _ in self._seen))
        self._again()
        trial, self._trial = self._trial, None
        if trial is not None and self._in_vain(trial, load):
            return
        self._fastest = min(self._fastest, load.seconds)
        last = self._last
        if last is None or _apart(load, last):
            self._last = load
            if trial is not None and trial.idle:
                self._try_fewer(load, load.inflight, idle=True)
                return
            if last is not None and load.inflight > last.inflight:
                self._compared(load, last)
                return
        if load.seconds > _SLOW * self._fastest and self._limit > 1:
            self._last = load
            self._try_fewer(load, self._limit, idle=False)

    def _compared(self, load: _Load, fewer: _Load) -> None:
        """Draw the conclusion from clearly more calls than before."""
        if load.rate >= _BETTER * fewer.rate:
            self._needed = 0.0
        elif fewer.inflight > 1.5 * self._needed:
            self._try_fewer(fewer, fewer.inflight, idle=True)
        else:
            self._last = fewer
            self._decrease(fewer.inflight, "server slow", by=1.0)

    def _try_fewer(self, load: _Load, limit: float, *, idle: bool) -> None:
        """Suspect that fewer calls than those measured are enough; ``limit`` holds if they are not."""
        trial = _Trial(load, limit, 0.0 if idle else self._goal, idle)
        self._decrease(min(limit, load.inflight), "server slow", by=0.5 if idle else None)
        self._trial = trial

    def _in_vain(self, trial: "_Trial", load: _Load) -> bool:
        """Whether fewer calls brought fewer answers; then all is again as it was before the trial.

        Of a server that is full the rate stays, of one that is not it falls with the calls: the
        bound lies halfway.
        """
        if load.rate >= trial.load.rate * (1 + load.inflight / trial.load.inflight) / 2:
            return False
        self._limit, self._goal, self._cut_from = trial.limit, trial.goal, 0.0
        if trial.idle:
            self._needed, self._last = trial.load.inflight, trial.load
        else:
            self._fastest, self._last = trial.load.seconds, None
        return True

    def _decrease(self, limit: float, why: str, *, by: float | None = None) -> None:
        doubling = self._limit < self._goal
        self._cut_from, self._why = self._limit, why
        by = by or (_BACK_FROM_DOUBLING if doubling else _BACK)
        self._limit = max(1.0, limit * by)
        self._goal = 0.0
        self._step = 1.0 + self._limit / _STEPS
        self._again()

    def _again(self) -> None:
        """Measure anew, by calls that are still to be sent; as many as are out now say enough."""
        self._seen: list[tuple[float, int]] = []
        self._since = self._number
        self._sample = max(_SAMPLE, self.most)


def _apart(load: _Load, before: _Load) -> bool:
    """Whether the calls in flight differ enough for the answers to tell more from fewer."""
    return not before.inflight / 1.5 <= load.inflight <= 1.5 * before.inflight

"""Limits of calls and tokens a minute, as a server declares them."""

import math
from collections import deque
from contextlib import suppress
from dataclasses import dataclass

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Rate:
    """The most calls and tokens a minute; None is no limit."""

    calls: int | None = None
    tokens: int | None = None

    def and_(self, other: "Rate") -> "Rate":
        """Return what keeps within both."""
        return Rate(_least(self.calls, other.calls), _least(self.tokens, other.tokens))


class Minute:
    """Keeps a rate: never more is sent in any window of 60 seconds.

    It counts by this clock, calls when they are sent. A server that counts them when they arrive,
    or by minutes of its own with a burst at their turn, may see a few more at the edges; nor does
    it see what other programs send with the same key. A call's tokens are reserved while it is out,
    and count as used for a minute from its end. One that may take more than a whole minute's tokens
    is sent by itself.
    """

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._sent: deque[float] = deque(maxlen=rate.calls)
        self._ended: deque[tuple[float, int]] = deque()
        self._tokens = 0

    def wait(self, now: float, tokens: int) -> float:
        """Return the seconds until a call of at most so many tokens may be sent.

        0 if it may be now, infinity if first another one must end.
        """
        wait = 0.0
        if self._sent.maxlen and len(self._sent) == self._sent.maxlen:
            wait = max(0.0, self._sent[0] + MINUTE - now)
        if self.rate.tokens is None:
            return wait
        while self._ended and self._ended[0][0] + MINUTE <= now:
            self._tokens -= self._ended.popleft()[1]
        over = self._tokens + min(tokens, self.rate.tokens) - self.rate.tokens
        return max(wait, self._until_less(over, now)) if over > 0 else wait

    def _until_less(self, tokens: int, now: float) -> float:
        for at, used in self._ended:
            tokens -= used
            if tokens <= 0:
                return at + MINUTE - now
        return math.inf

    def sent(self, now: float, tokens: int) -> int:
        """Count a call that is sent and return the tokens that are reserved for it."""
        if self._sent.maxlen:
            self._sent.append(now)
        if self.rate.tokens is None:
            return 0
        reserved = min(tokens, self.rate.tokens)
        self._tokens += reserved
        return reserved

    def unsent(self, at: float, reserved: int) -> None:
        """Take back a call that was counted as sent at that time, and was not."""
        with suppress(ValueError):
            self._sent.remove(at)
        self._tokens -= reserved

    def ended(self, now: float, reserved: int, used: int) -> None:
        """Replace a reservation by the tokens that were used."""
        if self.rate.tokens is not None:
            self._tokens += used - reserved
            self._ended.append((now, used))


def _least(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)

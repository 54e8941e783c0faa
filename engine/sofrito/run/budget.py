"""What a run may spend, reserved before each try."""

import math
from dataclasses import dataclass

import orjson

from sofrito.run.journal import Spent
from sofrito.run.prices import Tariff
from sofrito.teachers.call import Call, Check, Completion, Embed, Score, Weigh
from sofrito.teachers.sampling import most_written

_TEMPLATE = 64
_SCHEMA = 160


@dataclass(frozen=True, slots=True)
class Limits:
    """The most a run may spend over all sessions, and this session may ask; None is no limit.

    ``minutes`` are of this session.
    """

    calls: int | None = None
    tokens: int | None = None
    minutes: float | None = None
    session_calls: int | None = None
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class Tokens:
    """The most tokens that a call reads and writes."""

    read: int
    written: int

    @property
    def total(self) -> int:
        """Both together."""
        return self.read + self.written


@dataclass(frozen=True, slots=True)
class Reserved:
    """What is kept for a try until it ends."""

    tokens: int = 0
    usd: float = 0.0
    tries: int = 1


_NOTHING = Reserved()
_CHECK = Reserved(tries=0)


class Budget:
    """Counts what is spent and what is reserved; a try that might go over is not made.

    A check by the sandbox or of mathematics costs nothing of it.

    ``spent`` is what earlier sessions did, each of their tries, answered or not.
    """

    def __init__(self, limits: Limits, spent: Spent) -> None:
        self.limits = limits
        self.tries = 0
        self.tokens = 0
        self.usd = 0.0
        self._before = spent
        self._reserved = 0
        self._reserved_usd = 0.0
        self._dearest = _NOTHING
        self._measured = limits.tokens is not None or limits.usd is not None

    def reserve(self, call: Call, tariff: Tariff | None) -> Reserved | None:
        """Reserve one try of a call at that price, or None when the budget does not allow it."""
        wanted = self._most(call, tariff)
        if self._broken(wanted):
            return None
        self.tries += wanted.tries
        self._reserved += wanted.tokens
        self._reserved_usd += wanted.usd
        self._dearest = max(self._dearest, wanted, key=lambda one: (one.tokens, one.usd))
        return wanted

    def left(self) -> float:
        """Return for how many more tries there is room by what one cost so far; inf if nothing limits.

        Before the first one that is 0 where tokens or money are limited.
        """
        limits, before = self.limits, self._before
        made = before.calls + self.tries
        used = before.tokens + self.tokens + self._reserved
        paid = before.usd + self.usd + self._reserved_usd
        calls = ((limits.session_calls, self.tries), (limits.calls, made))
        dearest = self._dearest  # what is not free for it is not spent at all
        sums = ((limits.tokens, used, dearest.tokens), (limits.usd, paid, dearest.usd))
        rooms: list[float] = [most - tries for most, tries in calls if most is not None]
        rooms += [_room(most - one, spent, made) for most, spent, one in sums if most is not None]
        return min(rooms, default=math.inf)

    def exhausted(self, call: Call, tariff: Tariff | None) -> str:
        """Say which limit one more try of a call would break ("budget.calls of 4 is spent"), or ""."""
        return self._broken(self._most(call, tariff))

    def _most(self, call: Call, tariff: Tariff | None) -> Reserved:
        if isinstance(call, Check):
            return _CHECK
        if not self._measured:
            return _NOTHING
        tokens = most_tokens(call)
        return Reserved(tokens.total, tariff.usd(tokens.read, tokens.written) if tariff else 0.0)

    def _broken(self, wanted: Reserved) -> str:
        limits, before = self.limits, self._before
        if not wanted.tries:
            return ""
        if limits.session_calls is not None and self.tries >= limits.session_calls:
            return f"--limit-calls {limits.session_calls} is spent"
        if limits.calls is not None and before.calls + self.tries >= limits.calls:
            return f"budget.calls of {limits.calls:,} is spent"
        used = before.tokens + self.tokens + self._reserved
        if limits.tokens is not None and used + wanted.tokens > limits.tokens:
            spent = before.tokens + self.tokens
            told = _Told(f"{limits.tokens:,}", f"{spent:,}", f"{wanted.tokens:,} tokens")
            return told.over("budget.tokens", reached=spent >= limits.tokens)
        paid = before.usd + self.usd + self._reserved_usd
        if limits.usd is not None and paid + wanted.usd > limits.usd:
            spent_usd = before.usd + self.usd
            told = _Told(_dollars(limits.usd), _dollars(spent_usd), _dollars(wanted.usd))
            return told.over("budget.usd", reached=spent_usd >= limits.usd)
        return ""

    def give_back(self, reserved: Reserved) -> None:
        """Take a reservation back for a try that was not made."""
        self.settle(reserved, 0, 0.0)
        self.tries -= reserved.tries

    def settle(self, reserved: Reserved, tokens: int, usd: float) -> None:
        """Replace a reservation by what the try really used."""
        self._reserved -= reserved.tokens
        self._reserved_usd -= reserved.usd
        self.tokens += tokens
        self.usd += usd


def _room(most: float, spent: float, tries: int) -> float:
    """Return how many tries fit between what is spent and the most, if each costs what those did."""
    if not spent:
        return math.inf if tries else 0
    return max(0.0, (most - spent) * tries / spent)


@dataclass(frozen=True, slots=True)
class _Told:
    """A limit, what is spent of it, and the most that the next call may cost, in words."""

    most: str
    spent: str
    wanted: str

    def over(self, limit: str, *, reached: bool) -> str:
        if reached:
            return f"{limit} of {self.most} is spent"
        return (
            f"the next call may cost up to {self.wanted} and {self.spent} of {limit}'s {self.most} "
            "is spent (a lower `max_tokens` makes calls cost less at most)"
        )


def _dollars(usd: float) -> str:
    return f"${usd:,.2f}" if usd >= 0.1 or not usd else f"${usd:.2g}"


def most_tokens(call: Call) -> Tokens:
    """Return the most tokens a call may cost: a token a byte of what is read, and all its answer.

    ``_TEMPLATE`` stands for what a chat template adds, ``_SCHEMA`` for the words that go with a
    schema. A server that tells probabilities writes a token with them.
    """
    if isinstance(call, Check):
        return Tokens(0, 0)
    messages = () if isinstance(call, Embed) else call.messages
    read = sum(_most(message.content) for message in messages)
    match call:
        case Completion():
            schema = 0 if call.schema is None else len(orjson.dumps(call.schema)) + _SCHEMA
            return Tokens(read + _most(call.prompt) + schema, most_written(call.sampling))
        case Weigh():
            return Tokens(read + sum(_most(label) for label in call.labels), 1)
        case Score():
            return Tokens(read + _most(call.text), 1)
        case Embed():
            return Tokens(read + _most(call.text), 0)


def _most(text: str) -> int:
    return len(text.encode()) + _TEMPLATE if text else 0

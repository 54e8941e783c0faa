"""The calls that wait for each model, and what the server behind it allows."""

import asyncio
import heapq
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sofrito.run.minute import Minute, Rate
from sofrito.run.pace import CEILING, FIRST, FIRST_DECLARED, Fixed, Limit, Pace
from sofrito.teachers.call import Call
from sofrito.teachers.teacher import Teacher


@dataclass(slots=True)
class Ask:
    """A call that is to be answered: the number of its candidate, its key, and how it fared so far.

    ``before`` are the answers its model had given when it was first tried, at ``since`` (seconds).
    """

    n: int
    key: bytes
    call: Call
    tries: int = 0
    before: int = 0
    since: float = 0.0


@dataclass(eq=False)
class Server:
    """One model of one server, whatever names a recipe gives it: what it bears and what it allows."""

    limit: Limit
    minute: Minute
    held_until: float = 0.0
    lines: list["Line"] = field(default_factory=list)

    def next(self) -> "Line | None":
        """Return the line whose first call has the lowest number, of those that may send one."""
        if self.limit.inflight >= self.limit.most:
            return None
        free = [line for line in self.lines if line.waiting and line.inflight < line.most]
        if len(free) > 1:
            return min(free, key=lambda line: line.waiting[0][:2])
        return free[0] if free else None

    def wait(self, now: float, tokens: int) -> float:
        """Return the seconds until a call of at most so many tokens may be sent; infinity if unknown."""
        return max(self.held_until - now, self.minute.wait(now, tokens), 0.0)

    def hold(self, until: float) -> None:
        """Send nothing until then, as the server asked."""
        self.held_until = max(self.held_until, until)

    def said(self, now: float) -> str:
        """Say what keeps calls from being sent, or ""."""
        if self.held_until > now:
            return f"server asks to wait {math.ceil(self.held_until - now)} s"
        wait = self.minute.wait(now, 0) if any(line.waiting for line in self.lines) else 0.0
        if 1 < wait < math.inf:
            return f"the next call in {math.ceil(wait)} s, by the limits of a minute"
        waited = (line.teacher.said for line in self.lines)
        return self.limit.said or next(filter(None, waited), "")


@dataclass(eq=False)
class Line:
    """The calls that wait for one of a recipe's models, lowest candidate first.

    ``refused`` are the statuses 400 since its last answer; ``doubt`` is held by who looks into them.
    """

    name: str
    teacher: Teacher
    identity: Mapping[str, Any]
    server: Server
    waiting: list[tuple[int, int, Ask]] = field(default_factory=list)
    inflight: int = 0
    answered: int = 0
    refused: int = 0
    doubt: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tick: Iterator[int] = field(default_factory=itertools.count)

    @property
    def most(self) -> int:
        """The most calls to this model in flight, by what its teacher says."""
        return self.teacher.concurrency or CEILING

    def push(self, ask: Ask) -> None:
        """Let a call wait."""
        heapq.heappush(self.waiting, (ask.n, next(self._tick), ask))

    def pop(self) -> Ask:
        """Take the call that is first."""
        return heapq.heappop(self.waiting)[2]


def lines_of(teachers: Mapping[str, Teacher], rates: Mapping[str, Rate]) -> dict[str, Line]:
    """Return a line for each teacher; those that say they share a server share what it allows.

    A teacher that names no server bears the number of calls it says.
    """
    servers: dict[object, Server] = {}
    lines: dict[str, Line] = {}
    for name, teacher in teachers.items():
        shared = teacher.server or id(teacher)
        rate = rates.get(name, Rate())
        server = servers.get(shared)
        if server is None:
            server = servers[shared] = Server(Fixed(0), Minute(rate))
        else:
            server.minute = Minute(server.minute.rate.and_(rate))
        lines[name] = Line(name, teacher, dict(teacher.identity), server)
        server.lines.append(lines[name])
    for server in servers.values():
        server.limit = _limit({id(line.teacher): line.teacher for line in server.lines}.values())
    return lines


def _limit(teachers: Iterable[Teacher]) -> Limit:
    asked = [teacher.concurrency for teacher in teachers]
    if not all(teacher.server for teacher in teachers):
        return Fixed(max(asked))
    ceiling = max(most or CEILING for most in asked)
    return Pace(ceiling, first=FIRST_DECLARED if all(asked) else FIRST)

"""Which way of asking for JSON one server takes, by schema, as its answers show."""

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson

from sofrito.teachers.remote.profiles import RUNGS, Profile, Rung, is_closed
from sofrito.teachers.remote.wire import Failure

Schema = Mapping[str, Any]


class Ladder:
    """The rungs of a profile, and how far down them each schema had to go.

    A rung that has brought an answer is proven: from there a schema goes down only if the server
    says that it is the format. A rung that no schema has proven may be to blame for whatever the
    server calls invalid. Where it says that the format is, other schemas begin lower, too.
    """

    def __init__(self, profile: Profile) -> None:
        self._rungs, self._closed = profile.rungs, profile.closed
        self._first = 0
        self._of: dict[bytes, int] = {}
        self._proven: set[Rung] = set()
        self._turns: dict[bytes, asyncio.Lock] = {}
        self._known: tuple[Schema, bytes] | None = None

    def rung(self, schema: Schema) -> Rung:
        """Return the best way to ask that is left."""
        at = self._of.get(self._key(schema), self._first)
        if self._rungs[at] == "strict" and self._closed and not is_closed(schema):
            at += 1
        return self._rungs[at]

    def turn(self, schema: Schema) -> asyncio.Lock:
        """Return what is held by the one call that finds out how this schema is asked for."""
        return self._turns.setdefault(self._key(schema), asyncio.Lock())

    def below(self, rung: Rung) -> tuple[Rung, ...]:
        """Return the rungs that come after one, best first."""
        return tuple(r for r in self._rungs if RUNGS.index(r) > RUNGS.index(rung))

    def blamed(self, rung: Rung, failure: Failure) -> bool:
        """Whether what the server calls invalid may be the way it was asked."""
        if not failure.invalid or not self.below(rung):
            return False
        return failure.of_the_format or rung not in self._proven

    def answered(self, rung: Rung) -> None:
        """Learn that a schema was answered at a rung."""
        self._proven.add(rung)

    def fall(self, schema: Schema, rung: Rung, failure: Failure) -> None:
        """Ask for a schema by ``rung`` from now on, at most, after that failure of a better one."""
        to, key = self._rungs.index(rung), self._key(schema)
        self._of[key] = max(to, self._of.get(key, 0))
        if failure.of_the_format and not self._proven.intersection(self._rungs[:to]):
            self._first = max(to, self._first)

    def _key(self, schema: Schema) -> bytes:
        if self._known is None or self._known[0] is not schema:  # a step's calls share one
            self._known = schema, orjson.dumps(schema)
        return self._known[1]

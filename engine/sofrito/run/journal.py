"""What a journal keeps: every call that was answered, and what all tries cost."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

Committed = Callable[[bytes, bytes], None]
Failed = Callable[[Exception], None]
Waiting = tuple["Entry", Committed, Failed]


@dataclass(frozen=True, slots=True)
class Entry:
    """A call that was answered: its key, the answer and the request as bytes."""

    key: bytes
    answer: bytes
    request: bytes


@dataclass(frozen=True, slots=True)
class Spent:
    """What tries cost, answered or not; what ``unpriced`` ones cost nobody knows."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    unpriced: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.calls + other.calls,
            self.tokens + other.tokens,
            self.usd + other.usd,
            self.unpriced + other.unpriced,
        )


class Journal(Protocol):
    """Answers by key. What is put is durable before ``committed`` is called."""

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the answers that are there, by key."""
        ...

    def put(self, entry: Entry, committed: Committed, failed: Failed) -> None:
        """Store an answer; then call ``committed`` with the key and the answer that is in force.

        That is the stored one where another process was first. ``failed`` is called if it cannot be
        stored. Both are called in the running event loop.
        """
        ...

    def spend(self, model: str, spent: Spent) -> None:
        """Add to what this journal's run has spent on a model, durable with what is put after it."""
        ...

    def spent(self) -> Mapping[str, Spent]:
        """Return what this journal's run has spent, by model; "" for what came before models were told."""
        ...

    def close(self) -> None:
        """Store what waits, then let go."""
        ...


def total(spent: Mapping[str, Spent]) -> Spent:
    """Return what all models together cost."""
    return sum(spent.values(), Spent())


class MemoryJournal:
    """A journal that lives in a dictionary, for dry runs and tests; commits after ``delay`` seconds."""

    def __init__(self, answers: dict[bytes, bytes] | None = None, *, delay: float = 0.0) -> None:
        self.answers = {} if answers is None else answers
        self._delay = delay
        self._waiting: list[tuple[Entry, Committed]] = []
        self._spent: dict[str, Spent] = {}

    def get_many(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the answers that are there, by key."""
        return {key: self.answers[key] for key in keys if key in self.answers}

    def put(self, entry: Entry, committed: Committed, failed: Failed) -> None:  # noqa: ARG002
        """Commit with whatever else waits, after the delay."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(self._delay, self._commit)
        self._waiting.append((entry, committed))

    def _commit(self) -> None:
        batch, self._waiting = self._waiting, []
        for entry, committed in batch:
            committed(entry.key, self.answers.setdefault(entry.key, entry.answer))

    def spend(self, model: str, spent: Spent) -> None:
        """Add to what was spent, at once."""
        self._spent[model] = self._spent.get(model, Spent()) + spent

    def spent(self) -> dict[str, Spent]:
        """Return what was spent, by model."""
        return self._spent

    def crash(self) -> None:
        """Lose what was not committed, as a kill does."""
        self._waiting = []

    def close(self) -> None:
        """Commit what waits."""
        self._commit()

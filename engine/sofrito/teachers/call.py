"""A call to a teacher: what is asked, its content key, its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

import orjson
import xxhash

KEY_VERSION = 1


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; ``role`` is system, user or assistant."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    """Ask the model named ``model`` in the recipe to answer ``messages``.

    ``sampling`` holds only what the recipe set (temperature, top_p, top_k, min_p, max_tokens, stop,
    presence_penalty, frequency_penalty, repeat_penalty), so that a new default is a new key.
    ``schema`` is a JSON Schema, ``choices`` a closed list of answers; at most one is given.
    ``seed`` is None where sampling is not stochastic.
    """

    kind: ClassVar[str] = "complete"

    model: str
    messages: tuple[Message, ...]
    sampling: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    choices: tuple[str, ...] = ()
    seed: int | None = None

    def request(self) -> dict[str, Any]:
        """Return what is asked as plain data: all that changes the answer but the model.

        Left out of the key, because the answer does not depend on them: the name a recipe gives the
        model (its identity stands in), host, API key, time-out, concurrency, the number of the try,
        the row that asks and the step's name.
        """
        return {
            "messages": [[m.role, m.content] for m in self.messages],
            "sampling": dict(self.sampling),
            "schema": self.schema,
            "choices": list(self.choices),
            "seed": self.seed,
        }

    def key(self, identity: Mapping[str, Any]) -> bytes:
        """Return the 16-byte content key (xxh3-128) of this call to a model of that identity."""
        # A schema's properties are written in their order, so the order is part of the question.
        schema = None if self.schema is None else orjson.dumps(self.schema).decode()
        parts = [KEY_VERSION, self.kind, identity, {**self.request(), "schema": schema}]
        return xxhash.xxh3_128_digest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS))


@dataclass(frozen=True, slots=True)
class Answer:
    """What a teacher wrote. ``finish`` is "length" when it was cut by ``max_tokens``; counts are tokens."""

    text: str
    finish: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


class Transient(Exception):
    """No answer this time, nothing wrong with the question: refused, reset, 429, 5xx, time-out.

    ``cause`` is a class, never the server's text ("unreachable", "overloaded", "server error",
    "time-out", "bad answer"). ``retry_after`` is in seconds where the server named it.
    """

    def __init__(self, cause: str, words: str, retry_after: float | None = None) -> None:
        self.cause, self.words, self.retry_after = cause, words, retry_after
        super().__init__(f"{cause}: {words}")


class Refused(Exception):
    """This question can never be answered: the prompt does not fit, the server calls it invalid.

    ``journaled`` says whether the refusal is an answer worth keeping (it cost a call).
    """

    def __init__(self, cause: str, words: str, *, journaled: bool = True) -> None:
        self.cause, self.words, self.journaled = cause, words, journaled
        super().__init__(f"{cause}: {words}")


class Teacher(Protocol):
    """Answers calls. Raises Transient, Refused, or Trouble (which stops the run)."""

    concurrency: int

    @property
    def identity(self) -> Mapping[str, Any]:
        """What of the model changes its answers: plain data that goes into every key."""
        ...

    async def complete(self, call: Completion) -> Answer:
        """Answer one call."""
        ...

    async def close(self) -> None:
        """Release what the teacher holds; calling it twice is allowed."""
        ...

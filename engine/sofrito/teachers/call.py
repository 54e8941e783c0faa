"""Calls to a teacher: what is asked, and its content key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import orjson
import xxhash

KEY_VERSION = 1


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message; ``role`` is system, user or assistant."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Shape:
    """How an answer in words is read: as a numbered list, or as columns between tags.

    ``schema`` is the JSON Schema of an item of the list, or of the object of the columns.
    """

    kind: Literal["numbered_list", "tags"]
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Completion:
    """Ask the model named ``model`` in the recipe to write.

    It answers ``messages``; with ``turn`` "user" it writes the next user message instead
    (template-prefix sampling: ``messages`` is then empty or a system message); with ``prompt`` it
    goes on with that text, without any chat template, and ``messages`` is empty.

    ``sampling`` holds only what the recipe set (temperature, top_p, top_k, min_p, max_tokens, stop,
    presence_penalty, frequency_penalty, repeat_penalty, logit_bias), so that a new default is a new
    key. ``schema`` is a JSON Schema, ``choices`` a closed list of answers; at most one is given.
    ``seed`` is None where sampling is not stochastic. ``soft_labels`` asks for the log-probabilities
    of so many of the likeliest tokens at each place of the answer. ``shape`` is how the answer will
    be read where only the prompt asks for that: no model is told it, a made-up teacher answers so.
    """

    kind: ClassVar[str] = "complete"

    model: str
    messages: tuple[Message, ...] = ()
    sampling: Mapping[str, Any] = field(default_factory=dict)
    schema: Mapping[str, Any] | None = None
    choices: tuple[str, ...] = ()
    seed: int | None = None
    turn: Literal["assistant", "user"] = "assistant"
    prompt: str = ""
    soft_labels: int = 0
    shape: Shape | None = None

    def request(self) -> dict[str, Any]:
        """Return what is asked as plain data: all that changes the answer but the model.

        Left out of the key, because the answer does not depend on them: the name a recipe gives the
        model (its identity stands in), host, API key, time-out, concurrency, whether it goes by a
        batch job, the number of the try, the row that asks, the step's name and how the answer is
        read. What came to the language later is left out at its default, so that older keys stay as they are.
        """
        asked: dict[str, Any] = {
            "messages": plain_messages(self.messages),
            "sampling": dict(self.sampling),
            "schema": self.schema,
            "choices": list(self.choices),
            "seed": self.seed,
        }
        if self.turn != "assistant":
            asked["turn"] = self.turn
        if self.prompt:
            asked["prompt"] = self.prompt
        if self.soft_labels:
            asked["soft_labels"] = self.soft_labels
        return asked

    def key(self, identity: Mapping[str, Any]) -> bytes:
        """Return the 16-byte content key (xxh3-128) of this call to a model of that identity."""
        # A schema's properties are written in their order, so the order is part of the question.
        schema = None if self.schema is None else orjson.dumps(self.schema).decode()
        return _key(self.kind, identity, {**self.request(), "schema": schema})


@dataclass(frozen=True, slots=True)
class Score:
    """Ask how likely ``text`` is: the log-probability of each of its tokens.

    With ``messages`` it is scored as the assistant's answer to them, else as a text by itself.
    """

    kind: ClassVar[str] = "score"

    model: str
    text: str
    messages: tuple[Message, ...] = ()

    def request(self) -> dict[str, Any]:
        """Return what is asked as plain data: all that changes the answer but the model."""
        return {"text": self.text, "messages": plain_messages(self.messages)}

    def key(self, identity: Mapping[str, Any]) -> bytes:
        """Return the 16-byte content key (xxh3-128) of this call to a model of that identity."""
        return _key(self.kind, identity, self.request())


@dataclass(frozen=True, slots=True)
class Weigh:
    """Ask how probable each of ``labels`` is as the assistant's whole answer to ``messages``."""

    kind: ClassVar[str] = "weigh"

    model: str
    messages: tuple[Message, ...]
    labels: tuple[str, ...]

    def request(self) -> dict[str, Any]:
        """Return what is asked as plain data: all that changes the answer but the model."""
        return {"messages": plain_messages(self.messages), "labels": list(self.labels)}

    def key(self, identity: Mapping[str, Any]) -> bytes:
        """Return the 16-byte content key (xxh3-128) of this call to a model of that identity."""
        return _key(self.kind, identity, self.request())


@dataclass(frozen=True, slots=True)
class Embed:
    """Ask for the vector of ``text``."""

    kind: ClassVar[str] = "embed"

    model: str
    text: str

    def request(self) -> dict[str, Any]:
        """Return what is asked as plain data: all that changes the answer but the model."""
        return {"text": self.text}

    def key(self, identity: Mapping[str, Any]) -> bytes:
        """Return the 16-byte content key (xxh3-128) of this call to a model of that identity."""
        return _key(self.kind, identity, self.request())


@dataclass(frozen=True, slots=True)
class RunProgram:
    """Ask a sandbox (as ``model``) to run a Python program and then its ``tests``.

    The bounds are part of the question: a program that is too slow for one is not for another.
    """

    kind: ClassVar[str] = "run"

    model: str
    program: str
    tests: str
    seconds: float
    memory_mb: int

    def request(self) -> dict[str, Any]:
        """Return what is asked as plain data: all that changes the answer but the sandbox."""
        return {
            "program": self.program,
            "tests": self.tests,
            "seconds": self.seconds,
            "memory_mb": self.memory_mb,
        }

    def key(self, identity: Mapping[str, Any]) -> bytes:
        """Return the 16-byte content key (xxh3-128) of this call to a sandbox of that identity."""
        return _key(self.kind, identity, self.request())


@dataclass(frozen=True, slots=True)
class CompareMath:
    """Ask whether ``answer`` is the same mathematics as ``gold``; the order matters."""

    kind: ClassVar[str] = "compare"

    model: str
    gold: str
    answer: str

    def request(self) -> dict[str, Any]:
        """Return what is asked as plain data: all that changes the answer but who compares."""
        return {"gold": self.gold, "answer": self.answer}

    def key(self, identity: Mapping[str, Any]) -> bytes:
        """Return the 16-byte content key (xxh3-128) of this call to who is of that identity."""
        return _key(self.kind, identity, self.request())


Check = RunProgram | CompareMath
"""What no model is asked: it costs time alone."""

Call = Completion | Score | Weigh | Embed | RunProgram | CompareMath


def plain_messages(messages: tuple[Message, ...]) -> list[list[str]]:
    """Return messages as plain data."""
    return [[m.role, m.content] for m in messages]


def _key(kind: str, identity: Mapping[str, Any], request: Mapping[str, Any]) -> bytes:
    parts = [KEY_VERSION, kind, identity, request]
    return xxhash.xxh3_128_digest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS))

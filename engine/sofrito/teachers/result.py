"""What teachers answer to calls, and how it is stored as plain data."""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class SoftLabels:
    """The likeliest tokens at each of the ``n`` places of an answer, likeliest first.

    Log-probabilities are natural and of the model's own distribution, before temperature and
    filters. ``written`` (int32, n) are the tokens that were written, the last of them the one that
    ended the answer where the model itself ended it; of servers only some tell that one.
    ``written_logprobs`` (float16, n) are theirs; ``ids`` (int32, n x k) and ``logprobs`` (float16,
    n x k) the likeliest ones'; all little-endian bytes, row by row. ``tokenizer`` is a fingerprint
    of the vocabulary that the ids belong to. A server tells texts and no ids: then ``ids``,
    ``written`` and ``tokenizer`` are empty, and ``texts`` and ``written_texts`` stand in.
    """

    k: int
    tokenizer: str
    written: bytes
    written_logprobs: bytes
    ids: bytes
    logprobs: bytes
    written_texts: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Return this as what JSON can hold."""
        return {
            "k": self.k,
            "tokenizer": self.tokenizer,
            "written": _text(self.written),
            "written_logprobs": _text(self.written_logprobs),
            "ids": _text(self.ids),
            "logprobs": _text(self.logprobs),
            "written_texts": list(self.written_texts),
            "texts": list(self.texts),
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "SoftLabels":
        """Return what :meth:`plain` was made of."""
        return cls(
            data["k"],
            data["tokenizer"],
            b64decode(data["written"]),
            b64decode(data["written_logprobs"]),
            b64decode(data["ids"]),
            b64decode(data["logprobs"]),
            tuple(data["written_texts"]),
            tuple(data["texts"]),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a teacher wrote. ``finish`` is "length" when it was cut by ``max_tokens``; counts are tokens."""

    text: str
    finish: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int
    soft: SoftLabels | None = None

    def plain(self) -> dict[str, Any]:
        """Return this as what JSON can hold."""
        soft = {} if self.soft is None else {"soft": self.soft.plain()}
        tokens = [self.prompt_tokens, self.completion_tokens]
        return {"text": self.text, "finish": self.finish, "tokens": tokens, **soft}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Answer":
        """Return what :meth:`plain` was made of."""
        soft = SoftLabels.of(data["soft"]) if "soft" in data else None
        prompt, completion = data["tokens"]
        return cls(data["text"], data["finish"], prompt, completion, soft)


@dataclass(frozen=True, slots=True)
class Scored:
    """The natural log-probability of each token of a text (float32, little-endian bytes), given what came before.

    Of a text by itself the first token has none where the model knows no beginning of a sequence.
    """

    logprobs: bytes
    prompt_tokens: int
    completion_tokens: int = 0

    def plain(self) -> dict[str, Any]:
        """Return this as what JSON can hold."""
        written = {"written": self.completion_tokens} if self.completion_tokens else {}
        return {"logprobs": _text(self.logprobs), "tokens": self.prompt_tokens, **written}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Scored":
        """Return what :meth:`plain` was made of."""
        return cls(b64decode(data["logprobs"]), data["tokens"], data.get("written", 0))


@dataclass(frozen=True, slots=True)
class Weighed:
    """The probability of each label, in the order asked; they add up to 1.

    ``mass`` is the probability that the model gives to all of them together: near 0, it would have
    said something else.
    """

    probabilities: tuple[float, ...]
    mass: float
    prompt_tokens: int
    completion_tokens: int = 0

    def plain(self) -> dict[str, Any]:
        """Return this as what JSON can hold."""
        tokens = [self.prompt_tokens, self.completion_tokens]
        return {"weights": list(self.probabilities), "mass": self.mass, "tokens": tokens}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Weighed":
        """Return what :meth:`plain` was made of."""
        prompt, completion = data["tokens"]
        return cls(tuple(data["weights"]), data["mass"], prompt, completion)


@dataclass(frozen=True, slots=True)
class Embedded:
    """The vector of a text, of length 1: float32, little-endian bytes."""

    vector: bytes
    prompt_tokens: int
    completion_tokens: int = 0

    def plain(self) -> dict[str, Any]:
        """Return this as what JSON can hold."""
        return {"vector": _text(self.vector), "tokens": self.prompt_tokens}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Embedded":
        """Return what :meth:`plain` was made of."""
        return cls(b64decode(data["vector"]), data["tokens"])


@dataclass(frozen=True, slots=True)
class Checked:
    """How a check ended: ``reason`` is "" where it passed, else a class; ``detail`` is about this one."""

    reason: str = ""
    detail: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def plain(self) -> dict[str, Any]:
        """Return this as what JSON can hold."""
        return {"failed": self.reason, "detail": self.detail}

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Checked":
        """Return what :meth:`plain` was made of."""
        return cls(data["failed"], data["detail"])


Result = Answer | Scored | Weighed | Embedded | Checked


def result_of(data: Mapping[str, Any]) -> Result:
    """Return the result that its ``plain`` wrote; each kind is known by a key of its own."""
    if "text" in data:
        return Answer.of(data)
    if "logprobs" in data:
        return Scored.of(data)
    if "failed" in data:
        return Checked.of(data)
    return Weighed.of(data) if "weights" in data else Embedded.of(data)


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()

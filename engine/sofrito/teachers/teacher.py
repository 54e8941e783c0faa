"""What every teacher is: it answers calls, or says why not."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from sofrito.problems import Trouble
from sofrito.teachers.call import Call
from sofrito.teachers.result import Result

Spent = tuple[int, int] | None
"""Tokens that a try without an answer read and wrote; None where nobody told and some may have been."""


class Transient(Exception):
    """No answer this time, nothing wrong with the question: refused, reset, 429, 5xx, time-out.

    ``cause`` is a class, never the server's text ("unreachable", "overloaded", "server error",
    "time-out", "bad answer"). ``retry_after`` is in seconds where the server named it. ``spent`` is
    what the try cost all the same.
    """

    def __init__(
        self, cause: str, words: str, retry_after: float | None = None, *, spent: Spent = (0, 0)
    ) -> None:
        self.cause, self.words, self.retry_after, self.spent = cause, words, retry_after, spent
        super().__init__(f"{cause}: {words}")


class Refused(Exception):
    """This question can never be answered: the prompt does not fit, the server calls it invalid.

    ``journaled`` says whether the refusal is an answer worth keeping: one that is not is asked again
    by the next run. ``spent`` is what the try cost all the same.
    """

    def __init__(
        self, cause: str, words: str, *, journaled: bool = True, spent: Spent = (0, 0)
    ) -> None:
        self.cause, self.words, self.journaled, self.spent = cause, words, journaled, spent
        super().__init__(f"{cause}: {words}")


class Unmade(Refused):
    """A refusal before anything was asked: no call was made, none is counted, nothing is kept."""

    def __init__(self, cause: str, words: str) -> None:
        super().__init__(cause, words, journaled=False)


def told_to_stop() -> Transient:
    """Return what becomes of a call to a model of this process that is being closed."""
    return Transient("unreachable", "the local model was told to stop")


def too_long(prompt: int, limit: int, context: int, *, about: str = "") -> Unmade:
    """Return the refusal of a call that does not fit; all in tokens, ``prompt`` maybe ``about`` so many."""
    return Unmade(
        "context",
        f"the prompt has {about}{prompt} tokens and max_tokens asks for {limit} more, but the context "
        f"holds {context}: shorten the prompt, lower max_tokens or raise `context`",
    )


class Teacher(ABC):
    """Answers calls of the kinds it can. Raises Transient, Refused, or Trouble (which stops the run).

    ``concurrency`` is the most calls in flight; 0 leaves it to be found.
    """

    concurrency: int

    identity: Mapping[str, Any]
    """What of the model changes its answers: plain data that goes into every key."""

    server: str = ""
    """The address and the model, where what it bears is found out and shared by its teachers."""

    metered: bool = True
    """Whether every answer comes with its tokens counted."""

    unmetered: int = 0
    """Answers that came without token counts so far; theirs are 0."""

    price_factor: float = 1.0
    """What a token costs against the price list's."""

    notes: Sequence[str] = ()
    """What a user should know of the answers."""

    @property
    def said(self) -> str:
        """What the calls that were asked wait for, or ""."""
        return ""

    def described(self) -> Mapping[str, Any]:
        """Return the identity, with the name and the licence that the model's file gives."""
        return self.identity

    @abstractmethod
    async def answer(self, call: Call) -> Result:
        """Answer one call by the result of its kind; Trouble for a kind this teacher cannot answer."""

    async def probe(self, call: Call) -> Result:
        """Answer a call that learns whether the model answers at all, as soon as it can."""
        return await self.answer(call)

    async def close(self) -> None:  # noqa: B027 - most teachers hold nothing
        """Release what the teacher holds; calling it twice is allowed."""


_KINDS = {
    "complete": "write",
    "score": "tell how likely a text is",
    "weigh": "tell how probable answers are",
    "embed": "make vectors of texts",
    "run": "run programs",
    "compare": "compare mathematics",
}


def unable(name: str, call: Call, fix: str) -> Trouble:
    """Return the trouble of a teacher that cannot answer calls of this kind; ``name`` is what it is."""
    return Trouble(f"{name} cannot {_KINDS[call.kind]}.", fix)

"""What one sequence is decoded for: to write an answer, or to score a text."""

import codecs
import threading
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sofrito.teachers.llama.sampler import Logits, Sampler
from sofrito.teachers.llama.shelf import BYTES
from sofrito.teachers.llama.soft import SoftWriter, log_softmax
from sofrito.teachers.llama.tokenizer import Tokenizer

SLICE = 16
"""Rows of logits that are looked at together: with a vocabulary of 262k, 17 MB."""


def packed(tokens: Sequence[int]) -> bytes:
    """Return tokens as the bytes that a shelf compares."""
    return np.asarray(tokens, dtype="<i4").tobytes()


class Job:
    """Tokens to decode, and what to do with their logits.

    Logits are wanted from place ``first`` on; at most ``limit`` tokens follow the prompt. ``over``
    is called once, when it is ``done`` or failed with ``error``.
    """

    def __init__(self, prompt: Sequence[int], first: int, limit: int) -> None:
        self.tokens = list(prompt)
        self.prompt = packed(prompt)
        self.first, self.limit = first, limit
        self.done = False
        self.error: BaseException | None = None
        self.abandoned = threading.Event()
        self.over: Callable[[], None] = lambda: None

    @property
    def length(self) -> int:
        """Tokens of the prompt."""
        return len(self.prompt) // BYTES

    def look(self, logits: Logits, place: int) -> int | None:
        """Look at the logits (rows, vocabulary) of the places from ``place`` on; return the next token, if any.

        Sets ``done`` at the end.
        """
        raise NotImplementedError

    def end(self) -> None:
        """Free what was taken; called once, however the job ends."""


class Writing(Job):
    """Writes an answer.

    ``ends`` are the tokens that end it, ``stops`` the texts, ``whole`` says whether a text that the
    sampler's grammar could end is whole: that saves the token which only ends it.
    """

    def __init__(
        self,
        prompt: Sequence[int],
        limit: int,
        *,
        sampler: Sampler,
        tokenizer: Tokenizer,
        ends: frozenset[int],
        stops: tuple[str, ...] = (),
        whole: Callable[[str], bool] | None = None,
        soft: SoftWriter | None = None,
    ) -> None:
        super().__init__(prompt, len(prompt) - 1, limit)
        self._sampler, self._tokenizer = sampler, tokenizer
        self._ends, self._stops = ends, stops
        self._whole, self.soft = whole, soft
        self._begins: list[int] = []
        self.text, self.written = "", 0
        self.finish: Literal["stop", "length"] = "stop"
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def look(self, logits: Logits, place: int) -> int | None:  # noqa: ARG002
        """Draw the next token."""
        token = self._sampler.draw(logits[0])
        if self.soft is not None:
            self.soft.add(token, logits[0])
        if token in self._ends:
            self.done = True
            return None
        if self.soft is not None:
            self._begins.append(len(self.text))
        self.written += 1
        self.done = self._take(token)
        if not self.done and self.written >= self.limit:
            self.done, self.finish = True, "length"
        return None if self.done else token

    def _take(self, token: int) -> bool:
        """Append what ``token`` writes; whether the answer ends with it.

        Bytes of a character that is not whole yet wait for the next token.
        """
        new = self._decoder.decode(self._tokenizer.piece(token))
        self.text += new
        cut = _cut(self.text, len(new), self._stops)
        if cut >= 0:
            self.text = self.text[:cut]
            if self.soft is not None:
                self.soft.keep(sum(begin < cut for begin in self._begins))
            return True
        return self._whole is not None and self._whole(self.text) and self._sampler.may_end()

    def end(self) -> None:
        """Free the sampler."""
        self._sampler.close()


class Scoring(Job):
    """Takes the log-probability of each token from place ``first + 1`` on, given those before it.

    With ``ends``, the log-probability that any of these tokens comes last is in ``ending``.
    """

    def __init__(
        self, tokens: Sequence[int], first: int, ends: frozenset[int] = frozenset()
    ) -> None:
        # the last token's own logits are of no use but to know whether an end would follow
        super().__init__(tokens if ends else tokens[:-1], first, 0)
        self._all, self._ends = np.asarray(tokens), sorted(ends)
        self._found: list[NDArray[np.float32]] = []
        self.ending = 0.0

    def look(self, logits: Logits, place: int) -> int | None:
        """Read off the log-probabilities of the tokens that follow these places."""
        rows = len(logits)
        for start in range(0, rows, SLICE):
            logprobs = log_softmax(logits[start : start + SLICE])
            at = place + start + 1
            following = self._all[at : at + len(logprobs)]
            self._found.append(logprobs[np.arange(len(following)), following])
        self.done = place + rows == self.length
        if self.done and self._ends:
            self.ending = float(np.logaddexp.reduce(logprobs[-1, self._ends].astype(np.float64)))
        return None

    @property
    def logprobs(self) -> NDArray[np.float32]:
        """The log-probabilities, natural, float32."""
        return np.concatenate(self._found) if self._found else np.zeros(0, np.float32)


def _cut(text: str, new: int, stops: tuple[str, ...]) -> int:
    """Return where the first stop string begins that ``new`` characters completed, or -1."""
    places = [text.find(s, max(0, len(text) - new - len(s) + 1)) for s in stops]
    return min((p for p in places if p >= 0), default=-1)

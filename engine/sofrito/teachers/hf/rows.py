"""The rows of a batch: answers while they are written; needs torch."""

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch

from sofrito.teachers.hf.asked import ToWrite
from sofrito.teachers.hf.job import Job
from sofrito.teachers.hf.sampler import Drawer, drawn
from sofrito.teachers.hf.words import Words
from sofrito.teachers.result import Answer, SoftLabels

UNFINISHED = "�"


@dataclass(slots=True)
class Row:
    """One answer while it is written; ``finish`` is "" until it ends.

    ``length`` counts the tokens whose cells are in the cache.
    """

    job: Job
    asked: ToWrite
    words: Words
    drawer: Drawer = field(init=False)
    written: list[int] = field(default_factory=list)
    finish: Literal["", "stop", "length"] = ""
    length: int = 0
    _cut: str | None = None
    _read: int = 0
    _text: str = ""
    _labelled: list[int] = field(default_factory=list)
    _written_logprobs: list[float] = field(default_factory=list)
    _ids: list[list[int]] = field(default_factory=list)
    _logprobs: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.drawer = Drawer(self.asked.rules)

    def take(self, token: int, logits: torch.Tensor | None) -> None:
        """Append ``token``; ``logits`` are the model's own where soft labels are asked for."""
        if logits is not None:
            self._note(token, logits)
        if token in self.asked.ends:
            self.finish = "stop"
            return
        self.written.append(token)
        if self.asked.grammar is not None:
            self.asked.grammar.take(token)
        if (self.asked.grammar is not None and self.asked.grammar.done) or self._stopped():
            self.finish = "stop"
        elif len(self.written) >= self.asked.limit:
            self.finish = "length"

    def answer(self) -> Answer:
        """Return what was written."""
        text = self._cut
        if text is None:
            text = self.words.text(self.asked.prompt, self.written)
        finish: Literal["stop", "length"] = "length" if self.finish == "length" else "stop"
        prompt, written = len(self.asked.prompt), len(self.written)
        return Answer(text, finish, prompt, written, self._soft() if self.asked.soft else None)

    def _stopped(self) -> bool:
        """Whether a stop text is complete; the answer is then cut before the first of them.

        Only what is new is decoded, from the last whole character on.
        """
        stops = self.asked.stops
        if not stops:
            return False
        behind = (*self.asked.prompt, *self.written[: self._read])
        new = self.words.text(behind, self.written[self._read :])
        if new.endswith(UNFINISHED):
            return False
        self._read, start = len(self.written), len(self._text)
        self._text += new
        places = [self._text.find(stop, max(0, start - len(stop) + 1)) for stop in stops]
        if max(places) < 0:
            return False
        self._cut = self._text[: min(place for place in places if place >= 0)]
        return True

    def _forget_what_was_cut(self) -> None:
        """Drop the labels of tokens that begin where a stop text does, or behind."""
        if self._cut is not None:
            prompt, places = self.asked.prompt, range(len(self.written))
            end = len(self._cut)
            first = bisect_left(
                places, end, key=lambda n: len(self.words.text(prompt, self.written[:n]))
            )
            for labels in (self._labelled, self._written_logprobs, self._ids, self._logprobs):
                del labels[first:]

    def _note(self, token: int, logits: torch.Tensor) -> None:
        logprobs = logits.log_softmax(-1)
        best, ids = logprobs.topk(min(self.asked.soft, len(logits)))
        self._labelled.append(token)
        self._written_logprobs.append(float(logprobs[token]))
        self._ids.append(ids.tolist())
        self._logprobs.append(best.tolist())

    def _soft(self) -> SoftLabels:
        self._forget_what_was_cut()
        return SoftLabels(
            k=self.asked.soft,
            tokenizer=self.words.fingerprint,
            written=np.array(self._labelled, "<i4").tobytes(),
            written_logprobs=np.array(self._written_logprobs, "<f2").tobytes(),
            ids=np.array(self._ids, "<i4").tobytes(),
            logprobs=np.array(self._logprobs, "<f2").tobytes(),
        )


def advance(rows: list[Row], logits: torch.Tensor) -> None:
    """Append to each row the token drawn from its ``logits`` (rows x vocabulary)."""
    # A copy, in single precision: drawing changes it.
    weighed = logits.to(torch.float32, copy=True)
    for row, its in zip(rows, weighed, strict=True):
        if row.asked.grammar is not None:
            row.asked.grammar.bind(its)
    tokens = drawn(weighed, [row.drawer for row in rows])
    for row, token, its in zip(rows, tokens, logits, strict=True):
        row.take(token, its.float() if row.asked.soft else None)

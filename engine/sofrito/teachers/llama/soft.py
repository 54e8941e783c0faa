"""The likeliest tokens and their log-probabilities, place by place, from logits."""

import numpy as np
from numpy.typing import NDArray

from sofrito.teachers.result import SoftLabels


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return natural log-probabilities of logits of shape (rows, vocabulary), float32."""
    shifted: NDArray[np.float32] = logits - logits.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True)
    np.log(total, out=total)
    shifted -= total
    return shifted


def top(logprobs: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """Return the indices of the ``k`` greatest, greatest first, equal ones by index; O(n + k log k)."""
    k = min(k, len(logprobs))
    found = np.sort(np.argpartition(logprobs, -k)[-k:])
    return found[np.argsort(-logprobs[found], kind="stable")]


class SoftWriter:
    """Collects soft labels while an answer is written; at most as many as the vocabulary has tokens."""

    def __init__(self, k: int, tokenizer: str) -> None:
        self._k, self._tokenizer = k, tokenizer
        self._written: list[int] = []
        self._places: list[tuple[NDArray[np.intp], NDArray[np.float32], np.float32]] = []

    def add(self, token: int, logits: NDArray[np.float32]) -> None:
        """Take note of the token written at the next place and of its logits (vocabulary,)."""
        logprobs = log_softmax(logits[None])[0]
        likeliest = top(logprobs, self._k)
        self._written.append(token)
        self._places.append((likeliest, logprobs[likeliest], logprobs[token]))

    def keep(self, first: int) -> None:
        """Forget all but so many tokens, the first: the others' text was cut off."""
        del self._written[first:], self._places[first:]

    def labels(self) -> SoftLabels:
        """Return what was collected."""
        return SoftLabels(
            self._k if not self._places else len(self._places[0][0]),
            self._tokenizer,
            np.asarray(self._written, "<i4").tobytes(),
            np.asarray([own for *_, own in self._places], "<f2").tobytes(),
            np.asarray([ids for ids, *_ in self._places], "<i4").tobytes(),
            np.asarray([logprobs for _, logprobs, _ in self._places], "<f2").tobytes(),
        )

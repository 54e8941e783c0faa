"""Draws one token after the other from a model's logits, within a grammar where there is one."""

import ctypes
from typing import Any

import llama_cpp as lc
import numpy as np
from numpy.typing import NDArray

from sofrito.teachers.llama.log import complaint, listen
from sofrito.teachers.sampling import Sampling
from sofrito.teachers.teacher import Unmade

NEAR, SLACK = 24.0, 12.0
"""Natural logarithms of odds: how far below the likeliest token the grammar is asked about tokens,
and how far below it the likeliest allowed one may be; else the grammar is asked about all. What is
not asked about so has less than exp(-12) of the odds of what is."""

COLD = 1e-4
"""A temperature at which, and below which, the likeliest token is as good as certain."""

BLOCK = 256
"""Odds are added up in blocks of so many tokens, so that a draw looks into one block only."""

Logits = NDArray[np.float32]


class Sampler:
    """Draws the tokens of one answer, within a grammar where there is one.

    A token is first drawn from the whole vocabulary and shown to the grammar; only when it is
    refused is one drawn from what the grammar allows. That is the distribution of drawing within
    the grammar, and several times faster. With top_k, top_p or min_p it would not be: these then
    narrow what the grammar allows.
    """

    def __init__(self, vocab: Any, how: Sampling, grammar: str | None = None) -> None:
        """Make the grammar; Refused when llama.cpp cannot hold an answer to it."""
        self._how, self._vocab = how, vocab
        self._luck = np.random.Generator(np.random.PCG64(how.seed % 2**64))
        self._written: dict[int, int] = {}
        self._room = np.empty(0, np.float32)  # a fresh array of this size costs as much as the draw
        self._grammar = None
        if grammar:
            listen()
            self._grammar = lc.llama_sampler_init_grammar(vocab, grammar.encode(), b"root")
            if not self._grammar:
                words = f"llama.cpp cannot hold an answer to its schema: {complaint()}"
                raise Unmade("schema", words)

    def draw(self, logits: Logits) -> int:
        """Return the next token, given the logits of shape (vocabulary,)."""
        logits = self._shifted(logits)
        token = self._drawn_within(logits) if self._grammar else self._drawn(logits)
        if self._how.penalised:
            self._written[token] = self._written.get(token, 0) + 1
        return token

    def _drawn_within(self, logits: Logits) -> int:
        """Return the next token that the grammar allows, and tell it that."""
        how = self._how
        token = -1 if how.narrowed and how.temperature > COLD else self._drawn(logits)
        if token < 0 or not self._allowed(np.array([token]))[0]:
            tokens = self._within(logits)
            token = int(tokens[self._drawn(logits[tokens])])
        lc.llama_sampler_accept(self._grammar, token)
        return token

    def may_end(self) -> bool:
        """Whether what is written is a whole answer of the grammar."""
        end = lc.llama_vocab_eos(self._vocab)
        return self._grammar is not None and bool(self._allowed(np.array([end]))[0])

    def close(self) -> None:
        """Free the grammar; calling it twice is allowed."""
        if self._grammar:
            lc.llama_sampler_free(self._grammar)
        self._grammar = None

    def _shifted(self, logits: Logits) -> Logits:
        """Return the logits with biases and penalties, a copy where there are any."""
        how = self._how
        if not how.biases and not self._written:
            return logits
        logits = logits.copy()
        for token, bias in how.biases.items():
            logits[token] += bias
        for token, times in self._written.items():
            value = logits[token]
            value = value * how.repeat_penalty if value <= 0 else value / how.repeat_penalty
            logits[token] = value - times * how.frequency_penalty - how.presence_penalty
        return logits

    def _within(self, logits: Logits) -> NDArray[np.intp]:
        """Return the tokens that the grammar allows, of the likely ones if some of these are."""
        hot = max(1.0, self._how.temperature)
        best = logits.max()
        tokens = np.flatnonzero(logits >= best - np.float32(NEAR * hot))
        tokens = tokens[self._allowed(tokens)]
        if len(tokens) and logits[tokens].max() >= best - np.float32(SLACK * hot):
            return tokens
        tokens = np.arange(len(logits))
        return tokens[self._allowed(tokens)]

    def _allowed(self, tokens: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Return which of the tokens the grammar lets come next."""
        data = np.zeros(len(tokens), _TOKEN_DATA)
        data["id"] = tokens
        first = data.ctypes.data_as(ctypes.POINTER(lc.llama_token_data))
        array = lc.llama_token_data_array(first, len(tokens), -1, False)
        lc.llama_sampler_apply(self._grammar, ctypes.byref(array))
        found: NDArray[np.bool_] = data["logit"] == 0.0
        return found

    def _drawn(self, logits: Logits) -> int:
        """Draw a place by logits; the greatest at temperature 0."""
        how = self._how
        if how.temperature <= COLD:
            return int(logits.argmax())
        if not how.narrowed:
            return self._place(logits)
        kept = _narrowed(logits, how)
        return int(kept[self._place(logits[kept])])

    def _place(self, logits: Logits) -> int:
        """Draw a place with the odds exp(logit / temperature)."""
        if len(self._room) < len(logits):
            self._room = np.empty(len(logits), np.float32)
        odds = self._room[: len(logits)]
        np.subtract(logits, logits.max(), out=odds)
        odds *= np.float32(1 / self._how.temperature)
        np.exp(odds, out=odds)
        blocks = np.add.reduceat(odds, np.arange(0, len(odds), BLOCK)).cumsum(dtype=np.float64)
        luck = self._luck.random() * blocks[-1]
        block = int(np.searchsorted(blocks, luck, side="right"))
        start = block * BLOCK
        totals = odds[start : start + BLOCK].cumsum(dtype=np.float64)
        luck -= blocks[block - 1] if block else 0.0
        # rounding can put the last bit of luck behind the last token that has any odds
        return start + min(int(np.searchsorted(totals, luck, side="right")), _last(totals))


_TOKEN_DATA = np.dtype([("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])


def _last(totals: NDArray[np.float64]) -> int:
    """Return the last place at which the sum grows: one that can be drawn."""
    return int(np.searchsorted(totals, totals[-1]))


def _narrowed(logits: Logits, how: Sampling) -> NDArray[np.intp]:
    """Return the places that top_k, top_p and min_p leave, in this order, greatest first."""
    if how.top_k:
        k = min(how.top_k, len(logits))
        order = np.sort(np.argpartition(logits, -k)[-k:])
    elif how.top_p < 1:
        order = _enough(logits, how.top_p)
    else:
        order = np.flatnonzero(logits >= logits.max() + np.log(np.float32(how.min_p)))
    order = order[np.argsort(-logits[order], kind="stable")]
    if how.top_p < 1:
        known = logits[order] if how.top_k else logits
        total = np.exp(known - logits[order[0]]).sum(dtype=np.float64)
        totals = np.exp(logits[order] - logits[order[0]]).cumsum(dtype=np.float64)
        order = order[: int(np.searchsorted(totals, how.top_p * total)) + 1]
    if how.min_p:
        order = order[logits[order] >= logits[order[0]] + np.log(np.float32(how.min_p))]
    return order


def _enough(logits: Logits, share: float) -> NDArray[np.intp]:
    """Return places, those with the greatest logits, that surely have a share of the probability."""
    odds = np.exp(logits - logits.max())
    total = odds.sum(dtype=np.float64)
    for least in (1e-3, 1e-6):
        places = np.flatnonzero(odds >= least)
        if odds[places].sum(dtype=np.float64) >= share * total:
            return places
    return np.arange(len(logits))

"""Draws one token after the other from llama.cpp's logits, within a grammar where there is one."""

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import llama_cpp as lc

from sofrito.problems import Trouble
from sofrito.teachers.llama.log import complaint, listen

MAX_PENALISED = 8192
"""How many tokens back the penalties look: longer than almost any answer."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn; ``temperature`` 0 takes the likeliest, ``top_k`` 0 is off.

    Penalties look at the whole answer written so far and not at the prompt. ``biases`` are added
    to the logits of tokens.
    """

    temperature: float
    top_p: float
    top_k: int
    min_p: float
    presence_penalty: float
    frequency_penalty: float
    repeat_penalty: float
    seed: int
    biases: Mapping[int, float] = field(default_factory=dict)

    @property
    def penalised(self) -> bool:
        """Whether what is written changes what is drawn next."""
        return (self.presence_penalty, self.frequency_penalty, self.repeat_penalty) != (0, 0, 1)


class Sampler:
    """Draws the tokens of one answer, within a grammar where there is one.

    A token is first drawn from the whole vocabulary and shown to the grammar; only when it is
    refused is one drawn from what the grammar allows (as llama.cpp's own tools do it). Both give
    the same distribution, the first is several times faster.
    """

    def __init__(self, context: Any, vocab: Any, how: Sampling, grammar: str | None) -> None:
        self._context = context
        self._end = lc.llama_vocab_eos(vocab)
        self._free = None if grammar and how.penalised else _chain(vocab, how, how.seed)
        self._bound, self._grammar = None, None
        if grammar:
            listen()
            self._grammar = lc.llama_sampler_init_grammar(vocab, grammar.encode(), b"root")
            if not self._grammar:
                self.close()
                raise Trouble(
                    f"llama.cpp cannot hold answers to this form: {complaint()}",
                    "Simplify the step's `schema` or its choices.",
                )
            self._bound = _chain(vocab, how, how.seed ^ 0x5DEECE66, first=self._grammar)

    def draw(self, index: int) -> int:
        """Return the next token, given the logits of an entry of the batch decoded last."""
        if self._free:
            token: int = lc.llama_sampler_sample(self._free, self._context, index)
            if not self._bound:
                return token
            if self.allows(token):
                lc.llama_sampler_accept(self._bound, token)
                return token
        return int(lc.llama_sampler_sample(self._bound, self._context, index))

    def allows(self, token: int) -> bool:
        """Whether the grammar lets ``token`` come next."""
        one = (lc.llama_token_data * 1)(lc.llama_token_data(token, 1.0, 0.0))
        array = lc.llama_token_data_array(one, 1, -1, False)
        lc.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return bool(one[0].logit > float("-inf"))

    def may_end(self) -> bool:
        """Whether what is written is a whole answer of the grammar."""
        return self._grammar is not None and self.allows(self._end)

    def close(self) -> None:
        """Free both chains; calling it twice is allowed."""
        for chain in (self._free, self._bound):
            if chain:
                lc.llama_sampler_free(chain)
        self._free = self._bound = self._grammar = None


def _chain(vocab: Any, how: Sampling, seed: int, first: Any = None) -> Any:
    chain = lc.llama_sampler_chain_init(lc.llama_sampler_chain_default_params())
    parts = [first] if first else []
    if how.biases:
        several = [lc.llama_logit_bias(token, bias) for token, bias in how.biases.items()]
        array = (lc.llama_logit_bias * len(several))(*several)
        n = lc.llama_vocab_n_tokens(vocab)
        parts.append(lc.llama_sampler_init_logit_bias(n, len(several), array))
    if how.penalised:
        parts.append(
            lc.llama_sampler_init_penalties(
                lc.llama_vocab_n_tokens(vocab),
                MAX_PENALISED,
                how.repeat_penalty,
                how.frequency_penalty,
                how.presence_penalty,
            )
        )
    if how.temperature <= 0:
        parts.append(lc.llama_sampler_init_greedy())
    else:
        narrowing = [
            lc.llama_sampler_init_top_k(how.top_k) if how.top_k > 0 else None,
            lc.llama_sampler_init_top_p(how.top_p, 1) if how.top_p < 1 else None,
            lc.llama_sampler_init_min_p(how.min_p, 1) if how.min_p > 0 else None,
        ]
        parts += [
            *(part for part in narrowing if part),
            lc.llama_sampler_init_temp(how.temperature),
            lc.llama_sampler_init_dist(seed % 0xFFFFFFFF),
        ]
    for part in parts:
        lc.llama_sampler_chain_add(chain, part)
    return chain

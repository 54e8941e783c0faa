"""One model in llama.cpp: tokens in, one sampled token out; import it only where llama_cpp is."""

import ctypes
import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp as lc

from sofrito.problems import Trouble

CHUNK = 64
"""Tokens that are decoded at once, always at multiples of this.

What a chunk leaves in the cache then depends on the tokens before it and on nothing else, so a
prompt that reuses the chunks it shares with the one before gets the very logits it would get
alone. The price is that up to 63 shared tokens are decoded again.
"""

MAX_PENALISED = 8192
"""How many tokens back the penalties look: longer than almost any answer."""

_said: deque[str] = deque(maxlen=8)
ERROR = 3


@lc.llama_log_callback  # type: ignore[untyped-decorator]
def _hear(level: int, text: bytes, _: Any) -> None:
    if level == ERROR:
        _said.append(text.decode("utf-8", "replace").strip())


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is drawn; ``temperature`` 0 takes the likeliest, ``top_k`` 0 is off.

    Penalties look at the whole answer written so far and not at the prompt.
    """

    temperature: float
    top_p: float
    top_k: int
    min_p: float
    presence_penalty: float
    frequency_penalty: float
    repeat_penalty: float
    seed: int

    @property
    def penalised(self) -> bool:
        """Whether what is written changes what is drawn next."""
        return (self.presence_penalty, self.frequency_penalty, self.repeat_penalty) != (0, 0, 1)


class Engine:
    """A loaded model with one sequence; every method must be called from one thread."""

    def __init__(self, path: Path, *, context: int, threads: int) -> None:
        """Load the model for ``context`` tokens; Trouble with llama.cpp's words when it will not."""
        lc.llama_log_set(_hear, ctypes.c_void_p(0))
        lc.llama_backend_init()
        _said.clear()
        params = lc.llama_model_default_params()
        self._model = lc.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise Trouble(
                f"llama.cpp cannot load {path}: {_last_words()}",
                "Check that the file is whole and fits into memory; a model newer than the "
                "installed llama-cpp-python needs `pip install -U llama-cpp-python`.",
            )
        self._context = lc.llama_init_from_model(self._model, _context_params(context, threads))
        if not self._context:
            lc.llama_model_free(self._model)
            raise Trouble(
                f"llama.cpp has no room for {context} tokens of context: {_last_words()}",
                "Set a smaller `context` for this model.",
            )
        self.vocab = lc.llama_model_get_vocab(self._model)
        self._memory = lc.llama_get_memory(self._context)
        self._held: list[int] = []

    def tokenize(self, text: str) -> list[int]:
        """Return the tokens of a rendered prompt; what spells a special token becomes it.

        The beginning-of-sequence token comes first, once, where the model's vocabulary wants it,
        whether or not the chat template wrote it.
        """
        raw = text.encode("utf-8", "replace")
        room = len(raw) + 8
        buffer = (lc.llama_token * room)()
        n = lc.llama_tokenize(self.vocab, raw, len(raw), buffer, room, False, True)
        tokens = list(buffer[:n])
        bos = lc.llama_vocab_bos(self.vocab)
        while tokens[:2] == [bos, bos]:
            del tokens[0]
        wanted = lc.llama_vocab_get_add_bos(self.vocab) and bos >= 0
        return [bos, *tokens] if wanted and tokens[:1] != [bos] else tokens

    def name_of(self, token: int) -> str:
        """Return how a chat template writes ``token``; empty for a token that does not exist."""
        return lc.llama_vocab_get_text(self.vocab, token).decode() if token >= 0 else ""

    def specials(self) -> dict[str, str]:
        """Return the texts of the tokens that begin and end a sequence."""
        bos, eos = lc.llama_vocab_bos(self.vocab), lc.llama_vocab_eos(self.vocab)
        return {"bos": self.name_of(bos), "eos": self.name_of(eos)}

    def piece(self, token: int) -> bytes:
        """Return the bytes that ``token`` writes; special tokens write nothing."""
        room = 64
        while True:
            buffer = (ctypes.c_char * room)()
            n = lc.llama_token_to_piece(self.vocab, token, buffer, room, 0, False)
            if n >= 0:
                return buffer.raw[:n]
            room = -n

    def ends(self, token: int) -> bool:
        """Whether ``token`` ends the answer."""
        return bool(lc.llama_vocab_is_eog(self.vocab, token))

    def read(self, prompt: list[int]) -> None:
        """Decode a prompt, reusing the chunks it shares with the one before."""
        held = _shared(self._held, prompt[:-1]) // CHUNK * CHUNK
        if not lc.llama_memory_seq_rm(self._memory, 0, held, -1):
            lc.llama_memory_clear(self._memory, True)
            held = 0
        self._held = prompt[:held]
        for start in range(held, len(prompt), CHUNK):
            chunk = prompt[start : start + CHUNK]
            self.step(*chunk)
            if len(chunk) == CHUNK:
                self._held += chunk

    def step(self, *tokens: int) -> None:
        """Decode at most CHUNK tokens after what was decoded before."""
        batch = (lc.llama_token * len(tokens))(*tokens)
        code = lc.llama_decode(self._context, lc.llama_batch_get_one(batch, len(tokens)))
        if code != 0:
            lc.llama_memory_clear(self._memory, True)
            self._held = []
            raise Trouble(
                f"llama.cpp failed while decoding (code {code}): {_last_words()}",
                "Set a smaller `context`, or free some memory.",
            )

    def sampler(self, sampling: Sampling, grammar: str | None) -> "Sampler":
        """Return what draws the tokens of one answer; close it afterwards."""
        return Sampler(self._context, self.vocab, sampling, grammar)

    def close(self) -> None:
        """Free the model; the engine is of no use afterwards."""
        lc.llama_free(self._context)
        lc.llama_model_free(self._model)


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
            self._grammar = lc.llama_sampler_init_grammar(vocab, grammar.encode(), b"root")
            if not self._grammar:
                self.close()
                raise Trouble(
                    f"llama.cpp cannot hold answers to this form: {_last_words()}",
                    "Simplify the step's `schema` or its choices.",
                )
            self._bound = _chain(vocab, how, how.seed ^ 0x5DEECE66, first=self._grammar)

    def draw(self) -> int:
        """Return the next token, given the logits of the last one decoded."""
        if self._free:
            token: int = lc.llama_sampler_sample(self._free, self._context, -1)
            if not self._bound:
                return token
            if self.allows(token):
                lc.llama_sampler_accept(self._bound, token)
                return token
        return int(lc.llama_sampler_sample(self._bound, self._context, -1))

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
        parts += [
            lc.llama_sampler_init_top_k(how.top_k),
            lc.llama_sampler_init_top_p(how.top_p, 1),
            lc.llama_sampler_init_min_p(how.min_p, 1),
            lc.llama_sampler_init_temp(how.temperature),
            lc.llama_sampler_init_dist(seed % 0xFFFFFFFF),
        ]
    for part in parts:
        lc.llama_sampler_chain_add(chain, part)
    return chain


def _context_params(context: int, threads: int) -> Any:
    params = lc.llama_context_default_params()
    params.n_ctx = context
    params.n_batch = params.n_ubatch = CHUNK
    params.n_seq_max = 1
    params.n_threads = params.n_threads_batch = threads
    params.no_perf = True
    if not lc.llama_supports_gpu_offload():
        params.flash_attn_type = lc.LLAMA_FLASH_ATTN_TYPE_DISABLED
    return params


def _shared(a: list[int], b: list[int]) -> int:
    """Return how many tokens ``a`` and ``b`` have in common at their beginning."""
    n = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        n += 1
    return n


def _last_words() -> str:
    return (_said[-1] if _said else "it does not say why").rstrip(".") + "."

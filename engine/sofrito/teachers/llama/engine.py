"""One model in llama.cpp: tokens in, one sampled token out; import it only where llama_cpp is."""

import ctypes
import os
from pathlib import Path
from typing import Any

import llama_cpp as lc

from sofrito.problems import Trouble
from sofrito.teachers.llama.log import complaint, listen
from sofrito.teachers.llama.sampler import Sampler, Sampling

CHUNK, GPU_CHUNK = 32, 256
"""Tokens of a prompt that are decoded at once, always at multiples of this.

Kernels round differently for one token than for many, so the same prompt read from the cache and
read anew can differ (in the first digit of a logit, with Q8_0 weights). What a chunk leaves in the
cache depends on the tokens before it and on nothing else: a prompt that reuses the chunks it shares
with the one before gets the very logits it would get alone. The price is that up to a chunk of
shared tokens is decoded again; on a CPU a prompt in chunks of 32 is read a tenth slower than in one
piece.
"""


class Engine:
    """A loaded model with one sequence; every method must be called from one thread."""

    def __init__(self, path: Path, *, context: int, threads: int) -> None:
        """Load the model; Trouble with llama.cpp's words when it or its context will not fit."""
        listen()
        lc.llama_backend_init()
        params = lc.llama_model_default_params()
        self._model = lc.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise Trouble(
                f"llama.cpp cannot load {path}: {complaint()}",
                "Check that the file is whole and fits into memory; a model newer than the "
                "installed llama-cpp-python needs `pip install -U llama-cpp-python`.",
            )
        self._chunk = GPU_CHUNK if lc.llama_supports_gpu_offload() else CHUNK
        params = _context_params(context, threads, self._chunk)
        self._context = lc.llama_init_from_model(self._model, params)
        if not self._context:
            lc.llama_model_free(self._model)
            raise Trouble(
                f"llama.cpp has no room for {context} tokens of context: {complaint()}",
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
        held = _shared(self._held, prompt[:-1]) // self._chunk * self._chunk
        if not lc.llama_memory_seq_rm(self._memory, 0, held, -1):
            lc.llama_memory_clear(self._memory, True)
            held = 0
        self._held = prompt[:held]
        for start in range(held, len(prompt), self._chunk):
            chunk = prompt[start : start + self._chunk]
            self.step(*chunk)
            if len(chunk) == self._chunk:
                self._held += chunk

    def step(self, *tokens: int) -> None:
        """Decode at most a chunk of tokens after what was decoded before."""
        batch = (lc.llama_token * len(tokens))(*tokens)
        code = lc.llama_decode(self._context, lc.llama_batch_get_one(batch, len(tokens)))
        if code != 0:
            lc.llama_memory_clear(self._memory, True)
            self._held = []
            raise Trouble(
                f"llama.cpp failed while decoding (code {code}): {complaint()}",
                "Set a smaller `context`, or free some memory.",
            )

    def sampler(self, sampling: Sampling, grammar: str | None) -> Sampler:
        """Return what draws the tokens of one answer; close it afterwards."""
        return Sampler(self._context, self.vocab, sampling, grammar)

    def close(self) -> None:
        """Free the model; the engine is of no use afterwards."""
        lc.llama_free(self._context)
        lc.llama_model_free(self._model)


def _context_params(context: int, threads: int, chunk: int) -> Any:
    params = lc.llama_context_default_params()
    params.n_ctx = context
    params.n_batch = params.n_ubatch = chunk
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

"""A context of llama.cpp: tokens of many sequences in, logits out; import it only where llama_cpp is."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import llama_cpp as lc
import numpy as np
from numpy.typing import NDArray

from sofrito.problems import Trouble
from sofrito.teachers.llama.log import complaint
from sofrito.teachers.llama.model import Model
from sofrito.teachers.llama.shelf import Copy, Cut


@dataclass(frozen=True, slots=True)
class Size:
    """How large a context is: cells for tokens, sequences, tokens decoded at once, threads."""

    cells: int
    sequences: int
    batch: int
    threads: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A token to decode: its place in its sequence, and whether its logits are wanted."""

    token: int
    place: int
    sequence: int
    wanted: bool


class _Turns:
    """Lets the engines of several models decode by turns: together each would be several times slower."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._waiting: list[object] = []

    def __enter__(self) -> None:
        ticket = object()
        with self._condition:
            self._waiting.append(ticket)
            self._condition.wait_for(lambda: self._waiting[0] is ticket)

    def __exit__(self, *_: object) -> None:
        with self._condition:
            del self._waiting[0]
            self._condition.notify_all()


turns = _Turns()
"""Of all that decodes in this process."""


class Context:
    """A model's cache and what decodes into it; every method must be called from one thread."""

    def __init__(self, model: Model, size: Size) -> None:
        """Reserve the cache; Trouble with llama.cpp's words when it does not fit."""
        self.model, self.size = model, size
        self.handle: Any = lc.llama_init_from_model(model.handle, context_params(size))
        if not self.handle:
            raise Trouble(
                f"llama.cpp has no room for {size.cells} tokens of context: {complaint()}",
                "Set a smaller `context` for this model, or a smaller `parallel`.",
            )
        self._memory = lc.llama_get_memory(self.handle)
        self._batch = lc.llama_batch_init(size.batch, 0, 1)
        for i in range(size.batch):
            self._batch.n_seq_id[i] = 1

    def order(self, orders: Iterable[Copy | Cut]) -> None:
        """Copy and cut what sequences hold."""
        for one in orders:
            if isinstance(one, Copy):
                lc.llama_memory_seq_cp(self._memory, one.source, one.target, 0, one.length)
            else:
                lc.llama_memory_seq_rm(self._memory, one.sequence, one.length, -1)

    def decode(self, entries: list[Entry]) -> NDArray[np.float32]:
        """Decode at most ``size.batch`` tokens; Trouble when llama.cpp fails.

        Returns the logits of the entries that wanted them, in their order, of shape
        (wanted, vocabulary), float32; valid until the next decoding.
        """
        batch = self._batch
        batch.n_tokens = len(entries)
        for i, entry in enumerate(entries):
            batch.token[i] = entry.token
            batch.pos[i] = entry.place
            batch.seq_id[i][0] = entry.sequence
            batch.logits[i] = entry.wanted
        with turns:
            code = lc.llama_decode(self.handle, batch)
        if code != 0:
            raise Trouble(
                f"llama.cpp failed while decoding (code {code}): {complaint()}",
                "Set a smaller `context` or `parallel`, or free some memory.",
            )
        wanted = [i for i, entry in enumerate(entries) if entry.wanted]
        vocabulary = self.model.tokenizer.size
        if not wanted:
            return np.empty((0, vocabulary), np.float32)
        first = lc.llama_get_logits_ith(self.handle, wanted[0])
        return np.ctypeslib.as_array(first, (len(wanted), vocabulary))

    def close(self) -> None:
        """Free the cache; the context is of no use afterwards."""
        lc.llama_batch_free(self._batch)
        lc.llama_free(self.handle)
        self.model.release()


def context_params(size: Size) -> Any:
    """Return llama.cpp's parameters of a context of that size, one cache for all sequences."""
    params = lc.llama_context_default_params()
    params.n_ctx = size.cells
    params.n_batch = params.n_ubatch = size.batch
    params.n_seq_max = size.sequences
    params.n_threads = params.n_threads_batch = size.threads
    params.kv_unified = True
    params.no_perf = True
    if not lc.llama_supports_gpu_offload():
        params.flash_attn_type = lc.LLAMA_FLASH_ATTN_TYPE_DISABLED
    return params

"""Continuous batching: jobs join and leave the batch as they come and end."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sofrito.teachers.llama.context import Context, Entry
from sofrito.teachers.llama.jobs import Job, packed
from sofrito.teachers.llama.shelf import Placed, Shelf, Wait
from sofrito.teachers.teacher import told_to_stop

AHEAD = 64
"""Waiting jobs that are looked at when one may begin, and when it is decided what to keep."""


@dataclass(slots=True)
class Spent:
    """Where the time went, in seconds, and what was decoded, in tokens."""

    decoding: float = 0.0
    outside: float = 0.0
    batches: int = 0
    prompt_tokens: int = 0
    shared_tokens: int = 0
    written_tokens: int = 0


@dataclass(slots=True)
class _Slot:
    """A job at work: its sequence, how many of its tokens are decoded, what it waits behind."""

    job: Job
    sequence: int = -1
    decoded: int = 0
    wait: Wait = field(default_factory=Wait)


class Engine:
    """Decodes jobs, many at once; every method must be called from one thread.

    With ``parallel`` 1 a prompt is decoded in pieces of ``context.size.batch`` tokens that always
    begin at its multiples. Kernels round differently for one token than for many, so the same
    prompt read from the cache and read anew can differ (in the first digit of a logit, with Q8_0
    weights). What such a piece leaves in the cache depends on the tokens before it and on nothing
    else: an answer has the very bits it would have alone.
    """

    def __init__(self, context: Context, parallel: int) -> None:
        size = context.size
        self.context, self._room = context, size.batch
        grid = 0 if not context.model.shares else size.batch if parallel == 1 else 1
        self._shelf = Shelf(size.sequences, size.cells, parallel=parallel, grid=grid)
        self._waiting: deque[_Slot] = deque()
        self._live: list[_Slot] = []
        self._stale = True
        self.spent = Spent()

    @property
    def idle(self) -> bool:
        """Whether no job is here."""
        return not (self._waiting or self._live)

    def add(self, job: Job) -> None:
        """Take a job; its prompt and its limit fit into the cells."""
        self._waiting.append(_Slot(job))
        self._stale = True

    def step(self) -> None:
        """Decode one batch and let every job look at its part; raises what decoding raised."""
        start = time.perf_counter()
        self._leave()
        self._admit()
        portions = self._portions()
        entries = [
            Entry(slot.job.tokens[place], place, slot.sequence, place >= slot.job.first)
            for slot, count in portions
            for place in range(slot.decoded, slot.decoded + count)
        ]
        assert entries or self.idle, "stuck: jobs wait for room that nobody holds"
        before = after = time.perf_counter()
        if entries:
            logits = self.context.decode(entries)
            after = time.perf_counter()
            self._look(portions, logits)
        self.spent.batches += 1
        self.spent.decoding += after - before
        self.spent.outside += before - start + time.perf_counter() - after

    def fail(self, error: BaseException) -> None:
        """End every job with an error."""
        for slot in (*self._live, *self._waiting):
            slot.job.error = slot.job.error or error
            slot.job.end()
            slot.job.over()
        self._live, self._waiting = [], deque()
        self._shelf.clear()

    def _leave(self) -> None:
        """Let go of jobs that nobody waits for any more."""
        for slot in [s for s in (*self._live, *self._waiting) if s.job.abandoned.is_set()]:
            slot.job.error = told_to_stop()
            if slot.sequence < 0:
                self._waiting.remove(slot)
            else:
                self._release(slot)
            slot.job.end()
            slot.job.over()

    def _admit(self) -> None:
        """Give waiting jobs a sequence, the first come first; those whose beginning is being read wait."""
        if not self._waiting and not self._shelf.orders:
            return
        if not self._stale and all(self._shelf.still(slot.wait) for slot in self._ahead()):
            return
        for slot in self._ahead():
            if self._shelf.still(slot.wait):
                continue
            placed = self._shelf.place(slot.job.prompt, slot.job.first, slot.job.limit)
            if isinstance(placed, Placed):
                self._begin(slot, placed)
                continue
            slot.wait = placed
            if placed.behind < 0:
                break  # nobody overtakes a job that waits for room, or it might wait for ever
        self._stale = False
        self.context.order(self._shelf.orders)
        self._shelf.orders.clear()

    def _ahead(self) -> list[_Slot]:
        return [self._waiting[i] for i in range(min(AHEAD, len(self._waiting)))]

    def _begin(self, slot: _Slot, placed: Placed) -> None:
        self._waiting.remove(slot)
        slot.sequence, slot.decoded = placed.sequence, placed.shared
        self.spent.shared_tokens += placed.shared
        self.spent.prompt_tokens += slot.job.length
        self._live.append(slot)

    def _portions(self) -> list[tuple[_Slot, int]]:
        """Return how many tokens of each job the next batch holds: one of an answer, some of a prompt."""
        left = [len(slot.job.tokens) - slot.decoded for slot in self._live]
        return [
            (slot, count)
            for slot, count in zip(self._live, fair(left, self._room), strict=True)
            if count
        ]

    def _look(self, portions: list[tuple[_Slot, int]], logits: NDArray[np.float32]) -> None:
        row = 0
        for slot, count in portions:
            job, start = slot.job, slot.decoded
            slot.decoded += count
            self._shelf.decoded(slot.sequence, packed(job.tokens[start : slot.decoded]))
            wanted = max(start, job.first)
            if wanted < slot.decoded:
                rows = slot.decoded - wanted
                self._let_look(slot, logits[row : row + rows], wanted)
                row += rows
        over = [slot for slot in self._live if slot.job.done or slot.job.error]
        for slot in over:
            self._release(slot)
            slot.job.end()
            slot.job.over()

    def _let_look(self, slot: _Slot, logits: NDArray[np.float32], place: int) -> None:
        try:
            token = slot.job.look(logits, place)
        except Exception as error:
            slot.job.error = error
            return
        if token is not None:
            slot.job.tokens.append(token)
            self.spent.written_tokens += 1

    def _release(self, slot: _Slot) -> None:
        self._live.remove(slot)
        self._shelf.release(slot.sequence, (waiting.job.prompt for waiting in self._ahead()))
        self._stale = True


def fair(wanted: Sequence[int], room: int) -> list[int]:
    """Divide ``room`` among those who want some of it: who wants less than an equal share gets all.

    A long prompt so never keeps short ones, or answers that are being written, from going on.
    """
    given = [0] * len(wanted)
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    for rank, i in enumerate(order):
        given[i] = min(wanted[i], room // (len(order) - rank))
        room -= given[i]
    return given

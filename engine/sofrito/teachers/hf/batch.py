"""Writes the answers of many calls at once: rows join and leave while the others go on; needs torch."""

from typing import Any

import torch

from sofrito.teachers.hf.cells import cells, join, select
from sofrito.teachers.hf.load import Loaded
from sofrito.teachers.hf.rows import Row, advance

READ = 4096
"""Tokens of new prompts that are read at once, padding counted; at least one prompt always is."""


class Batch:
    """Rows that are written together, at most ``most`` of them; every method in one thread.

    Rows are padded on the left. A row's answer depends on its own seed and logits; that others are
    in the batch shows in the last bits of the logits, and a row that is always alone (``most`` 1)
    is the same each time.
    """

    def __init__(self, loaded: Loaded, most: int) -> None:
        self._loaded = loaded
        self.most = most if loaded.plain else 1
        self._waiting: list[Row] = []
        self._rows: list[Row] = []
        self._cache: Any = None

    @property
    def busy(self) -> bool:
        """Whether there is anything left to write."""
        return bool(self._waiting or self._rows)

    def add(self, row: Row) -> None:
        """Put a row in the queue."""
        self._waiting.append(row)

    def step(self) -> None:
        """Read what prompts there is room for, then write a token of every row."""
        self._waiting = [row for row in self._waiting if row.job.wanted]
        self._leave()
        if self._waiting and len(self._rows) < self.most:
            self._enter(self._next())
        if self._rows:
            self._write()

    def clear(self) -> list[Row]:
        """Drop and return all rows."""
        dropped = [*self._waiting, *self._rows]
        self._waiting, self._rows, self._cache = [], [], None
        return dropped

    def _next(self) -> list[Row]:
        """Take from the queue, in order, the rows that are read next."""
        taken = self._waiting[:1]
        for row in self._waiting[1 : self.most - len(self._rows)]:
            widest = max(len(r.asked.prompt) for r in (*taken, row))
            if widest * (len(taken) + 1) > READ:
                break
            taken.append(row)
        del self._waiting[: len(taken)]
        return taken

    def _enter(self, rows: list[Row]) -> None:
        width = max(len(row.asked.prompt) for row in rows)
        cache = cells() if self._loaded.plain else None
        tokens = [[0] * (width - len(r.asked.prompt)) + list(r.asked.prompt) for r in rows]
        for row in rows:
            row.length = len(row.asked.prompt)
        logits, cache = self._forward(rows, tokens, cache)
        advance(rows, logits)
        staying = self._done(rows)
        if not staying:
            return
        if len(staying) < len(rows):
            select(cache, staying, 0)
        if self._rows:
            join(self._cache, cache)
        else:
            self._cache = cache
        self._rows += [rows[i] for i in staying]

    def _write(self) -> None:
        for row in self._rows:
            row.length += 1
        logits, self._cache = self._forward(
            self._rows, [row.written[-1:] for row in self._rows], self._cache
        )
        advance(self._rows, logits)
        self._leave()

    def _leave(self) -> None:
        """Let go the rows that ended and those that nobody wants, and padding that is needed no more."""
        staying = self._done(self._rows)
        if len(staying) == len(self._rows):
            return
        before = max(row.length for row in self._rows)
        self._rows = [self._rows[i] for i in staying]
        if self._rows:
            select(self._cache, staying, before - max(row.length for row in self._rows))
        else:
            self._cache = None

    def _done(self, rows: list[Row]) -> list[int]:
        """Settle the rows that ended; return the places of the others."""
        for row in rows:
            if row.finish and row.job.wanted:
                row.job.settle(row.answer())
        return [i for i, row in enumerate(rows) if not row.finish and row.job.wanted]

    def _forward(self, rows: list[Row], tokens: list[list[int]], cache: Any) -> tuple[Any, Any]:
        """Return the logits at the end of each row, and the cache with ``tokens`` in it.

        ``length`` of each row counts these tokens.
        """
        takes, device = self._loaded.takes, self._loaded.device
        width = max(row.length for row in rows)
        pads = torch.tensor([[width - row.length] for row in rows], device=device)
        places = torch.arange(width, device=device)[None, :]
        given: dict[str, Any] = {
            "input_ids": torch.tensor(tokens, device=device),
            "use_cache": True,
        }
        if self._loaded.plain:  # others are alone and unpadded, and some misread a mask
            given["attention_mask"] = (places >= pads).long()
        if cache is not None:
            given[self._loaded.cache_name] = cache
        if "position_ids" in takes:
            given["position_ids"] = (places - pads).clamp(min=0)[:, -len(tokens[0]) :]
        if "logits_to_keep" in takes:
            given["logits_to_keep"] = 1
        out = self._loaded.model(**given)
        return out.logits[:, -1], getattr(out, self._loaded.cache_name)

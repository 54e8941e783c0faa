"""How much a local model does at once: answers, cells of its cache, tokens decoded together."""

import os
from dataclasses import dataclass
from pathlib import Path

from sofrito.teachers.llama.gguf import GgufInfo

PARALLEL, MANY_PARALLEL, MANY_CORES = 16, 32, 16
"""Answers written at once where nothing is said: on 2 cores, 8 are slower and 32 no faster.

With ``MANY_CORES`` or a GPU the weights' way from memory is the bound, which more answers share;
that was not measured.
"""

ROOM = 768
"""Cells for each of the answers written at once, beyond the first, which may fill the context."""

BATCH, GRID, GPU_BATCH = 128, 32, 512
"""Tokens decoded at once: many answers together; one alone, exactly; and where a GPU does it."""

SHARE = 0.4
"""Of the memory that the weights leave free, the most that the cache may take."""

UNKNOWN_CELL = 131_072
"""Bytes of a cell where the file does not tell: as an 8B model with grouped heads has."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Answers at once, cells (tokens) for all of them, tokens decoded at once."""

    parallel: int
    cells: int
    batch: int

    def bytes(self, info: GgufInfo) -> int:
        """Return the memory that the weights and the cache take."""
        return info.size + self.cells * _cell(info)

    @property
    def sequences(self) -> int:
        """Sequences of the cache: those at work, and some to keep beginnings that were shared."""
        return self.parallel if self.parallel == 1 else self.parallel + max(4, self.parallel // 2)


def capacity(
    info: GgufInfo,
    context: int,
    parallel: int,
    *,
    memory: int | None,
    cores: int = 1,
    gpu: bool = False,
) -> Capacity:
    """Return what suits a model: as many answers as asked for, else what fits into ``memory`` (bytes).

    ``context`` is the tokens that one answer with its prompt may need. A number that is asked for
    is kept, with fewer cells if need be: then answers wait for each other.
    """
    if parallel == 1:
        return Capacity(1, context, GPU_BATCH if gpu else GRID)
    most = None if memory is None else int((memory - info.size) * SHARE) // _cell(info)
    batch = GPU_BATCH if gpu else BATCH
    if parallel:
        return Capacity(parallel, _cells(context, parallel, most), max(batch, 2 * parallel))
    many = gpu or cores >= MANY_CORES
    for several in (*((MANY_PARALLEL,) if many else ()), PARALLEL, 8, 4, 2):
        if most is None or max(context, several * ROOM) <= most:
            return Capacity(several, _cells(context, several, most), batch)
    return Capacity(2, context, batch)


def _cells(context: int, parallel: int, most: int | None) -> int:
    wanted = max(context, parallel * ROOM)
    return wanted if most is None else max(context, min(wanted, most))


def _cell(info: GgufInfo) -> int:
    return info.cell or UNKNOWN_CELL


def free_memory(root: Path = Path("/")) -> int | None:
    """Return the bytes of memory that this process may still take, None where that cannot be told."""
    found = [n for n in (_available(root), _limit(root)) if n is not None]
    if found:
        return min(found)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (ValueError, OSError, AttributeError):
        return None


def _available(root: Path) -> int | None:
    try:
        lines = (root / "proc/meminfo").read_text().splitlines()
        return next(int(x.split()[1]) * 1024 for x in lines if x.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError):
        return None


def _limit(root: Path) -> int | None:
    """Return what a container's limit leaves."""
    folder = root / "sys/fs/cgroup"
    try:
        limit, used = ((folder / f"memory.{x}").read_text().strip() for x in ("max", "current"))
        return int(limit) - int(used)
    except (OSError, ValueError):
        return None

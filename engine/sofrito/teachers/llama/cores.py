"""How many cores a local model may use."""

import time
from pathlib import Path

from sofrito.recipe.machine import usable_cores

_LOOK = 0.1  # seconds


def free_cores(stat: Path = Path("/proc/stat")) -> int:
    """Return how many of the usable cores are idle now, at least one; all, where that cannot be told.

    The threads of a llama.cpp model wait for each other at every layer, so that one which must
    share its core slows all of them: on a busy machine fewer threads are several times as fast.
    """
    cores = usable_cores()
    before = _times(stat)
    if before is None:
        return cores
    time.sleep(_LOOK)
    after = _times(stat) or before
    total, idle = after[0] - before[0], after[1] - before[1]
    if total <= 0:
        return cores
    return max(1, min(cores, round(cores * idle / total)))


def _times(stat: Path) -> tuple[int, int] | None:
    """Return the processors' ticks so far: all, and those spent idle."""
    try:
        numbers = [int(n) for n in stat.read_text().split("\n", 1)[0].split()[1:]]
    except (OSError, ValueError):
        return None
    return (sum(numbers), numbers[3] + numbers[4]) if len(numbers) > 4 else None

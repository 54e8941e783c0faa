"""The most memory that a process had."""

import re
import resource
from pathlib import Path


def peak(pid: int | str = "self") -> int:
    """Return the most kilobytes that a process had since it began to run its program.

    Where there is no /proc, only that of this process is known, and nothing of others.
    """
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))
        return int(found[1]) if found else 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss if pid == "self" else 0

"""Output whose reader may leave before its end, as in `sofrito show RUN | head -1`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def reader_may_leave() -> Iterator[None]:
    """End a block early where nobody reads its output any more; what is written after goes nowhere."""
    try:
        yield
    except BrokenPipeError:
        let_go()


def let_go() -> None:
    """Lead each stream that nobody reads to nowhere: the interpreter's last flush would fail else."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            with suppress(OSError, ValueError):
                os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
        except ValueError:
            continue  # it is closed

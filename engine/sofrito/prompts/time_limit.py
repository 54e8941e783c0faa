"""A bound on how long a piece of Python may run."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType


class OutOfTime(BaseException):
    """The time is over. Not an Exception, so that nothing in between mistakes it for its own."""


@contextmanager
def time_limit(seconds: float) -> Iterator[Callable[[], object]]:
    """Raise :class:`OutOfTime` in what runs longer than so many seconds, counted from the start or
    from the last call of what is lent: several pieces share one handler, which is dear to set.

    By an alarm, which only the main thread of a POSIX process has; elsewhere there is no bound.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer"):
        yield _nothing
        return
    before = signal.signal(signal.SIGALRM, _over)
    again = partial(signal.setitimer, signal.ITIMER_REAL, seconds)
    again()
    try:
        yield again
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _nothing() -> None:
    """Start no clock."""


def _over(_: int, __: FrameType | None) -> None:
    raise OutOfTime

"""The requests beyond its first that one call makes: whoever counts requests is told before each."""

from contextvars import ContextVar
from typing import Protocol


class Posts(Protocol):
    """What a teacher tells of a call that one request did not answer."""

    def pause(self) -> None:
        """Say that the call's request has ended, and that another one may follow."""
        ...

    def unsent(self) -> None:
        """Say that the call's request was not sent yet; another one may follow."""
        ...

    async def resume(self) -> None:
        """Wait until one more request may be sent; it is counted from then on."""
        ...


class Uncounted:
    """For calls whose requests nobody counts."""

    def pause(self) -> None:
        """Do nothing."""

    def unsent(self) -> None:
        """Do nothing."""

    async def resume(self) -> None:
        """Return at once."""


_UNCOUNTED = Uncounted()

POSTS: ContextVar[Posts] = ContextVar("posts", default=_UNCOUNTED)
"""Of the call that is answered in this context."""

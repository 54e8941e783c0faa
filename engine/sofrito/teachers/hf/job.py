"""A call on its way from the event loop to the model's thread and back."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from sofrito.teachers.call import Call
from sofrito.teachers.result import Result


@dataclass(eq=False, slots=True)
class Job:
    """A call that waits for its result; made on the event loop, settled on any thread."""

    call: Call
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    future: "asyncio.Future[Result]" = field(init=False)

    def __post_init__(self) -> None:
        self.future = self.loop.create_future()

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits for the result."""
        return not self.future.done()

    def settle(self, result: Result | BaseException) -> None:
        """Hand over the result, or raise it where it is an exception; the first time only counts."""
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self.loop.call_soon_threadsafe(self._settle, result)

    def _settle(self, result: Result | BaseException) -> None:
        if self.future.done():
            return
        if isinstance(result, BaseException):
            self.future.set_exception(result)
        else:
            self.future.set_result(result)

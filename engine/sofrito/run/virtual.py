"""An event loop in which waiting takes no time: its clock leaps to what is due next."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Leaping(selectors.SelectSelector):
    """Instead of waiting, it moves the clock on."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready; nothing is waited for unless nothing is due at all."""
        if timeout is not None:
            self.now += max(timeout, 0.0)
        return super().select(None if timeout is None else 0)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.now


def run_virtually(main: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """Run a coroutine that waits for nothing outside of itself; return its result and its seconds."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        loop = runner.get_loop()
        result = runner.run(main)
        return result, loop.time()

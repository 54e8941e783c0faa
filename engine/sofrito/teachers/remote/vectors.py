"""Vectors of texts: calls that wait at the same time go as one request."""

import asyncio
import math
import struct
from collections.abc import Awaitable, Callable
from typing import Any

from sofrito.problems import Trouble
from sofrito.teachers.remote.wire import Hide, counts, not_an_answer
from sofrito.teachers.result import Embedded
from sofrito.teachers.teacher import Refused

MOMENT = 0.002
"""Seconds that a call waits for others to go with."""

Ask = Callable[[list[str]], Awaitable[list[Embedded]]]


class Gatherer:
    """Gathers texts into requests of at most ``most``; ``ask`` returns their vectors in order.

    Where a request of several is refused, each is asked for alone, so that one text that does not
    fit fails by itself. Any other exception reaches everyone who waits for that request.
    """

    def __init__(self, ask: Ask, most: int) -> None:
        self._ask, self._most = ask, most
        self._waiting: list[tuple[str, asyncio.Future[Embedded]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def vector(self, text: str) -> Embedded:
        """Return the vector of a text."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Embedded] = loop.create_future()
        self._waiting.append((text, future))
        if len(self._waiting) >= self._most:
            self._send()
        elif self._timer is None:
            self._timer = loop.call_later(MOMENT, self._send)
        return await future

    async def close(self) -> None:
        """Give up what is under way."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for task in (tasks := list(self._tasks)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _, future in self._waiting:
            future.cancel()
        self._waiting = []

    def _send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting = [(text, future) for text, future in self._waiting if not future.done()]
        self._waiting = []
        if waiting:
            task = asyncio.get_running_loop().create_task(self._answer(waiting))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, waiting: list[tuple[str, asyncio.Future[Embedded]]]) -> None:
        try:
            vectors = await self._ask([text for text, _ in waiting])
        except asyncio.CancelledError:
            for _, future in waiting:
                future.cancel()
            raise
        except Refused as e:
            if len(waiting) > 1:
                await asyncio.gather(*(self._answer([one]) for one in waiting))
                return
            _fail(waiting, e)
        except Exception as e:
            _fail(waiting, e)
        else:
            for (_, future), vector in zip(waiting, vectors, strict=True):
                if not future.done():
                    future.set_result(vector)


def _fail(waiting: list[tuple[str, asyncio.Future[Embedded]]], error: Exception) -> None:
    for _, future in waiting:
        if not future.done():
            future.set_exception(error)


def read_vectors(data: Any, number: int, hide: Hide) -> list[Embedded]:
    """Return the ``number`` vectors of a body of status 200, in the order of their texts.

    The tokens read are spread evenly: a server tells them for the whole request. Raises Transient
    for what is no such list, Trouble where the model has no vector of a text.
    """
    try:
        found = sorted(data["data"], key=lambda each: each["index"])
        if found and isinstance(found[0]["embedding"][0], list):
            raise Trouble(
                "The server gives a vector for each token and none for the whole text.",
                "Ask an embedding model, or start the server with a way of pooling.",
            )
        vectors = [_unit(each["embedding"]) for each in found]
        whole = [each["index"] for each in found] == list(range(number))
        read = counts(data)[0]
    except (KeyError, IndexError, TypeError, AttributeError, ValueError, struct.error) as e:
        raise not_an_answer(data, "a list of vectors", hide) from e
    if not whole or len({len(v) for v in vectors}) != 1:
        raise not_an_answer(data, f"a list of {number} vectors of one length", hide)
    share, rest = divmod(read, number)
    return [Embedded(v, share + (i < rest)) for i, v in enumerate(vectors)]


def _unit(values: list[float]) -> bytes:
    """Return a vector at length 1 as float32; raises ValueError for one without a direction."""
    length = math.sqrt(sum(v * v for v in values))
    if not values or not 0 < length < math.inf:
        raise ValueError(length)
    return struct.pack(f"<{len(values)}f", *(v / length for v in values))

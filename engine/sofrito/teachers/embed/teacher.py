"""A teacher that only embeds: what waits is embedded together, in a thread of its own."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from sofrito.teachers.call import Call, Embed
from sofrito.teachers.result import Embedded, Result
from sofrito.teachers.teacher import Refused, Teacher, unable

MOST = 256
"""Texts that are embedded together at most, and calls in flight."""


class Embedder(Protocol):
    """A loaded model, used from one thread."""

    def embed(self, texts: Sequence[str]) -> list[Embedded | Refused]:
        """Return the vector of each text, of length 1, or why there is none."""
        ...

    def close(self) -> None:
        """Free the model."""
        ...


_Waiting = tuple[str, asyncio.Future[Embedded]]


class EmbeddingTeacher(Teacher):
    """Answers Embed calls with a model that ``load`` loads at the first of them.

    ``what`` is how the model is called in messages. Calls that come while others are at work wait,
    and are then embedded together, at most ``MOST`` of them: no call waits for others to come.
    """

    concurrency = MOST

    def __init__(
        self, what: str, identity: Mapping[str, Any], load: Callable[[], Embedder]
    ) -> None:
        self._what, self.identity, self._load = what, identity, load
        self._embedder: Embedder | None = None
        self._waiting: list[_Waiting] = []
        self._work: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embed")
        self._closed = False

    async def answer(self, call: Call) -> Result:
        """Answer one call by its vector; Refused for a text that has none, Trouble for other kinds."""
        if not isinstance(call, Embed):
            raise unable(self._what, call, "Name another model for this step.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Embedded] = loop.create_future()
        self._waiting.append((call.text, future))
        if self._work is None:
            self._work = loop.create_task(self._all())
        return await future

    async def close(self) -> None:
        """Let what is at work end, and free the model; calling it twice is allowed."""
        if self._closed:
            return
        self._closed = True
        for _, future in self._waiting:
            future.cancel()
        if self._work is not None:
            await self._work
        await asyncio.get_running_loop().run_in_executor(self._thread, self._release)
        self._thread.shutdown()

    async def _all(self) -> None:
        """Embed what waits, batch by batch, until nothing does."""
        loop = asyncio.get_running_loop()
        try:
            while batch := self._next():
                texts = [text for text, _ in batch]
                try:
                    made = await loop.run_in_executor(self._thread, self._embed, texts)
                except BaseException as error:
                    _fail(batch, error)
                    continue
                for (_, future), one in zip(batch, made, strict=True):
                    _settle(future, one)
        finally:
            self._work = None

    def _next(self) -> list[_Waiting]:
        wanted = [one for one in self._waiting if not one[1].done()]
        batch, self._waiting = wanted[:MOST], wanted[MOST:]
        return batch

    def _embed(self, texts: Sequence[str]) -> list[Embedded | Refused]:
        if self._embedder is None:
            self._embedder = self._load()
        return self._embedder.embed(texts)

    def _release(self) -> None:
        if self._embedder is not None:
            self._embedder.close()
            self._embedder = None


def _settle(future: asyncio.Future[Embedded], made: Embedded | Refused) -> None:
    if future.done():
        return
    if isinstance(made, Refused):
        future.set_exception(made)
    else:
        future.set_result(made)


def _fail(batch: Sequence[_Waiting], error: BaseException) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)

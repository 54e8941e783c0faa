"""Processes that do one thing after another for this one, and are ended where they take too long."""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

from sofrito.problems import Trouble

_LONGEST = 1 << 24
_CODE = "import sys; sys.path[:0] = {}; from {} import main; main()"


class Gone(Exception):
    """A worker ended in the middle of its work."""


class Workers:
    """Up to ``most`` processes that answer a line of JSON with a line of JSON, started when needed.

    ``module`` has a `main` that reads lines until there are no more. They get no environment but
    ``environ``, and outlive no error: one that was stopped, or was left waiting, is ended.
    """

    def __init__(self, module: str, most: int, environ: Mapping[str, str] | None = None) -> None:
        self._module, self._environ = module, dict(environ or {})
        self._room = asyncio.Semaphore(most)
        self._idle: list[Process] = []
        self._all: set[Process] = set()

    async def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Return a worker's answer.

        Raises TimeoutError where there is none within so many seconds, Gone where the worker ended,
        Trouble where none can be started or it says that there is one.
        """
        async with self._room:
            worker = self._idle.pop() if self._idle else await self._started()
            try:
                async with asyncio.timeout(seconds):
                    answer = await _exchanged(worker, request)
            except BaseException:
                await self._end(worker)
                raise
            self._idle.append(worker)
        if "trouble" in answer:
            raise Trouble(str(answer["trouble"]), str(answer.get("fix", "")))
        return answer

    async def close(self) -> None:
        """End all of them."""
        for worker in list(self._all):
            await self._end(worker)
        self._idle.clear()

    async def _started(self) -> Process:
        path = [one for one in sys.path if one]
        try:
            worker = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                "-c",
                _CODE.format(path, self._module),
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                env=self._environ,
                limit=_LONGEST,
                start_new_session=True,  # an interrupt is for who asks, not for who works
            )
        except OSError as error:
            what = f"No process can be started: {error.strerror or error}."
            raise Trouble(what, "Close some programs and run the same command again.") from error
        self._all.add(worker)
        return worker

    async def _end(self, worker: Process) -> None:
        self._all.discard(worker)
        with suppress(ProcessLookupError):
            worker.kill()
        if worker.stdin is not None:
            worker.stdin.close()
        await worker.wait()


async def _exchanged(worker: Process, request: Mapping[str, Any]) -> dict[str, Any]:
    assert worker.stdin is not None
    assert worker.stdout is not None
    try:
        worker.stdin.write(orjson.dumps(request) + b"\n")
        await worker.stdin.drain()
        line = await worker.stdout.readline()
        answer = orjson.loads(line)
    except (OSError, ValueError) as error:
        raise Gone from error
    if not isinstance(answer, dict):
        raise Gone
    return answer


def cores() -> int:
    """Return how many processes may work at once: as many as this one may use processors."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(count or 1, 8))

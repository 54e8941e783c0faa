"""A batch job from its file to its results, made once and never lost sight of."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson

from sofrito.teachers.remote.batch_client import BatchClient, Standing
from sofrito.teachers.remote.batch_jobs import Job, JobStore
from sofrito.teachers.remote.batch_lines import Line, key_of
from sofrito.teachers.remote.batch_pace import Pace
from sofrito.teachers.remote.wire import Failure

_GRACE = 10.0
_UNKNOWN = 3
"""Looks in a row at which a server does not know a job, before it is taken as forgotten."""


@dataclass(frozen=True, slots=True)
class Results:
    """What came of a job: a line by key, and the keys without one; ``status`` and words are the server's.

    A job that was never made, or that the server has forgotten, has status "unknown".
    """

    lines: Sequence[Line]
    missing: Sequence[bytes]
    status: str
    words: str = ""


class JobRunner:
    """Makes jobs and brings their results; ``running`` are those under way, by their id here.

    What a later try may mend is tried again; Trouble and Failure are raised.
    """

    def __init__(self, client: BatchClient, pace: Pace) -> None:
        self.running: dict[int, Job] = {}
        self._standings: dict[int, Standing] = {}
        self._making: set[asyncio.Task[Job]] = set()
        self._client, self._pace = client, pace

    @property
    def said(self) -> str:
        """Which jobs are waited for and how far they are, or ""."""
        if not self.running:
            return ""
        done = total = 0
        for job in self.running.values():
            seen = self._standings.get(job.id)
            done += seen.done if seen else 0
            total += (seen.total if seen else 0) or len(job.keys)
        names = [job.batch or "one just made" for job in self.running.values()]
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        what = "the batch job" if len(names) == 1 else f"{len(names)} batch jobs"
        return f"waits for {what} ({shown}): {done:,} of {total:,} calls done"

    async def make(self, jobs: JobStore, url: str, keys: Sequence[bytes], data: bytes) -> Job:
        """Make a job of a file's bytes, and remember it before and after it is made."""
        file = await self._pace.patiently(lambda: self._client.upload(data))
        # From here on there may be a job: whoever is interrupted still learns its id.
        task = asyncio.get_running_loop().create_task(self._make(jobs, url, keys, file))
        self._making.add(task)
        task.add_done_callback(self._making.discard)
        return await asyncio.shield(task)

    async def _make(self, jobs: JobStore, url: str, keys: Sequence[bytes], file: str) -> Job:
        job = await asyncio.to_thread(jobs.plan, self._client.where, file, keys, time.time())
        self.running[job.id] = job
        try:
            made = await self._once(job, url)
        except BaseException as error:
            del self.running[job.id]
            if isinstance(error, Failure):
                jobs.release(job.keys)
            raise
        job = self.running[job.id] = jobs.made(job, made.name)
        return job

    async def close(self) -> None:
        """Wait for the ids of jobs that are being made, but not for long."""
        making = set(self._making)
        if making:
            await asyncio.wait(making, timeout=_GRACE)
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    async def _once(self, job: Job, url: str) -> Standing:
        """Make a job once, whatever becomes of the server's answer to that."""
        tried = False

        async def make() -> Standing:
            nonlocal tried
            if tried and (found := await self._client.find(job)):
                return found
            tried = True
            return await self._client.make(job, url)

        return await self._pace.patiently(make)

    async def results(self, jobs: JobStore, job: Job) -> Results:
        """Wait for the end of a job and return what came of it."""
        self.running[job.id] = job
        try:
            if not job.batch:
                found = await self._look_for(job)
                if found is None:
                    return Results((), job.keys, "unknown")
                job = self.running[job.id] = jobs.made(job, found.name)
            standing = await self._end_of(job)
            if standing is None:
                return Results((), job.keys, "unknown")
            return await self._read(job, standing)
        finally:
            del self.running[job.id]
            self._standings.pop(job.id, None)

    async def _look_for(self, job: Job) -> Standing | None:
        """Return the job of a process that died before it learned the id; None if it was not made."""
        while True:
            found = await self._pace.patiently(lambda: self._client.find(job))
            if found or time.time() - job.planned >= self._pace.found:
                return found
            await self._pace.rest(self._pace.look)

    async def _end_of(self, job: Job) -> Standing | None:
        """Return how a job ended, or None when the server has forgotten it."""
        wait, unknown = self._pace.look, 0
        while unknown < _UNKNOWN:
            await self._pace.rest(wait)
            wait = min(1.5 * wait, self._pace.most)
            try:
                standing = await self._pace.patiently(lambda: self._client.look(job.batch))
            except Failure as error:
                if error.status != 404:
                    raise
                unknown += 1
                continue
            unknown, self._standings[job.id] = 0, standing
            if standing.ended:
                return standing
        return None

    async def _read(self, job: Job, standing: Standing) -> Results:
        """Read the results, then the errors; the first line of a key counts."""
        found: dict[bytes, bytes] = {}
        for file in filter(None, (standing.output, standing.errors)):
            for key, line in await self._pace.patiently(lambda f=file: self._lines(f)):  # type: ignore[misc]
                found.setdefault(key, line)
        return Results(
            [(key, found[key]) for key in job.keys if key in found],
            [key for key in job.keys if key not in found],
            standing.status,
            standing.words,
        )

    async def _lines(self, file: str) -> Iterable[Line]:
        found: list[Line] = []
        try:
            async with aclosing(self._client.lines(file)) as lines:
                async for line in lines:
                    key = key_of(_json(line))
                    if key is not None:
                        found.append((key, line))
        except Failure as error:
            if error.status not in (404, 410):
                raise  # a file that the server keeps no longer is one without lines
        return found


def _json(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return None

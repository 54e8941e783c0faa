"""Batch jobs as they are remembered: which job holds which calls."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Job:
    """A job at ``server`` (its base URL) with the calls of ``keys`` (16 bytes each).

    It is remembered before it is made: ``batch``, the server's id, is "" until the server has told
    it. ``token`` (in the job's metadata) and ``file`` (the uploaded file's id) find a job that was
    made by a process that died before it learned the id. ``planned`` is in seconds since 1970.
    """

    id: int
    server: str
    token: str
    file: str
    planned: float
    keys: tuple[bytes, ...]
    batch: str = ""


class JobStore(Protocol):
    """Remembers jobs durably; each method has stored what it says when it returns.

    A key belongs to one job at most: the last one it was sent with. A job without keys is forgotten.
    """

    def jobs(self, server: str) -> list[Job]:
        """Return the jobs at a server that hold a call whose answer is not known yet."""
        ...

    def plan(self, server: str, file: str, keys: Sequence[bytes], now: float) -> Job:
        """Remember a job that is about to be made, with a new token."""
        ...

    def made(self, job: Job, batch: str) -> Job:
        """Remember the id that the server gave to a job; return the job with it."""
        ...

    def release(self, keys: Iterable[bytes]) -> None:
        """Forget which job holds these calls: they are to be asked again."""
        ...


def new_token() -> str:
    """Return a name that no other job has."""
    return uuid.uuid4().hex


class MemoryJobs:
    """Jobs remembered for as long as the process lives."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}
        self._last = 0

    def jobs(self, server: str) -> list[Job]:
        """Return the jobs at a server that hold a call."""
        return [job for job in self._jobs.values() if job.server == server]

    def plan(self, server: str, file: str, keys: Sequence[bytes], now: float) -> Job:
        """Remember a job that is about to be made."""
        self.release(keys)
        self._last += 1
        job = Job(self._last, server, new_token(), file, now, tuple(keys))
        self._jobs[job.id] = job
        return job

    def made(self, job: Job, batch: str) -> Job:
        """Remember the server's id of a job."""
        named = replace(job, batch=batch)
        if job.id in self._jobs:
            self._jobs[job.id] = replace(self._jobs[job.id], batch=batch)
        return named

    def release(self, keys: Iterable[bytes]) -> None:
        """Forget which job holds these calls."""
        gone = set(keys)
        left = (
            replace(j, keys=tuple(k for k in j.keys if k not in gone)) for j in self._jobs.values()
        )
        self._jobs = {job.id: job for job in left if job.keys}

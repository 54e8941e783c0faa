"""What is run in a sandbox, and how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

OUTPUT = 1_000_000
"""Bytes that a program may print; one that prints more is stopped."""


@dataclass(frozen=True, slots=True)
class Job:
    """A Python program and the tests that run after it, in its namespace.

    It may take so many seconds, and have so many megabytes (2^20 bytes) of memory.
    """

    program: str
    tests: str
    seconds: float
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: ``reason`` is "" where all tests passed, else a class of failures.

    assertion, exception, syntax, exit (the program left before the tests were through), forged (it
    made them pass without doing what they ask), time, memory, output, crash. ``detail`` is about
    this run.
    """

    reason: str = ""
    detail: str = ""


class Runner(Protocol):
    """A sandbox. Raises Trouble where it cannot be had."""

    concurrency: int
    """The most runs at once."""

    identity: Mapping[str, Any]
    """What of it decides how a program ends."""

    async def run(self, job: Job) -> Ended:
        """Run a program and its tests to their end, or stop them."""
        ...

    async def close(self) -> None:
        """End what it has started; calling it twice is allowed."""
        ...

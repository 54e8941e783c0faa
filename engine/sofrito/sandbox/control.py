"""Runs what passed once more, where it cannot pass: a program that passes there forged its success."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace

from sofrito.sandbox.job import Ended, Job

Once = Callable[[Job, bool], Awaitable[Ended]]
"""One run of a job, whose comparisons are probed or not."""


async def controlled(job: Job, once: Once) -> Ended:
    """Return how a job ends; reason `forged` where it passes, and passes too where nothing can.

    A program shares its interpreter with its tests, and can make them pass without doing what they
    ask: it replaces what they use, writes the report itself, or returns what equals anything. What
    passes is run again in a new process, where the tests end in an error that nobody could foresee,
    and where their comparisons are probed. One that fails there otherwise fails for that reason. It
    costs what passes twice its time. A program that reads the tests and knows this very control is
    not found out by it.
    """
    ended = await once(job, False)
    if ended.reason:
        return ended
    mark = secrets.token_hex(16)
    failing = f"{job.tests}\nraise AssertionError({mark!r})"
    again = await once(replace(job, tests=failing), True)
    if again.reason == "assertion" and mark in again.detail:
        return ended
    if not again.reason:
        return Ended("forged", "its tests pass where they cannot")
    return again

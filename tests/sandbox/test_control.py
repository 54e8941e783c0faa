"""What passes is run again where it cannot pass."""

import asyncio

import pytest

from sofrito.sandbox import Ended, Job
from sofrito.sandbox.control import controlled

JOB = Job("program", "tests", 1.0, 64)
FORGED = Ended("forged", "its tests pass where they cannot")


def outcome(first: Ended, again: Ended | None) -> tuple[Ended, list[bool]]:
    """Return how a job ends, and whether each run was probed; None is an end by the added error."""
    runs: list[bool] = []

    async def once(job: Job, probed: bool) -> Ended:
        runs.append(probed)
        if not probed:
            assert job == JOB
            return first
        assert job.tests.startswith("tests\nraise AssertionError(")
        mark = job.tests.split("'")[1]
        return again or Ended("assertion", f"tests, line 2: AssertionError: {mark}")

    return asyncio.run(controlled(JOB, once)), runs


@pytest.mark.parametrize(
    ("first", "again", "ended", "runs"),
    [
        (Ended("time", "late"), None, Ended("time", "late"), 1),
        (Ended(), None, Ended(), 2),
        (Ended(), Ended(), FORGED, 2),
        (Ended(), Ended("forged", "it equals"), Ended("forged", "it equals"), 2),
        (Ended(), Ended("assertion", "line 1"), Ended("assertion", "line 1"), 2),
    ],
)
def test_what_passes_is_run_again(
    first: Ended, again: Ended | None, ended: Ended, runs: int
) -> None:
    assert outcome(first, again) == (ended, [False, True][:runs])

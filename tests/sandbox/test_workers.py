"""Processes that work for this one: used again, ended where they are late, replaced where they end."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from sofrito.problems import Trouble
from sofrito.sandbox.workers import Gone, Workers

MINUTE = 60.0


def with_workers(work: Callable[[Workers], Awaitable[Any]], most: int = 2) -> Any:
    async def go() -> Any:
        workers = Workers("echo_worker", most)
        try:
            return await work(workers)
        finally:
            await workers.close()
            await workers.close()

    return asyncio.run(go())


def test_a_worker_answers_and_is_used_again() -> None:
    async def work(workers: Workers) -> list[dict[str, Any]]:
        return [await workers.ask({"n": n}, MINUTE) for n in range(3)]

    said = with_workers(work)
    assert [one["n"] for one in said] == [0, 1, 2]
    assert len({one["pid"] for one in said}) == 1


def test_no_more_work_at_once_than_allowed() -> None:
    async def work(workers: Workers) -> Any:
        asked = (workers.ask({"n": n, "sleep": 0.05}, MINUTE) for n in range(6))
        return await asyncio.gather(*asked)

    said = with_workers(work, most=2)
    assert [one["n"] for one in said] == list(range(6))
    assert len({one["pid"] for one in said}) <= 2


@pytest.mark.parametrize(
    ("request_", "seconds", "error"),
    [
        ({"sleep": 600}, 0.2, TimeoutError),
        ({"die": True}, MINUTE, Gone),
        ({"nonsense": True}, MINUTE, Gone),
        ({"trouble": "no.", "fix": "Mend it."}, MINUTE, Trouble),
    ],
)
def test_what_has_no_answer_is_told_and_the_next_is_answered(
    request_: dict[str, Any], seconds: float, error: type[Exception]
) -> None:
    async def work(workers: Workers) -> dict[str, Any]:
        with pytest.raises(error):
            await workers.ask(request_, seconds)
        return await workers.ask({"n": 1}, MINUTE)

    assert with_workers(work)["n"] == 1


def test_one_that_is_no_longer_waited_for_is_ended() -> None:
    async def work(workers: Workers) -> tuple[int, int]:
        before = await workers.ask({}, MINUTE)
        waiting = asyncio.create_task(workers.ask({"sleep": 600}, 2 * MINUTE))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        after = await workers.ask({}, MINUTE)
        return before["pid"], after["pid"]

    before, after = with_workers(work, most=1)
    assert before != after

"""The mock server that tests and benchmarks ask: its answers and its faults, over real sockets."""

import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import mock_server
import pytest
from mock_server import FAULTS, MockServer

from sofrito.teachers.call import Completion, Message
from sofrito.teachers.remote.teacher import OpenAITeacher
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Transient

Act = Callable[[OpenAITeacher], Awaitable[Any]]


def with_server(act: Act, timeout: float = 30.0, **settings: Any) -> tuple[Any, MockServer]:
    async def run() -> tuple[Any, MockServer]:
        async with MockServer(**settings) as server:
            teacher = OpenAITeacher(server.base_url, "m", timeout=timeout)
            try:
                return await act(teacher), server
            finally:
                await teacher.close()

    return asyncio.run(run())


def asking(number: int, seed: int = 0) -> Act:
    """Ask ``number`` different calls at once, and return the kinds of what came of them."""

    async def act(teacher: OpenAITeacher) -> list[Any]:
        calls = [Completion("t", (Message("user", f"{seed} {i}"),)) for i in range(number)]
        return await asyncio.gather(*map(teacher.answer, calls), return_exceptions=True)

    return act


def test_equal_requests_have_equal_answers_in_any_order() -> None:
    (first, second), _ = with_server(lambda t: asyncio.gather(asking(20)(t), asking(20)(t)))
    assert first == second
    assert all(isinstance(answer, Answer) for answer in first)
    assert len({answer.text for answer in first}) > 5


CAUSES = {
    "429": ("overloaded", None),
    "429 wait": ("overloaded", 2.5),
    "500": ("server error", None),
    "503": ("overloaded", None),
    "reset": ("unreachable", None),
    "half": ("bad answer", None),
    "invalid": ("bad answer", None),
    "wrong": ("bad answer", None),
    "stall": ("time-out", None),
}


@pytest.mark.parametrize("fault", CAUSES)
def test_a_fault_is_what_it_is_called(fault: str) -> None:
    timeout = 0.3 if fault == "stall" else 30.0
    (raised,), server = with_server(asking(1), timeout, script=[fault], retry_after=2.5)
    assert isinstance(raised, Transient)
    assert (raised.cause, raised.retry_after) == CAUSES[fault]
    assert server.happened == {fault: 1}


def test_every_fault_has_a_test() -> None:
    assert {*CAUSES, "401", "misfit", "duplicate"} == set(FAULTS)


def test_a_duplicate_repeats_another_call_s_answer() -> None:
    async def act(teacher: OpenAITeacher) -> list[Any]:
        return [*(await asking(1, 1)(teacher)), *(await asking(1, 2)(teacher))]

    (first, second), _ = with_server(act, script=["ok", "duplicate"])
    assert first == second


def test_rates_follow_from_the_seed() -> None:
    async def act(teacher: OpenAITeacher) -> list[Any]:
        return [type((await asking(1, i)(teacher))[0]) for i in range(40)]

    faults = {"500": 0.3, "429": 0.1}
    (one, server), (again, _), (other, _) = (
        with_server(act, faults=faults, seed=seed) for seed in (1, 1, 2)
    )
    assert one == again != other
    assert server.happened.total() == one.count(Transient)
    assert 0 < server.happened["429"] < server.happened["500"]


def test_above_its_capacity_it_refuses() -> None:
    results, server = with_server(asking(10), capacity=4, latency=0.2)
    assert sum(isinstance(r, Answer) for r in results) == 4
    assert {r.retry_after for r in results if isinstance(r, Transient)} == {1.0}
    assert (server.peak, server.happened) == (4, {"refused": 6})


def test_above_its_capacity_it_lets_wait() -> None:
    results, server = with_server(asking(10), capacity=4, over="queue", latency=0.01)
    assert all(isinstance(r, Answer) for r in results)
    assert (server.peak, server.requests) == (4, 10)


def test_the_client_opens_no_more_connections_than_it_needs() -> None:
    async def act(teacher: OpenAITeacher) -> None:
        for seed in range(5):
            await asking(8, seed)(teacher)

    _, server = with_server(act, latency=0.01)
    assert (server.requests, server.connections) == (40, 8)


def test_a_fault_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="no such fault: sulk"):
        MockServer(faults={"sulk": 1.0})


def test_a_process_of_its_own_prints_where_it_is() -> None:
    command = [sys.executable, str(Path(mock_server.__file__)), "--fault", "401=1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            base_url = process.stdout.readline().strip()
            with urllib.request.urlopen(f"{base_url}/models", timeout=30) as response:
                listed = json.load(response)
            with urllib.request.urlopen(f"{base_url[:-3]}/stats", timeout=30) as response:
                stats = json.load(response)
        finally:
            process.terminate()
    assert listed == {"object": "list", "data": [{"id": "mock", "object": "model"}]}
    assert (stats["requests"], stats["connections"], stats["faults"]) == (0, 2, {})

"""Budgets and limits by the minute, as a server that misbehaves counts what it did itself."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from chat_server import completion, error, hang_up, raw, reply, reset, serving

from sofrito.run.blame import Patience
from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.journal import MemoryJournal, total
from sofrito.run.minute import Rate
from sofrito.run.prices import Declared
from sofrito.steps.work import Told
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.remote.teacher import OpenAITeacher

PRICE = Declared(1.0, 2.0)
SCHEMA = {
    "type": "object",
    "properties": {f"property_{i}": {"type": "string"} for i in range(30)},
    "required": [f"property_{i}" for i in range(30)],
}


@dataclass
class Meter:
    """A server that writes as much as it may, and notes what it did; ``how`` says what it tells."""

    how: str
    luck: random.Random = field(default_factory=lambda: random.Random(1))
    tokens: int = 0
    usd: float = 0.0
    posts: int = 0

    async def scene(self, request: Any) -> Any:
        self.posts += 1
        body = await request.json()
        if self.how == "no format" and "response_format" in body:
            return await error(400, "response_format is not supported")(request)
        sent = [body["messages"], body.get("response_format", "")]
        read, written = len(orjson.dumps(sent)) // 2, body.get("max_tokens", 4000)
        self.tokens += read + written
        self.usd += PRICE.usd(read, written)
        usage = {"prompt_tokens": read, "completion_tokens": written}
        told = {**completion("{}"), "usage": usage}
        if self.how == "faults":
            lost = self.luck.choice([reset, hang_up, raw("<html>"), None, None])
            if lost is not None:
                return await lost(request)
        match self.how:
            case "no usage":
                told.pop("usage")
            case "filtered":
                told["choices"][0]["finish_reason"] = "content_filter"
            case "malformed":
                told.pop("choices")
        return await reply(told)(request)


@dataclass
class Done:
    calls: Calls
    told: list[Told]
    journal: MemoryJournal


def asked(
    meter: Meter,
    number: int,
    limits: Limits,
    rates: Mapping[str, Rate] | None = None,
    journal: MemoryJournal | None = None,
    **call: Any,
) -> Done:
    """Ask calls of a server until nothing more is asked."""

    async def run(act: Callable[[str], Awaitable[Done]]) -> Done:
        async with serving([meter.scene]) as server:
            return await act(server.base_url)

    async def act(url: str) -> Done:
        teacher = OpenAITeacher(url, "m", concurrency=8)
        wake, kept, told = asyncio.Event(), journal or MemoryJournal(), list[Told]()
        patience = Patience(tries=3, tries_at_first=3, first=0.01, most=0.02)
        calls = Calls(
            {"m": teacher},
            kept,
            Budget(limits, total(kept.spent())),
            wake=wake.set,
            patience=patience,
            rates=rates,
            tariffs={"m": PRICE},
        )
        calls.ask(
            (n, Completion("m", (Message("user", f"q{n}"),), **call), told.append, lambda: True)
            for n in range(number)
        )
        calls.start()
        while calls.busy and calls.trouble is None and len(told) < number:
            try:
                await asyncio.wait_for(wake.wait(), 0.5 if rates else None)
            except TimeoutError:
                break  # nothing more is sent in this minute
            wake.clear()
            calls.start()
        await calls.close()
        await teacher.close()
        return Done(calls, told, kept)

    return asyncio.run(run(act))


@pytest.mark.parametrize("schema", [None, SCHEMA])
@pytest.mark.parametrize(
    "how", ["tells", "no usage", "filtered", "malformed", "no format", "faults"]
)
@pytest.mark.parametrize("sampling", [{}, {"max_tokens": 20}])
def test_no_more_is_spent_than_allowed_by_the_server_s_own_count(
    how: str, schema: Any, sampling: dict[str, Any]
) -> None:
    for limits in (Limits(tokens=12_000), Limits(usd=0.02)):
        meter = Meter(how)
        done = asked(meter, 40, limits, schema=schema, sampling=sampling)
        assert meter.tokens <= (limits.tokens or 10**9)
        assert meter.usd <= (limits.usd or 10**9)
        assert done.told or done.calls.trouble or how in ("malformed", "faults")


@pytest.mark.parametrize("how", ["malformed", "no usage"])
def test_a_budget_holds_over_sessions_that_brought_nothing(how: str) -> None:
    meter, journal = Meter(how), MemoryJournal()
    for _ in range(3):
        asked(meter, 40, Limits(tokens=6_000), journal=journal)
        assert meter.tokens <= 6_000


def test_what_nobody_told_is_journaled_as_what_was_reserved() -> None:
    meter = Meter("no usage")
    done = asked(meter, 3, Limits(tokens=10_000), sampling={"max_tokens": 20})
    spent = total(done.journal.spent())
    assert spent.tokens == 3 * (2 + 64 + 20) >= meter.tokens
    assert done.calls.totals.models["m"].assumed == 3


@pytest.mark.parametrize("most", [6, 20])
def test_requests_that_find_out_how_to_ask_count_by_the_minute(most: int) -> None:
    meter = Meter("no format")
    done = asked(meter, 60, Limits(), {"m": Rate(calls=most)}, schema=SCHEMA)
    assert done.calls.trouble is None
    assert meter.posts == most

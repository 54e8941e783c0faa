"""Servers in the calls: what they bear is found, shared by models, held by Retry-After, limited by the minute."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from storm import VirtualLoop

from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.journal import MemoryJournal, Spent, total
from sofrito.run.minute import Rate
from sofrito.run.prices import Declared, Tariff
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Teacher, Transient


@dataclass
class Shared:
    """The server behind some teachers: room for so many calls, and when each was sent and answered."""

    room: int = 10**9
    retry_after: float | None = None
    seconds: float = 1.0
    busy: int = 0
    most: int = 0
    refused: int = 0
    sent: list[float] = field(default_factory=list)


@dataclass
class Remote(Teacher):
    """A teacher of a server."""

    shared: Shared
    concurrency: int = 0
    server: str = "here model"
    identity: Mapping[str, str] = field(default_factory=lambda: {"backend": "test"})

    async def answer(self, call: Completion) -> Answer:
        shared = self.shared
        shared.sent.append(asyncio.get_running_loop().time())
        if shared.busy >= shared.room:
            shared.refused += 1
            await asyncio.sleep(0.01)
            raise Transient("overloaded", "429", retry_after=shared.retry_after)
        shared.busy += 1
        shared.most = max(shared.most, shared.busy)
        await asyncio.sleep(shared.seconds)
        shared.busy -= 1
        return Answer("ok", "stop", 60, 50)

    async def close(self) -> None:
        pass


@dataclass
class Asked:
    calls: Calls
    journal: MemoryJournal
    seconds: float
    notices: set[str]


def asked(
    teachers: dict[str, Remote],
    each: int,
    *,
    rates: Mapping[str, Rate] | None = None,
    tariffs: Mapping[str, Tariff | None] | None = None,
    limits: Limits | None = None,
) -> Asked:
    """Ask each teacher so many calls and return how it went."""
    notices: set[str] = set()

    async def go() -> Asked:
        wake, journal = asyncio.Event(), MemoryJournal()
        calls = Calls(
            teachers,
            journal,
            Budget(limits or Limits(), Spent()),
            wake=wake.set,
            chance=random.Random(1),
            rates=rates,
            tariffs=tariffs,
        )
        prompts = [
            (n, Completion(name, (Message("user", f"{name} {n}"),), {"max_tokens": 60}))
            for n in range(each)
            for name in teachers
        ]
        calls.ask([(n, call, lambda _: None, lambda: True) for n, call in prompts])
        calls.start()
        while calls.busy and calls.trouble is None:
            notices.update(calls.notices())
            await wake.wait()
            wake.clear()
            calls.start()
        seconds = asyncio.get_running_loop().time()
        await calls.close()
        if calls.trouble:
            raise calls.trouble
        return Asked(calls, journal, seconds, notices)

    loop = VirtualLoop()
    try:
        return loop.run_until_complete(go())
    finally:
        loop.close()


def test_two_models_of_one_server_share_what_it_bears() -> None:
    shared = Shared(room=30)
    done = asked({"a": Remote(shared), "b": Remote(shared)}, 1_000)
    assert done.calls.totals.answered == 2_000
    assert shared.most == 30
    assert shared.refused < 150
    assert done.seconds < 2_000 / 30 * 1.6
    assert any(notice.startswith("a: server busy: ") for notice in done.notices)


def test_models_of_two_servers_do_not_share() -> None:
    one, other = Shared(room=4), Shared()
    asked({"a": Remote(one), "b": Remote(other, server="there model")}, 300)
    assert one.most == 4
    assert other.most > 30


def test_concurrency_is_the_ceiling() -> None:
    shared = Shared()
    asked({"a": Remote(shared, concurrency=40)}, 400)
    assert shared.most == 40


def test_retry_after_holds_the_whole_server() -> None:
    shared = Shared(room=10, retry_after=30.0)
    done = asked({"a": Remote(shared)}, 60)
    assert done.calls.totals.answered == 60
    assert shared.refused > 0
    # a pause of 30 s follows each moment of refusals: what is sent comes in few bursts
    pauses = [b - a for a, b in zip(shared.sent, shared.sent[1:], strict=False) if b - a > 25]
    assert len(pauses) >= 1
    assert shared.refused <= 25 * len(pauses)
    assert "a: server asks to wait 30 s" in done.notices


def test_calls_a_minute_are_never_exceeded_retries_included() -> None:
    shared = Shared(room=5)
    asked({"a": Remote(shared), "b": Remote(shared)}, 40, rates={"a": Rate(calls=20)})
    for start in shared.sent:
        assert sum(start <= at < start + 59.999 for at in shared.sent) <= 20


def test_tokens_a_minute_are_never_exceeded() -> None:
    shared = Shared()
    done = asked({"a": Remote(shared)}, 40, rates={"a": Rate(tokens=1_500)})
    for start in shared.sent:
        assert sum(start <= at < start + 59.999 for at in shared.sent) * 110 <= 1_500
    # 110 tokens each leave room for thirteen a minute; what is reserved is little more
    assert done.seconds < 60 * 6


PRICE = Declared(1.0, 2.0)  # 60 tokens read and 50 written are 0.00016 dollars


def test_what_is_paid_is_counted_for_each_model_and_stored() -> None:
    teachers = {"a": Remote(Shared()), "b": Remote(Shared(), server="x"), "c": Remote(Shared())}
    done = asked(teachers, 10, tariffs={"a": PRICE, "b": None})
    bills = {
        name: (round(bill.usd, 9), bill.unpriced) for name, bill in done.calls.totals.models.items()
    }
    assert bills == {"a": (0.0016, 0), "b": (0.0, 10), "c": (0.0, 0)}
    spent = total(done.journal.spent())
    assert (spent.calls, spent.tokens, round(spent.usd, 9), spent.unpriced) == (
        30,
        3_300,
        0.0016,
        10,
    )


def test_money_is_reserved_before_it_is_spent() -> None:
    """A prompt of 3 or 4 bytes reserves 67 or 68 tokens read and 60 written, and costs 0.00016 dollars."""
    done = asked({"a": Remote(Shared())}, 200, tariffs={"a": PRICE}, limits=Limits(usd=0.01))
    answered = done.calls.totals.answered
    assert done.calls.totals.usd <= 0.01
    assert answered == 62  # 62 cost 0.00992, and no other one fits
    assert done.calls.out_of_budget == (
        "the next call may cost up to $0.00019 and $0.0099 of budget.usd's $0.01 is spent "
        "(a lower `max_tokens` makes calls cost less at most)"
    )

"""Asking: retries, final failures, a dead server, single flight, budgets."""

import asyncio
import random
from collections.abc import Callable, Iterable

import pytest
from storm import VirtualLoop

from sofrito.problems import Trouble
from sofrito.run.answers import pack
from sofrito.run.blame import Patience
from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.journal import MemoryJournal, Spent
from sofrito.steps.work import Told
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Refused, Teacher, Transient, Unmade

Reply = Callable[[str, int], Answer]


class Server(Teacher):
    """Answers by the prompt and how often it was asked."""

    def __init__(self, reply: Reply, concurrency: int = 4) -> None:
        self.reply, self.concurrency = reply, concurrency
        self.asked: list[tuple[float, str]] = []
        self.identity = {"backend": "test"}

    async def answer(self, call: Completion) -> Answer:
        prompt = call.messages[-1].content
        self.asked.append((asyncio.get_running_loop().time(), prompt))
        await asyncio.sleep(0.1)
        return self.reply(prompt, sum(p == prompt for _, p in self.asked))

    async def close(self) -> None:
        pass

    def prompts(self) -> list[str]:
        return [prompt for _, prompt in self.asked]


OK = Answer("ok", "stop", 3, 2)


def asked(
    prompts: list[str],
    server: Server,
    *,
    limits: Limits | None = None,
    answers: dict[bytes, bytes] | None = None,
    journal: MemoryJournal | None = None,
    tariffs: dict[str, None] | None = None,
) -> tuple[dict[str, Answer | Refused], Calls]:
    """Ask all the prompts and return what was told, and the calls."""
    told: dict[str, Answer | Refused] = {}
    made: list[Calls] = []

    async def go() -> None:
        wake = asyncio.Event()
        calls = Calls(
            {"m": server},
            journal or MemoryJournal(answers),
            Budget(limits or Limits(), Spent()),
            wake=wake.set,
            patience=Patience(tries=4, tries_at_first=3, first=1.0, most=8.0),
            chance=random.Random(1),
            tariffs=tariffs,
        )
        made.append(calls)

        def waiter(prompt: str) -> Callable[[Told], None]:
            return lambda one: told.__setitem__(prompt, one.answer)

        calls.ask(
            [
                (n, Completion("m", (Message("user", p),)), waiter(p), lambda: True)
                for n, p in enumerate(prompts)
            ]
        )
        calls.start()
        try:
            while calls.busy and calls.trouble is None:
                await wake.wait()
                wake.clear()
                calls.start()
            if calls.trouble:
                raise calls.trouble
        finally:
            await calls.close()

    loop = VirtualLoop()
    try:
        loop.run_until_complete(go())
    finally:
        loop.close()
    return told, made[0]


def test_a_passing_failure_is_asked_again() -> None:
    def reply(_: str, time: int) -> Answer:
        if time < 3:
            raise Transient("overloaded", "429")
        return OK

    server = Server(reply)
    # it answered nothing before, so it has three tries
    told, calls = asked(["a"], server)
    assert told == {"a": OK}
    assert (calls.totals.asked, calls.totals.tries, calls.totals.answered) == (1, 3, 1)


def test_waiting_follows_the_server_where_it_says_how_long() -> None:
    def reply(_: str, time: int) -> Answer:
        if time == 1:
            raise Transient("overloaded", "429", retry_after=17.0)
        return OK

    server = Server(reply)
    asked(["a"], server)
    (first, _), (second, _) = server.asked
    assert 17.1 <= second - first <= 0.1 + 1.1 * 17  # a little longer by chance, not all at once


def test_at_once_is_no_time_to_wait() -> None:
    """A server that is full and says "Retry-After: 0" is not stormed."""

    def reply(_: str, time: int) -> Answer:
        if time < 3:
            raise Transient("overloaded", "429", retry_after=0.0)
        return OK

    server = Server(reply)
    asked(["a"], server)
    first, second, third = (at for at, _ in server.asked)
    assert second - first >= 0.1 + 0.5
    assert third - second >= 0.1 + 1.0


def test_where_the_budget_allows_no_probe_the_run_ends_by_the_budget() -> None:
    def reply(_: str, __: int) -> Answer:
        raise Transient("bad answer", "half of it")

    told, calls = asked(["a"], Server(reply), limits=Limits(calls=3))
    assert [(one.cause, one.journaled) for one in told.values() if isinstance(one, Refused)] == [
        ("bad answer", False)
    ]
    assert calls.totals.tries == 3


def test_only_answers_are_counted_as_unpriced() -> None:
    def reply(_: str, time: int) -> Answer:
        if time < 3:
            raise Transient("overloaded", "429")
        return OK

    journal = MemoryJournal()
    asked(["a"], Server(reply), journal=journal, tariffs={"m": None})
    assert journal.spent() == {"m": Spent(3, 5, 0.0, unpriced=1)}


def test_what_tries_without_an_answer_cost_is_remembered() -> None:
    def reply(_: str, __: int) -> Answer:
        raise Transient("bad answer", "half of it", spent=(5, 7))

    journal = MemoryJournal()
    asked(["a"], Server(reply), limits=Limits(calls=3), journal=journal)
    assert journal.spent() == {"m": Spent(3, 36)}


def test_a_dead_server_stops_the_run_and_fails_no_row() -> None:
    def reply(_: str, __: int) -> Answer:
        raise Transient("unreachable", "connection refused")

    with pytest.raises(Trouble) as error:
        asked(["a", "b"], Server(reply))
    assert (
        error.value.what == "The teacher does not answer (unreachable, 3 tries): connection refused"
    )


def test_only_a_prompt_that_fails_while_others_succeed_fails_for_good() -> None:
    def reply(prompt: str, _: int) -> Answer:
        if prompt == "poison":
            raise Transient("server error", "500 for this prompt")
        return OK

    journal: dict[bytes, bytes] = {}
    prompts = ["poison", *(f"p{i}" for i in range(40))]
    server = Server(reply, concurrency=2)
    told, _ = asked(prompts, server, answers=journal)
    refused = told["poison"]
    assert isinstance(refused, Refused)
    assert (refused.cause, server.prompts().count("poison")) == ("server error", 4)

    again = Server(reply)
    told, calls = asked(prompts, again, answers=journal)
    assert again.asked == []
    assert isinstance(told["poison"], Refused)
    assert calls.totals.hits == 41


def test_a_poisoned_prompt_that_is_alone_is_told_from_a_dead_server_by_a_probe() -> None:
    def reply(prompt: str, _: int) -> Answer:
        if prompt == "poison":
            raise Transient("server error", "500 for this prompt")
        return OK

    server = Server(reply)
    told, _ = asked(["poison"], server)
    assert isinstance(told["poison"], Refused)
    assert server.prompts() == ["poison", "poison", "poison", "Say yes."]


def test_a_server_that_refuses_every_call_is_not_journaled_as_the_prompts_fault() -> None:
    """A wrong key answered by 400: with the right one, the same command must ask again."""

    def reply(_: str, __: int) -> Answer:
        raise Refused("invalid request", "API key not valid")

    journal: dict[bytes, bytes] = {}
    with pytest.raises(
        Trouble, match="refuses every call \\(invalid request\\): API key not valid"
    ):
        asked(["a", "b"], Server(reply), answers=journal)
    assert journal == {}


def test_a_prompt_that_is_refused_while_others_are_answered_is_refused_for_good() -> None:
    def reply(prompt: str, _: int) -> Answer:
        if prompt == "odd":
            raise Refused("invalid request", "no")
        return OK

    journal: dict[bytes, bytes] = {}
    told, _ = asked(["odd", "a"], Server(reply), answers=journal)
    assert isinstance(told["odd"], Refused)
    assert len(journal) == 2


def test_three_refusals_in_a_row_are_looked_into() -> None:
    """After an account ran dry a server may say anything: no row may be lost to it for good."""

    def reply(prompt: str, _: int) -> Answer:
        if prompt in ("a", "b"):
            return OK
        raise Refused("invalid request", "no", journaled=False)

    journal: dict[bytes, bytes] = {}
    server = Server(reply, concurrency=1)
    with pytest.raises(Trouble, match="refuses every call"):
        asked(["a", "b", "c", "d", "e", "f", "g"], server, answers=journal)
    assert server.prompts() == ["a", "b", "c", "d", "e", "Say yes."]
    assert len(journal) == 2


def test_rows_that_a_living_server_refuses_fail_alone() -> None:
    def reply(prompt: str, _: int) -> Answer:
        if prompt in ("a", "Say yes."):
            return OK
        raise Refused("invalid request", "no", journaled=False)

    journal: dict[bytes, bytes] = {}
    server = Server(reply, concurrency=1)
    told, _ = asked(list("abcdefg"), server, answers=journal)
    assert server.prompts() == ["a", "b", "c", "d", "Say yes.", "e", "f", "g", "Say yes."]
    assert [isinstance(told[p], Refused) for p in "abcdefg"] == [False] + [True] * 6
    assert len(journal) == 1


def test_many_refusals_at_once_are_looked_into_once() -> None:
    def reply(prompt: str, _: int) -> Answer:
        if prompt in ("a", "Say yes."):
            return OK
        raise Refused("invalid request", "no", journaled=False)

    server = Server(reply, concurrency=20)
    told, _ = asked(["a", *(f"p{i}" for i in range(12))], server)
    assert len(told) == 13
    assert server.prompts().count("Say yes.") == 1


@pytest.mark.parametrize(("told", "second"), [(17.0, 17.1), (3600.0, 1.1)])
def test_an_error_s_own_wait_is_for_that_call_alone(told: float, second: float) -> None:
    def reply(prompt: str, time: int) -> Answer:
        if (prompt, time) == ("p0", 1):
            raise Transient("server error", "500", retry_after=told)
        return OK

    server = Server(reply, concurrency=1)
    asked([f"p{i}" for i in range(5)], server)
    times = {prompt: at for at, prompt in server.asked}
    assert times["p1"] == pytest.approx(0.1)
    assert times["p4"] < 0.6
    assert times["p0"] == pytest.approx(second, rel=0.6 if second < 2 else 1e-6)


def test_a_server_that_asks_to_wait_for_an_hour_ends_the_run() -> None:
    def reply(_: str, __: int) -> Answer:
        raise Transient("overloaded", "429", retry_after=3600.0)

    with pytest.raises(Trouble) as caught:
        asked(["a"], Server(reply))
    assert caught.value.what == "The server of `m` asks to wait 60 minutes."
    assert caught.value.fix == (
        "Run the same command again after that: every answer so far is kept."
    )


def test_an_answer_is_durable_before_it_is_used() -> None:
    answers: dict[bytes, bytes] = {}
    durable: list[bool] = []

    async def go() -> None:
        wake = asyncio.Event()
        journal = MemoryJournal(answers, delay=0.5)
        calls = Calls(
            {"m": Server(lambda *_: OK)}, journal, Budget(Limits(), Spent()), wake=wake.set
        )
        call = Completion("m", (Message("user", "a"),))
        calls.ask(
            [(0, call, lambda t: durable.append(bytes.fromhex(t.key) in answers), lambda: True)]
        )
        calls.start()
        while calls.busy:
            await wake.wait()
            wake.clear()
        await calls.close()

    loop = VirtualLoop()
    loop.run_until_complete(go())
    loop.close()
    assert durable == [True]


def test_an_overloaded_server_is_never_the_prompts_fault() -> None:
    def reply(prompt: str, time: int) -> Answer:
        if prompt == "late" and time < 9:
            raise Transient("overloaded", "503")
        return OK

    prompts = ["late", *(f"p{i}" for i in range(2000))]
    server = Server(reply, concurrency=2)
    told, _ = asked(prompts, server)
    assert told["late"] == OK


def test_equal_calls_share_one_try() -> None:
    told: list[Told] = []
    server = Server(lambda *_: OK)

    async def go() -> None:
        wake = asyncio.Event()
        calls = Calls({"m": server}, MemoryJournal(), Budget(Limits(), Spent()), wake=wake.set)
        call = Completion("m", (Message("user", "same"),))
        calls.ask([(0, call, told.append, lambda: True), (1, call, told.append, lambda: True)])
        calls.start()
        while calls.busy:
            await wake.wait()
            wake.clear()
        await calls.close()

    asyncio.run(go())
    assert server.prompts() == ["same"]
    assert [one.answer for one in told] == [OK, OK]


class Slower(MemoryJournal):
    """A journal in which another process stores an answer while this one asks."""

    def get_many(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        found = super().get_many(keys)
        self.answers.update(dict.fromkeys(keys, pack(Answer("theirs", "stop", 1, 1))))
        return found


def test_what_another_process_stored_first_is_told() -> None:
    told, calls = asked(["a"], Server(lambda *_: OK), journal=Slower())
    assert told == {"a": Answer("theirs", "stop", 1, 1)}
    assert (calls.totals.asked, calls.busy) == (1, False)


def test_the_lowest_candidate_is_asked_first() -> None:
    server = Server(lambda *_: OK, concurrency=1)
    asked(["first", "second", "third"], server)
    assert server.prompts() == ["first", "second", "third"]


def test_a_try_beyond_the_calls_allowed_is_not_made() -> None:
    server = Server(lambda *_: OK, concurrency=3)
    told, calls = asked([f"p{i}" for i in range(10)], server, limits=Limits(calls=4))
    assert (len(told), len(server.asked)) == (4, 4)
    assert calls.out_of_budget == "budget.calls of 4 is spent"


def test_tokens_are_reserved_before_they_are_spent() -> None:
    """A prompt of 2 bytes reserves 2 + 64 + 512 tokens and uses 5."""
    server = Server(lambda *_: OK, concurrency=8)
    told, calls = asked([f"p{i}" for i in range(200)], server, limits=Limits(tokens=1_000))
    spent = calls.totals.prompt_tokens + calls.totals.completion_tokens
    assert spent <= 1_000
    # while p0 to p9 are asked 578 are reserved; 84 x 5 + 578 is within 1,000, 85 x 5 + 578 is not
    assert len(told) == 85
    assert calls.out_of_budget == (
        "the next call may cost up to 579 tokens and 425 of budget.tokens's 1,000 is spent "
        "(a lower `max_tokens` makes calls cost less at most)"
    )


def test_each_retry_counts() -> None:
    def reply(_: str, time: int) -> Answer:
        if time == 1:
            raise Transient("overloaded", "429")
        return OK

    server = Server(reply, concurrency=1)
    told, calls = asked(["a", "b", "c"], server, limits=Limits(session_calls=5))
    assert list(told) == ["a", "b"]
    assert len(server.asked) == 5
    assert calls.out_of_budget == "--limit-calls 5 is spent"


def test_a_call_that_was_never_made_is_not_counted() -> None:
    def reply(prompt: str, _: int) -> Answer:
        if prompt.startswith("long"):
            raise Unmade("context", "it does not fit")
        return OK

    server = Server(reply, concurrency=1)
    prompts = [*(f"long {n}" for n in range(9)), "a", "b", "c"]
    told, calls = asked(prompts, server, limits=Limits(calls=2))
    assert [prompt for prompt, one in told.items() if one == OK] == ["a", "b"]
    assert {told[p].cause for p in prompts[:9] if isinstance(told[p], Refused)} == {"context"}
    assert (calls.totals.asked, calls.totals.tries, calls.totals.answered) == (2, 2, 2)
    assert calls.out_of_budget == "budget.calls of 2 is spent"
    assert server.prompts() == prompts[:-1]  # no probe, and no third call

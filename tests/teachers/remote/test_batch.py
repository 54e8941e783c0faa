"""Batch jobs against a server of files and jobs that misbehaves, over real sockets."""

import asyncio
import json
import math
import struct
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from batch_server import (
    BatchServer,
    Ending,
    Line,
    good,
    refused,
    said,
    serving_batches,
    unread,
    well,
)

from sofrito.problems import Trouble
from sofrito.recipe.model import Model
from sofrito.teachers.call import Call, Completion, Embed, Message, Score, Weigh
from sofrito.teachers.make import teacher_of
from sofrito.teachers.remote.batch import BatchTeacher
from sofrito.teachers.remote.batch_jobs import Job, MemoryJobs
from sofrito.teachers.remote.batch_lines import request_line
from sofrito.teachers.remote.batch_pace import Pace
from sofrito.teachers.remote.wire import NEXT_RUN
from sofrito.teachers.result import Answer, Embedded
from sofrito.teachers.teacher import Refused, Transient

FAST = Pace(quiet=0.01, longest=0.02, look=0.005, most=0.01, again=0.005, tries=3, found=0.1)
KEY = "sk-very-secret-0123456789"
IDENTITY = {"backend": "openai", "model": "m", "defaults": {"max_tokens": 512}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}

Act = Callable[[BatchTeacher], Awaitable[Any]]


def call(text: str, **rest: Any) -> Completion:
    return Completion("teacher", (Message("user", text),), **rest)


def calls(number: int) -> list[Completion]:
    return [call(f"q{i}") for i in range(number)]


def answer(text: str) -> Answer:
    body = said({"messages": [{"content": text}]})
    return Answer(body["choices"][0]["message"]["content"], "stop", 11, 3)


def outcome(error: Exception) -> Any:
    """Return an exception as what can be compared."""
    match error:
        case Transient() | Refused():
            return type(error).__name__, error.cause, error.words
        case Trouble():
            return "Trouble", error.what, error.fix
    raise error


def asking(asked: Iterable[Call]) -> Act:
    """Ask calls at once; an exception takes the place of its answer."""

    async def act(teacher: BatchTeacher) -> list[Any]:
        found = await asyncio.gather(*map(teacher.answer, asked), return_exceptions=True)
        return [outcome(one) if isinstance(one, Exception) else one for one in found]

    return act


async def with_teacher(server: BatchServer, act: Act, **settings: Any) -> Any:
    jobs = settings.pop("jobs", None)
    teacher = BatchTeacher(server.base_url, "m", **{"pace": FAST, **settings})
    if jobs is not None:
        teacher.jobs = jobs
    try:
        return await act(teacher)
    finally:
        await teacher.close()
        await teacher.close()


def play(act: Act, server: BatchServer | None = None, **settings: Any) -> tuple[Any, BatchServer]:
    async def run() -> tuple[Any, BatchServer]:
        # Who would wait for ever fails instead.
        async with asyncio.timeout(60), serving_batches(server) as served:
            return await with_teacher(served, act, **settings), served

    return asyncio.run(run())


def test_calls_go_as_one_job_and_come_back_by_their_keys() -> None:
    found, server = play(asking(calls(40)), api_key=KEY)
    assert found == [answer(f"q{i}") for i in range(40)]
    assert server.sizes == [40]
    assert server.asked == Counter(c.key(IDENTITY).hex() for c in calls(40))
    assert server.live == 0


def test_what_a_file_of_requests_holds() -> None:
    asked = call("Hi", sampling={"temperature": 0.5, "max_tokens": 7}, seed=3)
    _, server = play(asking([asked]))
    assert server.files["file-1"].count(b"\n") == 1
    (line,) = map(json.loads, server.files["file-1"].splitlines())
    assert line == {
        "custom_id": asked.key(IDENTITY).hex(),
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {
            "model": "m",
            "messages": [{"role": "user", "content": "Hi"}],
            "temperature": 0.5,
            "max_tokens": 7,
            "seed": 3,
        },
    }


def test_chats_prompts_and_vectors_go_in_jobs_of_their_own() -> None:
    raw = Completion("teacher", prompt="Once")
    found, server = play(asking([call("q0"), raw, Embed("teacher", "four")]))
    half = struct.pack("<2f", 0.6, 0.8)
    told = said({"prompt": "Once"})["choices"][0]["text"]
    assert found == [answer("q0"), Answer(told, "stop", 11, 3), Embedded(half, 4)]
    assert server.sizes == [1, 1, 1]
    assert math.isclose(sum(x * x for x in struct.unpack("<2f", half)), 1, rel_tol=1e-6)


@pytest.mark.parametrize(
    "asked",
    [Score("teacher", "text"), Weigh("teacher", (Message("user", "?"),), ("a", "b"))],
    ids=["score", "weigh"],
)
def test_other_kinds_of_calls_are_refused_before_anything_is_sent(asked: Call) -> None:
    (found,), server = play(asking([asked]))
    assert found[0] == "Trouble"
    assert found[2] == "Remove `batch: true` from the model."
    assert server.requests == []


def test_a_users_turn_is_refused_before_anything_is_sent() -> None:
    (found,), server = play(asking([call("", turn="user")]))
    assert found[:2] == (
        "Trouble",
        "A server cannot write the user's turn: its chat template is out of reach.",
    )
    assert server.requests == []


def test_a_server_known_to_have_no_jobs_is_refused_at_once() -> None:
    with pytest.raises(Trouble) as caught:
        BatchTeacher("https://api.anthropic.com/v1", "m")
    assert caught.value.what == (
        "Anthropic has no batch jobs that can be asked here: "
        "its batches are not behind its OpenAI-compatible endpoint."
    )


def test_a_model_that_says_batch_is_asked_by_jobs(tmp_path: Path) -> None:
    model = Model(backend="openai", base_url="http://127.0.0.1:9/v1", model="m", batch=True)
    teacher = teacher_of("teacher", model, tmp_path)
    assert isinstance(teacher, BatchTeacher)
    assert (teacher.concurrency, teacher.identity) == (50_000, IDENTITY)
    few = teacher_of("teacher", model.model_copy(update={"concurrency": 9}), tmp_path)
    assert few.concurrency == 9


def test_equal_calls_are_one_line() -> None:
    found, server = play(asking([call("q"), call("q")]))
    assert found == [answer("q")] * 2
    assert server.sizes == [1]


def mixed(lines: list[Line]) -> Ending:
    by = {line["body"]["messages"][0]["content"]: line for line in lines}
    return Ending(
        output=[good(by["fine"]), refused(by["odd"], 400, "bad prompt"), good(by["fine"])],
        errors=[
            refused(by["busy"], 429, "slow down"),
            refused(by["broken"], 500, "oops"),
            refused(by["long"], 400, "too long", "context_length_exceeded"),
            unread(by["late"]),
            unread(by["slow"], "request_timeout"),
            refused(by["fine"], 500, "a line of a key that has one"),
            {"custom_id": "nobody", "response": None},
            {"no": "id"},
        ],
    )


def test_each_line_is_classified_as_a_live_answer_would_be() -> None:
    names = ["odd", "busy", "broken", "long", "late", "slow", "missing", "fine"]
    found, _ = play(asking(map(call, names)), BatchServer([mixed]))
    assert dict(zip(names, found, strict=True)) == {
        "odd": ("Refused", "invalid request", f"bad prompt ({NEXT_RUN})"),
        "busy": ("Transient", "overloaded", "HTTP 429: slow down"),
        "broken": ("Transient", "server error", "HTTP 500: oops"),
        "long": ("Refused", "context", f"too long ({NEXT_RUN})"),
        "late": (
            "Transient",
            "overloaded",
            "batch_expired: This request could not be executed.",
        ),
        "slow": (
            "Transient",
            "time-out",
            "request_timeout: This request could not be executed.",
        ),
        "missing": ("Transient", "bad answer", "the batch job has no line for this call"),
        "fine": answer("fine"),
    }


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ("200", answer("q0")),
        (None, answer("q0")),
        ("400", ("Refused", "invalid request", f"bad ({NEXT_RUN})")),
        ("503", ("Transient", "overloaded", "HTTP 503: bad")),
        (
            "later",
            ("Transient", "bad answer", "a line of the results has a status that is no number"),
        ),
        (
            [4],
            ("Transient", "bad answer", "a line of the results has a status that is no number"),
        ),
    ],
)
def test_a_status_that_is_no_number(status: Any, found: Any) -> None:
    def told(lines: list[Line]) -> Ending:
        line = good(lines[0]) if status in ("200", None) else refused(lines[0], 0, "bad")
        line["response"]["status_code"] = status
        return Ending(output=[line])

    assert play(asking(calls(1)), BatchServer([told]))[0] == [found]


class Full(MemoryJobs):
    """Jobs on a disk that is full when a call is to leave its job."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def plan(self, server: str, file: str, keys: Sequence[bytes], now: float) -> Job:
        job = Job(self._last + 1, server, "token", file, now, tuple(keys))
        self._last += 1
        self._jobs[job.id] = job
        return job

    def release(self, keys: Iterable[bytes]) -> None:
        raise self.error


FULL = ("Trouble", "The disk is full.", "")


@pytest.mark.parametrize("status", ["completed", "expired", "failed"])
def test_a_store_that_fails_reaches_everyone_without_an_answer(status: str) -> None:
    def ending(lines: list[Line]) -> Ending:
        return Ending(status, [good(lines[0])], [refused(lines[1], 500, "broken")])

    found, _ = play(
        asking(calls(3)), BatchServer([ending]), jobs=Full(Trouble("The disk is full."))
    )
    assert found == [answer("q0"), FULL, FULL]


def test_a_store_that_fails_when_a_job_is_forgotten_reaches_everyone() -> None:
    async def run() -> Any:
        jobs = Full(Trouble("The disk is full."))
        async with asyncio.timeout(60), serving_batches() as server:
            keys = [c.key(IDENTITY) for c in calls(2)]
            jobs.plan(server.base_url, "file-of-nobody", keys, 0.0)
            return await with_teacher(server, asking(calls(2)), jobs=jobs)

    assert asyncio.run(run()) == [FULL, FULL]


def test_whatever_fails_reaches_those_whom_the_next_job_does_not_answer() -> None:
    def ending(lines: list[Line]) -> Ending:
        words = "Use 'max_completion_tokens' instead."
        return Ending(errors=[refused(lines[0], 400, words), refused(lines[1], 500, "broken")])

    async def act(teacher: BatchTeacher) -> list[Any]:
        asked = [call(f"q{i}", sampling={"max_tokens": 5}) for i in range(2)]
        return list(await asyncio.gather(*map(teacher.answer, asked), return_exceptions=True))

    bug = ZeroDivisionError("a bug")
    found, server = play(act, BatchServer([ending, well]), jobs=Full(bug))
    assert found == [answer("q0"), bug]
    assert server.sizes == [2, 1]


def unaskable() -> Completion:
    """A call that a job of an earlier version may hold, and that is not sent again."""
    return call("q1", turn="user", sampling={"max_tokens": 5})


UNASKABLE = "A server cannot write the user's turn: its chat template is out of reach."


def test_a_call_of_a_forgotten_job_that_cannot_be_asked_again_is_told_so() -> None:
    async def run() -> Any:
        jobs, asked = MemoryJobs(), [call("q0"), unaskable()]
        async with asyncio.timeout(60), serving_batches() as server:
            keys = [c.key(IDENTITY) for c in asked]
            jobs.plan(server.base_url, "file-of-nobody", keys, 0.0)
            return await with_teacher(server, asking(asked), jobs=jobs)

    found = asyncio.run(run())
    assert found[0] == answer("q0")
    assert found[1][:2] == ("Trouble", UNASKABLE)


def test_a_refused_call_that_cannot_be_asked_again_is_told_so() -> None:
    def wants_other(lines: list[Line]) -> Ending:
        words = "Use 'max_completion_tokens' instead."
        return Ending(errors=[refused(lines[0], 400, words)])

    async def run() -> Any:
        jobs, asked = MemoryJobs(), unaskable()
        async with asyncio.timeout(60), serving_batches(BatchServer([wants_other])) as server:
            url, key = "/v1/chat/completions", asked.key(IDENTITY)
            server.files["file-0"] = request_line(key, url, {})
            jobs.plan(server.base_url, "file-0", [key], time.time())
            wish = {"input_file_id": "file-0", "endpoint": url, "metadata": {}}
            async with aiohttp.ClientSession() as session:
                server.remembers_metadata = False
                await (await session.post(f"{server.base_url}/batches", json=wish)).read()
            return await with_teacher(server, asking([asked]), jobs=jobs)

    (found,) = asyncio.run(run())
    assert found[:2] == ("Trouble", UNASKABLE)


def test_what_is_waited_for_is_said() -> None:
    async def act(teacher: BatchTeacher) -> list[str]:
        told = [teacher.said]
        tasks = [asyncio.ensure_future(teacher.answer(one)) for one in calls(3)]
        while "1 of 3" not in told[-1]:
            await asyncio.sleep(0)
            if teacher.said != told[-1]:
                told.append(teacher.said)
        teacher.let_go()
        await asyncio.gather(*tasks, return_exceptions=True)
        return [*told, teacher.said]

    found, _ = play(act, BatchServer(looks=1_000_000))
    assert found == [
        "",
        "3 calls are gathered for a batch job",
        "waits for the batch job (one just made): 0 of 3 calls done",
        "waits for the batch job (batch-2): 0 of 3 calls done",
        "waits for the batch job (batch-2): 1 of 3 calls done",
        "",
    ]


def test_answers_are_told_before_refusals() -> None:
    order: list[str] = []

    async def ask(teacher: BatchTeacher, text: str) -> None:
        with suppress(Refused):
            await teacher.answer(call(text))
        order.append(text)

    async def act(teacher: BatchTeacher) -> None:
        await asyncio.gather(ask(teacher, "odd"), ask(teacher, "fine"))

    def ending(lines: list[Line]) -> Ending:
        withheld = good(lines[0])
        withheld["response"]["body"]["choices"][0]["finish_reason"] = "content_filter"
        return Ending(output=[withheld, good(lines[1])])

    play(act, BatchServer([ending]))
    assert order == ["fine", "odd"]


@pytest.mark.parametrize(
    ("ending", "cause", "words"),
    [
        (
            lambda lines: Ending("expired"),
            "overloaded",
            "the batch job was expired before this call's turn",
        ),
        (
            lambda lines: Ending("cancelled"),
            "overloaded",
            "the batch job was cancelled before this call's turn",
        ),
        (
            lambda lines: Ending("failed", why=[{"code": "bad", "message": "no such model"}]),
            "server error",
            "the batch job failed: bad no such model",
        ),
    ],
    ids=["expired", "cancelled", "failed"],
)
def test_what_a_job_had_no_answer_for_is_asked_again(ending: Any, cause: str, words: str) -> None:
    async def act(teacher: BatchTeacher) -> Any:
        return await asking(calls(4))(teacher), await asking(calls(4))(teacher)

    (first, second), server = play(act, BatchServer([ending, well]))
    assert first == [("Transient", cause, words)] * 4
    assert second == [answer(f"q{i}") for i in range(4)]
    assert server.sizes == [4, 4]


def test_an_expired_job_keeps_the_answers_it_has() -> None:
    def half(lines: list[Line]) -> Ending:
        return Ending("expired", output=[good(line) for line in lines[:2]])

    found, _ = play(asking(calls(4)), BatchServer([half]))
    assert found[:2] == [answer("q0"), answer("q1")]
    assert [one[1] for one in found[2:]] == ["overloaded"] * 2


def test_a_job_too_large_for_the_account_is_halved() -> None:
    def over(lines: list[Line]) -> Ending:
        return Ending("failed", why=[{"code": "token_limit_exceeded", "message": "Enqueued"}])

    async def act(teacher: BatchTeacher) -> Any:
        return await asking(calls(4))(teacher), await asking(calls(4))(teacher)

    (first, second), server = play(act, BatchServer([over, well]))
    assert [one[1] for one in first] == ["overloaded"] * 4
    assert second == [answer(f"q{i}") for i in range(4)]
    assert server.sizes == [4, 2, 2]


def test_a_way_of_asking_for_json_that_is_refused_gives_way_to_the_next() -> None:
    def by_rung(lines: list[Line]) -> Ending:
        ending = Ending()
        for line in lines:
            kind = line["body"].get("response_format", {}).get("type")
            if kind == "json_schema":
                ending.errors.append(refused(line, 400, "response_format is not known"))
            else:
                ending.output.append(good(line))
        return ending

    asked = [call(f"q{i}", schema=SCHEMA) for i in range(3)]
    found, server = play(asking(asked), BatchServer([by_rung]))
    assert [type(one) for one in found] == [Answer] * 3
    assert server.sizes == [3, 3, 3]  # strict, schema, object with schema


def test_one_bad_prompt_does_not_change_the_way_of_asking() -> None:
    def one_bad(lines: list[Line]) -> Ending:
        return Ending(output=[refused(lines[0], 400, "bad"), *map(good, lines[1:])])

    asked = [call(f"q{i}", schema=SCHEMA) for i in range(3)]
    found, server = play(asking(asked), BatchServer([one_bad]))
    assert found[0] == ("Refused", "invalid request", f"bad ({NEXT_RUN})")
    assert server.sizes == [3]


def test_the_name_of_a_limit_is_learnt() -> None:
    def wants_other(lines: list[Line]) -> Ending:
        old = [line for line in lines if "max_tokens" in line["body"]]
        new = [line for line in lines if "max_completion_tokens" in line["body"]]
        words = "Use 'max_completion_tokens' instead."
        return Ending(
            output=[good(line) for line in new], errors=[refused(line, 400, words) for line in old]
        )

    asked = [call(f"q{i}", sampling={"max_tokens": 5}) for i in range(2)]
    found, server = play(asking(asked), BatchServer([wants_other]))
    assert found == [answer("q0"), answer("q1")]
    assert server.sizes == [2, 2]


def test_an_upload_that_fails_is_done_again() -> None:
    busy = [web.Response(status=429, headers={"Retry-After": "0"}), web.Response(status=500)]
    found, server = play(asking(calls(2)), BatchServer(refusals={"POST files": busy}))
    assert found == [answer("q0"), answer("q1")]
    assert (server.requests.count("POST files"), server.sizes) == (3, [2])


@pytest.mark.parametrize("metadata", [True, False])
def test_a_job_made_without_telling_is_found_and_not_made_twice(metadata: bool) -> None:
    server = BatchServer(deaf=Counter({"POST batches": 1}), remembers_metadata=metadata)
    found, server = play(asking(calls(3)), server)
    assert found == [answer(f"q{i}") for i in range(3)]
    assert server.sizes == [3]


def test_looks_and_downloads_that_fail_are_done_again() -> None:
    refusals = {
        "GET batches": [web.Response(status=503), web.Response(status=404)],
        "GET files": [web.Response(status=502)],
    }
    found, server = play(asking(calls(2)), BatchServer(refusals=refusals))
    assert found == [answer("q0"), answer("q1")]
    assert server.sizes == [2]


def test_a_server_without_jobs_stops_the_run_with_its_words() -> None:
    gone = web.json_response({"error": {"message": "unknown path"}}, status=404)
    (found,), server = play(asking(calls(1)), BatchServer(refusals={"POST files": [gone]}))
    assert found == (
        "Trouble",
        f"{server.base_url} makes no batch job: HTTP 404: unknown path",
        "Remove `batch: true` from the model, to ask it call by call.",
    )


def test_a_wrong_key_stops_the_run_and_is_not_quoted() -> None:
    gone = web.json_response({"error": {"message": f"{KEY} is wrong"}}, status=401)
    server = BatchServer(refusals={"POST files": [gone]})
    (found,), server = play(asking(calls(1)), server, api_key=KEY, key_name="NAME")
    assert found == (
        "Trouble",
        f"{server.base_url} answered HTTP 401: *** is wrong",
        "Check the API key: the environment variable NAME.",
    )


def test_a_server_that_falls_silent_stops_the_run_and_the_job_goes_on() -> None:
    jobs = MemoryJobs()
    server = BatchServer(refusals={"GET batches": [web.Response(status=500) for _ in range(3)]})
    (first,), server = play(asking(calls(1)), server, jobs=jobs)
    assert first[1] == "The server of the batch jobs fails (server error): HTTP 500: (no words)"
    assert [job.batch for job in jobs.jobs(server.base_url)] == ["batch-2"]


# A process ends while a job goes on; another one takes the job up.


def succession(
    first: Act, then: Act, server: BatchServer | None = None
) -> tuple[Any, Any, BatchServer]:
    """Let one teacher act, then another with what the first one remembered."""

    async def run() -> tuple[Any, Any, BatchServer]:
        jobs = MemoryJobs()
        async with serving_batches(server) as served:
            one = await with_teacher(served, first, jobs=jobs)
            two = await with_teacher(served, then, jobs=jobs)
            return one, two, served

    return asyncio.run(run())


def leaving(asked: Iterable[Call], server: BatchServer) -> Act:
    """Ask, wait until a job is made, and let go."""

    async def act(teacher: BatchTeacher) -> Any:
        tasks = [asyncio.ensure_future(teacher.answer(one)) for one in asked]
        await server.has_jobs(1)
        while not (running := teacher.let_go()):
            await asyncio.sleep(0)
        found = await asyncio.gather(*tasks, return_exceptions=True)
        return running, [type(one) for one in found]

    return act


def test_a_job_that_was_left_is_taken_up_and_nothing_asked_twice() -> None:
    server = BatchServer(looks=2)
    left, found, server = succession(leaving(calls(5), server), asking(calls(7)), server)
    assert left[1] == [asyncio.CancelledError] * 5
    assert found == [answer(f"q{i}") for i in range(7)]
    assert server.asked == Counter(c.key(IDENTITY).hex() for c in calls(7))
    assert server.sizes == [5, 2]
    assert server.requests.count("POST batches") == 2


def test_results_that_nobody_waits_for_yet_are_kept() -> None:
    async def one_by_one(teacher: BatchTeacher) -> Any:
        return [(await asking([one])(teacher))[0] for one in calls(5)]

    server = BatchServer()
    _, found, server = succession(leaving(calls(5), server), one_by_one, server)
    assert found == [answer(f"q{i}") for i in range(5)]
    assert server.sizes == [5]
    assert server.requests.count("GET files") == 1


def test_a_job_is_left_with_its_id_though_the_server_tells_it_late() -> None:
    async def act(teacher: BatchTeacher) -> Any:
        task = asyncio.ensure_future(teacher.answer(call("q0")))
        await server.has_jobs(1)
        names = teacher.let_go()
        await asyncio.gather(task, return_exceptions=True)
        assert server.gate is not None
        server.gate.set()
        return names

    server = BatchServer(gate=asyncio.Event())
    names, found, server = succession(act, asking(calls(1)), server)
    assert names == ["one just made"]
    assert found == [answer("q0")]
    assert server.sizes == [1]


class Dies(MemoryJobs):
    """A process that is killed before it stores the id of a job."""

    def made(self, job: Any, batch: str) -> Any:
        raise Trouble("killed")


@pytest.mark.parametrize("metadata", [True, False])
def test_a_job_whose_id_was_never_stored_is_found_by_its_plan(metadata: bool) -> None:
    async def run() -> Any:
        dead = Dies()
        async with serving_batches(BatchServer(remembers_metadata=metadata)) as server:
            # Two later jobs of somebody else: the listing has pages of two.
            first = await with_teacher(server, asking(calls(3)), jobs=dead)
            other = [call("someone"), Embed("teacher", "else")]
            await with_teacher(server, asking(other))
            alive = MemoryJobs()
            alive.__dict__.update(dead.__dict__)
            return first, await with_teacher(server, asking(calls(3)), jobs=alive), server.sizes

    first, found, sizes = asyncio.run(run())
    assert first == [("Trouble", "killed", "")] * 3
    assert found == [answer(f"q{i}") for i in range(3)]
    assert sizes == [3, 1, 1]


def test_a_young_plan_is_looked_for_until_the_server_lists_its_job() -> None:
    async def run() -> Any:
        dead, alive = Dies(), MemoryJobs()
        async with serving_batches() as server:
            await with_teacher(server, asking(calls(3)), jobs=dead)
            alive.__dict__.update(dead.__dict__)
            server.refusals["GET batches"] = [web.json_response({"data": []}) for _ in range(2)]
            pace = replace(FAST, found=60.0)
            found = await with_teacher(server, asking(calls(3)), jobs=alive, pace=pace)
            return found, server.sizes

    found, sizes = asyncio.run(run())
    assert found == [answer(f"q{i}") for i in range(3)]
    assert sizes == [3]


def test_a_plan_that_came_to_no_job_is_asked_afresh() -> None:
    async def run() -> Any:
        jobs = MemoryJobs()
        async with serving_batches() as server:
            keys = [c.key(IDENTITY) for c in calls(3)]
            jobs.plan(server.base_url, "file-of-nobody", keys, 0.0)
            return await with_teacher(server, asking(calls(3)), jobs=jobs), server.sizes

    found, sizes = asyncio.run(run())
    assert found == [answer(f"q{i}") for i in range(3)]
    assert sizes == [3]


def test_a_job_that_the_server_has_forgotten_is_asked_afresh() -> None:
    server = BatchServer(looks=2)

    def forget(server: BatchServer) -> Act:
        async def act(teacher: BatchTeacher) -> Any:
            server.jobs.clear()
            return await asking(calls(2))(teacher)

        return act

    _, found, server = succession(leaving(calls(2), server), forget(server), server)
    assert found == [answer("q0"), answer("q1")]
    assert server.sizes == [2, 2]


def test_a_line_that_only_a_user_can_mend_is_not_read_from_the_old_job_again() -> None:
    def no_model(lines: list[Line]) -> Ending:
        return Ending(errors=[refused(line, 404, "no such model") for line in lines])

    server = BatchServer([no_model, well])
    first, then, server = succession(asking(calls(1)), asking(calls(1)), server)
    assert first[0][1] == f"{server.base_url} answered HTTP 404: no such model"
    assert then == [answer("q0")]


def test_a_refusal_that_is_not_kept_is_not_read_from_the_old_job_again() -> None:
    def bad(lines: list[Line]) -> Ending:
        return Ending(output=[refused(lines[0], 400, "bad"), good(lines[1])])

    server = BatchServer([bad, well])
    first, then, server = succession(asking(calls(2)), asking(calls(1)), server)
    assert first == [("Refused", "invalid request", f"bad ({NEXT_RUN})"), answer("q1")]
    assert then == [answer("q0")]
    assert server.sizes == [2, 1]


def test_a_server_that_restarts_is_waited_for() -> None:
    async def run() -> Any:
        server = BatchServer(looks=0)
        pace = Pace(quiet=0.01, look=0.2, most=0.2, again=0.05, tries=50)
        async with serving_batches(server):
            port = int(server.base_url.split(":")[2].split("/")[0])
            teacher = BatchTeacher(server.base_url, "m", pace=pace)
            task = asyncio.ensure_future(asking(calls(3))(teacher))
            await server.has_jobs(1)
        async with serving_batches(server, port):
            found = await task
            await teacher.close()
            return found, server.sizes

    found, sizes = asyncio.run(run())
    assert found == [answer(f"q{i}") for i in range(3)]
    assert sizes == [3]


def test_calls_that_trickle_in_make_few_jobs() -> None:
    async def act(teacher: BatchTeacher) -> Any:
        tasks = []
        for one in calls(30):
            tasks.append(asyncio.ensure_future(teacher.answer(one)))
            await asyncio.sleep(0.02)
        return await asyncio.gather(*tasks)

    pace = Pace(quiet=0.01, longest=10, look=0.3, most=0.3)
    found, server = play(act, BatchServer(looks=0), pace=pace)
    assert found == [answer(f"q{i}") for i in range(30)]
    assert sum(server.sizes) == 30
    assert len(server.sizes) < 10


def test_answers_without_counts_are_counted() -> None:
    def bare(lines: list[Line]) -> Ending:
        ending = well(lines)
        del ending.output[0]["response"]["body"]["usage"]
        return ending

    async def act(teacher: BatchTeacher) -> Any:
        await asking(calls(3))(teacher)
        return teacher.unmetered, teacher.price_factor

    found, _ = play(act, BatchServer([bare]))
    assert found == (1, 1.0)

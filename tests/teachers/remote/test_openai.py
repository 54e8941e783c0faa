"""The remote teacher against a server that misbehaves, over real sockets."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from chat_server import (
    ChatServer,
    Scene,
    completion,
    error,
    hang_up,
    raw,
    reply,
    reset,
    serving,
    stall,
)

from sofrito.problems import Trouble
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.remote.connection import MAX_BODY
from sofrito.teachers.remote.teacher import OpenAITeacher
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Refused, Transient

KEY = "sk-very-secret-0123456789"
GOOD = Answer("Hello.", "stop", 11, 3)
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}


def call(**rest: Any) -> Completion:
    return Completion("teacher", (Message("system", "Be brief."), Message("user", "Hi")), **rest)


def play(
    scenes: list[Scene],
    act: Callable[[OpenAITeacher], Awaitable[Any]],
    **settings: Any,
) -> tuple[Any, ChatServer]:
    """Return what ``act`` returned or raised with a teacher of a server that plays ``scenes``."""

    async def run() -> tuple[Any, ChatServer]:
        async with serving(scenes) as server:
            teacher = OpenAITeacher(server.base_url, "m", **settings)
            try:
                return await act(teacher), server
            except (Transient, Refused, Trouble) as e:
                return e, server
            finally:
                await teacher.close()
                await teacher.close()

    return asyncio.run(run())


def ask(*calls: Completion) -> Callable[[OpenAITeacher], Awaitable[list[Answer]]]:
    async def act(teacher: OpenAITeacher) -> list[Answer]:
        return [await teacher.answer(c) for c in calls or (call(),)]

    return act


def test_what_is_sent_and_what_comes_back() -> None:
    sampling = {"temperature": 0.5, "top_k": 3, "repeat_penalty": 1.1, "stop": ["x"], "min_p": None}
    asked = call(sampling=sampling, seed=2**31 + 7)
    answers, server = play([reply()], ask(asked), api_key=KEY)
    assert answers == [GOOD]
    assert server.bodies == [
        {
            "model": "m",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Hi"},
            ],
            "temperature": 0.5,
            "top_k": 3,
            "repeat_penalty": 1.1,
            "repetition_penalty": 1.1,
            "stop": ["x"],
            "seed": 7,
            "max_tokens": 512,
        }
    ]
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


def test_without_a_key_no_authorization_is_sent() -> None:
    _, server = play([reply()], ask())
    assert "Authorization" not in server.headers[0]


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (completion("cut", "length"), Answer("cut", "length", 11, 3)),
        (completion(None, "length"), Answer("", "length", 11, 3)),
        (completion("no reason", None), Answer("no reason", "stop", 11, 3)),
        (
            completion([{"type": "text", "text": "in "}, {"type": "text", "text": "parts"}]),
            Answer("in parts", "stop", 11, 3),
        ),
    ],
)
def test_what_an_answer_says(body: Any, answer: Answer) -> None:
    assert play([reply(body)], ask())[0] == [answer]


def test_missing_counts_are_zero_and_counted() -> None:
    async def act(teacher: OpenAITeacher) -> Any:
        answers = [await teacher.answer(call()) for _ in range(2)]
        return answers, teacher.unmetered

    bare = {"choices": completion()["choices"]}
    (answers, unmetered), _ = play([reply(bare), reply()], act)
    assert answers == [Answer("Hello.", "stop", 0, 0), GOOD]
    assert unmetered == 1


TRANSIENT = {
    "429": (error(429, "slow down"), "overloaded", None),
    "429 wait": (error(429, "slow down", Retry_After="7"), "overloaded", 7.0),
    "429 millis": (error(429, "slow down", retry_after_ms="1500"), "overloaded", 1.5),
    "429 odd": (error(429, "slow down", Retry_After="soon"), "overloaded", None),
    "503": (error(503, "loading model", Retry_After="-3"), "overloaded", 0.0),
    "500": (reply("oops", 500), "server error", None),
    "504": (error(504, "gateway"), "time-out", None),
    "in 200": (reply({"error": {"message": "upstream", "code": 502}}), "server error", None),
    "reset": (reset, "bad answer", None),
    "hang up": (hang_up, "unreachable", None),
    "no JSON": (raw("<html>"), "bad answer", None),
    "other JSON": (reply({"object": "list"}), "bad answer", None),
    "no choices": (reply({"choices": []}), "bad answer", None),
    "too long": (raw('"' + "x" * MAX_BODY + '"'), "bad answer", None),
}


@pytest.mark.parametrize("name", TRANSIENT)
def test_what_a_later_try_may_mend(name: str) -> None:
    scene, cause, wait = TRANSIENT[name]
    raised, server = play([scene], ask())
    assert isinstance(raised, Transient)
    assert (raised.cause, raised.retry_after) == (cause, wait)
    assert len(server.bodies) == 1


def test_a_stall_is_a_time_out() -> None:
    raised, _ = play([stall], ask(), timeout=0.2)
    assert isinstance(raised, Transient)
    assert (raised.cause, raised.words.partition(" did ")[2]) == (
        "time-out",
        "not answer within 0.2 seconds",
    )


def test_a_date_to_retry_after_counts_from_the_servers_clock() -> None:
    dates = {
        "Date": "Mon, 06 Jan 2025 10:00:00 GMT",
        "Retry_After": "Mon, 06 Jan 2025 10:01:30 GMT",
    }
    raised, _ = play([error(429, "later", **dates)], ask())
    assert raised.retry_after == 90.0


def test_nobody_listens() -> None:
    async def run() -> Transient:
        async with serving([reply()]) as server:
            teacher = OpenAITeacher(server.base_url, "m")
        with pytest.raises(Transient) as caught:
            await teacher.answer(call())
        await teacher.close()
        return caught.value

    assert asyncio.run(run()).cause == "unreachable"


def test_a_teacher_works_after_a_fault_on_the_same_connections() -> None:
    async def act(teacher: OpenAITeacher) -> list[Any]:
        tries = [await asyncio.gather(teacher.answer(call()), return_exceptions=True)]
        tries += [[await teacher.answer(call())] for _ in range(2)]
        return [type(t[0]) for t in tries]

    assert play([reset, reply(), reply()], act)[0] == [Transient, Answer, Answer]


REFUSED = {
    "context": (error(400, "too big", "context_length_exceeded"), "context"),
    "context in words": (error(400, "maximum context length is 8 tokens"), "context"),
    "413": (error(413, "body too large"), "context"),
    "filter": (error(400, "no", "content_filter"), "content filter"),
    "filter 403": (error(403, "input flagged by moderation"), "content filter"),
    "400": (error(400, "bad characters"), "invalid request"),
    "withheld": (reply(completion(None, "content_filter")), "content filter"),
    "declined": (reply(completion(None, refusal="I cannot.")), "declined"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_this_server_will_never_answer(name: str) -> None:
    scene, cause = REFUSED[name]
    raised, _ = play([scene], ask())
    assert isinstance(raised, Refused)
    kept = cause in ("content filter", "declined")
    assert (raised.cause, raised.journaled) == (cause, kept)
    assert raised.words.endswith(" (the next run asks again)") is not kept
    assert raised.spent == ((11, 3) if name in ("withheld", "declined") else (0, 0))


NO_CREDIT = "The account has no credit left; add some, or use another model."
ACCOUNT = {
    "Your credit balance is too low to access the API.": NO_CREDIT,
    "Billing hard limit has been reached": NO_CREDIT,
    "You exceeded your current quota.": NO_CREDIT,
    "A payment is due.": NO_CREDIT,
    "API key not valid. Please pass a valid API key.": "Check the API key: the environment variable K.",
    "The model `m` does not exist.": "Check that the server has a model `m`, and `base_url` (~).",
    "Model m was not found": "Check that the server has a model `m`, and `base_url` (~).",
    "No model loaded.": "Check that the server has a model `m`, and `base_url` (~).",
}


@pytest.mark.parametrize("words", ACCOUNT)
def test_a_400_that_speaks_of_the_account_concerns_every_call(words: str) -> None:
    raised, server = play([error(400, words)], ask(), api_key=KEY, key_name="K")
    assert isinstance(raised, Trouble)
    assert raised.what == f"{server.base_url} answered HTTP 400: {words}"
    assert raised.fix.replace(server.base_url, "~") == ACCOUNT[words]


SPENT = {
    "stall": (stall, None),
    "half": (reset, None),
    "hang up": (hang_up, None),
    "504": (error(504, "gateway"), None),
    "500": (error(500, "oops"), (0, 0)),
    "429": (error(429, "slow down"), (0, 0)),
    "no JSON": (raw("<html>"), None),
    "told": (reply({"usage": completion()["usage"]}), (11, 3)),
}


@pytest.mark.parametrize("name", SPENT)
def test_what_a_try_without_an_answer_cost(name: str) -> None:
    scene, spent = SPENT[name]
    raised, _ = play([scene], ask(), timeout=0.3)
    assert isinstance(raised, Transient)
    assert raised.spent == spent


TROUBLE = {
    401: "Check the API key: the environment variable JUDGE_KEY.",
    403: "Check that the API key may use model `m`: the environment variable JUDGE_KEY.",
    404: "Check that the server has a model `m`, and `base_url` (~).",
    422: "Check the step's `sampling` and the model's settings against what the server takes.",
    402: "The account has no credit left; add some, or use another model.",
    308: "Set `base_url` to where the server really is.",
}


@pytest.mark.parametrize("status", TROUBLE)
def test_what_concerns_every_call_says_the_servers_words_and_a_fix(status: int) -> None:
    scene = error(status, f"Nothing for {KEY} here.", Location="http://127.0.0.1/other")
    raised, server = play([scene], ask(), api_key=KEY, key_name="JUDGE_KEY")
    where = server.base_url
    assert isinstance(raised, Trouble)
    assert raised.what == f"{where} answered HTTP {status}: Nothing for *** here."
    assert raised.fix.replace(where, "~") == TROUBLE[status]


@pytest.mark.parametrize(
    "words",
    [
        "Unrecognized request argument supplied: top_k",
        'Invalid JSON payload received. Unknown name "top_k": Cannot find field.',
        "Unsupported value: 'temperature' does not support 0.5 with this model.",
        "Extra inputs are not permitted: top_k",
    ],
)
def test_an_option_that_the_server_does_not_know_concerns_every_call(words: str) -> None:
    raised, _ = play([error(400, words)], ask(call(sampling={"top_k": 3})))
    assert isinstance(raised, Trouble)
    assert raised.what.endswith(f" answered HTTP 400: {words}")
    assert raised.fix == TROUBLE[422]


def test_no_credit_is_not_worth_a_retry() -> None:
    raised, _ = play([error(429, "Quota used up.", "insufficient_quota")], ask())
    assert isinstance(raised, Trouble)


def test_the_key_is_in_no_message_and_no_repr() -> None:
    for scene in (error(500, KEY), error(400, KEY), error(401, KEY), raw(KEY)):
        raised, _ = play([scene], ask(), api_key=KEY)
        assert KEY not in f"{raised!r} {raised}"
    url = f"https://user:{KEY}@host.test/v1?key={KEY}"
    assert KEY not in repr(OpenAITeacher(url, "m"))


def test_a_user_and_a_key_are_one_too_many() -> None:
    with pytest.raises(Trouble) as caught:
        OpenAITeacher("http://user:word@localhost/v1", "m", api_key=KEY)
    assert caught.value.what == "`base_url` names a user, and there is an API key as well."


def rejecting(*kinds: str) -> Scene:
    """Answer 400 to these response formats, and say what was asked to the others."""

    async def scene(request: Any) -> Any:
        body = await request.json()
        asked = body.get("response_format", {})
        strict = asked.get("json_schema", {}).get("strict", False)
        kind = " ".join((asked.get("type", "none"), *(["strict"] if strict else [])))
        kind += " with schema" if "schema" in asked else ""
        bad = error(500 if strict else 400, f"response_format {kind} is not supported")
        return await (bad if kind in kinds else reply(completion(kind)))(request)

    return scene


LADDER = [
    "json_schema strict",
    "json_schema",
    "json_object with schema",
    "json_object",
    "none",
]


@pytest.mark.parametrize("refused", range(5))
def test_a_schema_is_asked_for_by_the_best_way_the_server_takes(refused: int) -> None:
    scene = rejecting(*LADDER[:refused])
    answers, server = play([scene], ask(call(schema=SCHEMA), call(schema=SCHEMA)))
    assert [a.text for a in answers] == [LADDER[refused]] * 2
    assert len(server.bodies) == refused + 2
    told = json.dumps(SCHEMA, separators=(",", ":")) in server.bodies[-1]["messages"][-1]["content"]
    assert told == (refused >= 3)


def test_a_schema_that_no_way_helps_is_refused_with_the_first_words() -> None:
    scenes = [error(400, f"no {n}") for n in range(5)]
    raised, server = play(scenes, ask(call(schema=SCHEMA)))
    assert isinstance(raised, Refused)
    assert (raised.cause, raised.words) == ("invalid request", "no 0 (the next run asks again)")
    assert len(server.bodies) == 5


def test_a_bad_prompt_does_not_lower_the_way_of_asking() -> None:
    async def act(teacher: OpenAITeacher) -> list[Any]:
        asked = [teacher.answer(call(schema=SCHEMA))]
        first = await asyncio.gather(*asked, return_exceptions=True)
        return [type(first[0]), await teacher.answer(call(schema=SCHEMA))]

    scenes = [*[error(400, "bad characters")] * 5, rejecting()]
    found, _ = play(scenes, act)
    assert found == [Refused, Answer("json_schema strict", "stop", 11, 3)]


def plain_400(text: str) -> Scene:
    """Answer 400 to what mentions a text, in words that say nothing of why."""

    async def scene(request: Any) -> Any:
        body = await request.json()
        bad = text in body["messages"][-1]["content"]
        return await (error(400, "bad characters") if bad else rejecting())(request)

    return scene


def test_a_way_of_asking_that_has_brought_an_answer_is_not_to_blame() -> None:
    odd = Completion("t", (Message("user", "odd"),), schema=SCHEMA)

    async def act(teacher: OpenAITeacher) -> list[Any]:
        asked = (call(schema=SCHEMA), odd, call(schema=SCHEMA))
        found = [
            (await asyncio.gather(teacher.answer(one), return_exceptions=True))[0] for one in asked
        ]
        return [found[0].text, type(found[1]), found[2].text]

    found, server = play([plain_400("odd")], act)
    assert found == ["json_schema strict", Refused, "json_schema strict"]
    assert len(server.bodies) == 3


def test_a_schema_that_the_server_cannot_take_goes_down_alone() -> None:
    hard = {**SCHEMA, "title": "hard"}

    async def scene(request: Any) -> Any:
        body = await request.json()
        wish = body.get("response_format", {}).get("json_schema", {})
        if wish.get("schema", {}).get("title"):
            return await error(400, "Invalid schema: title is not permitted")(request)
        return await reply(completion(body.get("response_format", {}).get("type", "none")))(request)

    asked = [call(schema=s) for s in (SCHEMA, hard, SCHEMA, hard)]
    answers, server = play([scene], ask(*asked))
    kinds = ["json_schema", "json_object", "json_schema", "json_object"]
    assert [a.text for a in answers] == kinds
    assert len(server.bodies) == 6  # two more, once, for the schema that is not taken


def test_one_call_finds_the_way_and_the_others_wait_for_it() -> None:
    async def act(teacher: OpenAITeacher) -> list[Answer]:
        return await asyncio.gather(*(teacher.answer(call(schema=SCHEMA)) for _ in range(8)))

    answers, server = play([rejecting(*LADDER[:4])], act)
    assert [a.text for a in answers] == ["none"] * 8
    assert len(server.bodies) == 8 + 4 + 7  # each once, one down the ladder, the others after it


def test_the_other_name_of_max_tokens_is_learnt() -> None:
    words = "Use 'max_completion_tokens' instead of 'max_tokens'."
    asked = call(sampling={"max_tokens": 9})
    answers, server = play([error(400, words), reply()], ask(asked, asked))
    assert answers == [GOOD, GOOD]
    names = [sorted(b.keys() - {"model", "messages"}) for b in server.bodies]
    assert names == [["max_tokens"], ["max_completion_tokens"], ["max_completion_tokens"]]


def test_many_calls_at_once() -> None:
    async def act(teacher: OpenAITeacher) -> list[Answer]:
        return await asyncio.gather(*(teacher.answer(call(seed=s)) for s in range(64)))

    answers, server = play([reply()], act)
    assert answers == [GOOD] * 64
    assert sorted(b["seed"] for b in server.bodies) == list(range(64))


@pytest.mark.parametrize("url", ["localhost:8000/v1", "ftp://x/v1", "http://", "", "http://[::1"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(Trouble) as caught:
        OpenAITeacher(url, "m")
    assert caught.value.what == "`base_url` is not the address of a server."


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "smart”quote"])
def test_a_key_that_is_none_is_not_shown(key: str) -> None:
    with pytest.raises(Trouble) as caught:
        OpenAITeacher("http://localhost/v1", "m", api_key=key, key_name="K")
    assert caught.value.what == "The API key in K has characters no key has."


def test_the_identity_leaves_the_host_out() -> None:
    here, there = OpenAITeacher("http://a/v1", "m"), OpenAITeacher("http://b/v1/", "m")
    defaults = {"max_tokens": 512}
    identity = {"backend": "openai", "model": "m", "defaults": defaults}
    assert here.identity == there.identity == identity


def test_the_environments_proxy_is_for_other_machines_only() -> None:
    script = (
        "from sofrito.teachers.remote.connection import Connection\n"
        "for host in ('api.test', 'skip.test', 'localhost:8000', '127.0.0.2', '[::1]:9'):\n"
        "    print(Connection(f'http://{host}/v1', '', '', 1.0).proxy)\n"
    )
    proxies = {"http_proxy": "http://proxy.test:3128", "no_proxy": "skip.test"}
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), **proxies}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["http://proxy.test:3128", *["None"] * 4]

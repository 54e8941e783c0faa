"""Raw prompts, soft labels, scores, labels of a scale and vectors, asked of a server."""

import asyncio
import math
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from chat_server import ChatServer, Scene, completion, error, reply, serving
from mock_answers import likeliest, tokens_of, vector_of
from mock_server import MockServer

from sofrito.problems import Trouble
from sofrito.teachers.call import Call, Completion, Embed, Message, Score, Weigh
from sofrito.teachers.remote.teacher import OpenAITeacher
from sofrito.teachers.result import Answer, Embedded, Scored, SoftLabels, Weighed
from sofrito.teachers.teacher import Refused, Transient

ASKED = (Message("user", "Rate it from 1 to 5."),)
ELSEWHERE = "Use an embedded model for this (`model: local`, `path:` or `hub:`)."


def play(scenes: list[Scene], *calls: Call) -> tuple[list[Any], ChatServer]:
    """Return what each call came to, one after the other."""

    async def run() -> tuple[list[Any], ChatServer]:
        async with serving(scenes) as server:
            teacher = OpenAITeacher(server.base_url, "m")
            try:
                return [await outcome(teacher.answer(call)) for call in calls], server
            finally:
                await teacher.close()

    return asyncio.run(run())


def mocked(
    act: Callable[[OpenAITeacher], Awaitable[Any]], **settings: Any
) -> tuple[Any, MockServer]:
    async def run() -> tuple[Any, MockServer]:
        async with MockServer(keep=True, **settings) as server:
            teacher = OpenAITeacher(server.base_url, "m")
            try:
                return await act(teacher), server
            finally:
                await teacher.close()

    return asyncio.run(run())


async def outcome(answer: Awaitable[Any]) -> Any:
    return (await asyncio.gather(answer, return_exceptions=True))[0]


def text_completion(text: str, finish: str = "stop", **logprobs: Any) -> Any:
    """Return the body of a raw completion of 4 prompt tokens and 1 other."""
    choice = {"text": text, "finish_reason": finish, "logprobs": logprobs or None}
    return {"choices": [choice], "usage": {"prompt_tokens": 4, "completion_tokens": 1}}


def test_a_raw_prompt_goes_where_no_template_is() -> None:
    sampling = {"max_tokens": 9, "stop": ["\n"]}
    asked = Completion("t", prompt="Once upon", sampling=sampling, seed=5)
    (answer,), server = play([reply(text_completion(" a time", "length"))], asked)
    assert answer == Answer(" a time", "length", 4, 1)
    assert server.paths == ["/v1/completions"]
    assert server.bodies == [
        {"model": "m", "prompt": "Once upon", "max_tokens": 9, "stop": ["\n"], "seed": 5}
    ]


def test_tokens_of_reasoning_count_where_only_the_total_tells_them() -> None:
    usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 40}
    (answer,), _ = play([reply(completion() | {"usage": usage})], Completion("t", ASKED))
    assert (answer.prompt_tokens, answer.completion_tokens) == (10, 30)


def soft_of(text: str, k: int) -> SoftLabels:
    """Return what the mock tells of a text."""
    tokens = tokens_of(text)
    top = [pair for token in tokens for pair in likeliest(token)[:k]]
    return SoftLabels(
        k,
        "",
        b"",
        struct.pack(f"<{len(tokens)}e", *(likeliest(token)[0][1] for token in tokens)),
        b"",
        struct.pack(f"<{len(top)}e", *(logprob for _, logprob in top)),
        tuple(tokens),
        tuple(token for token, _ in top),
    )


@pytest.mark.parametrize("raw", [False, True])
def test_soft_labels_of_a_chat_and_of_a_raw_prompt(raw: bool) -> None:
    where = {"prompt": "Once upon"} if raw else {"messages": ASKED}
    asked = Completion("t", soft_labels=3, sampling={"max_tokens": 8}, **where)
    answer, server = mocked(lambda teacher: teacher.answer(asked), words=6)
    assert answer.soft == soft_of(answer.text, 3)
    body = server.bodies[0]
    assert (body["logprobs"], body.get("top_logprobs")) == ((3, None) if raw else (True, 3))


def test_a_server_that_tells_fewer_than_asked_leaves_the_rest_empty() -> None:
    top = [{"token": "B", "logprob": -70000.0}, {"token": "A", "logprob": -0.5}]
    told = {"content": [{"token": "A", "logprob": -0.5, "top_logprobs": top}]}
    body = completion("A")
    body["choices"][0]["logprobs"] = told
    (answer,), _ = play([reply(body)], Completion("t", ASKED, soft_labels=3))
    half = struct.pack("<3e", -0.5, -math.inf, -math.inf)
    assert answer.soft == SoftLabels(3, "", b"", half[:2], b"", half, ("A",), ("A", "B", ""))


def test_the_token_that_ends_an_answer_is_kept_where_a_server_tells_it() -> None:
    told = [
        {"token": token, "logprob": -0.5, "top_logprobs": [{"token": token, "logprob": -0.5}]}
        for token in ("A", "<|im_end|>")
    ]
    body = completion("A")
    body["choices"][0]["logprobs"] = {"content": told}
    (answer,), _ = play([reply(body)], Completion("t", ASKED, soft_labels=1))
    half, texts = struct.pack("<2e", -0.5, -0.5), ("A", "<|im_end|>")
    assert answer.text == "A"
    assert answer.soft == SoftLabels(1, "", b"", half, b"", half, texts, texts)


@pytest.mark.parametrize(
    "asked",
    [Completion("t", ASKED, soft_labels=2), Weigh("t", ASKED, ("1", "2")), Score("t", "Text.")],
)
def test_a_server_that_tells_no_logprobs_stops_the_run(asked: Call) -> None:
    body = completion() if not isinstance(asked, Score) else text_completion("Text. More")
    (raised,), server = play([reply(body)], asked)
    assert isinstance(raised, Trouble)
    what = f"The model `m` of {server.base_url} was asked for log-probabilities and told none."
    assert raised.what == what
    assert raised.fix == f"Check that its model can; if not: {ELSEWHERE}"


@pytest.mark.parametrize("told", [[], "none", {"content": 3}, {"content": [{"token": "A"}]}])
def test_logprobs_of_another_shape_are_a_bad_answer(told: Any) -> None:
    body = completion("A")
    body["choices"][0]["logprobs"] = told or {"tokens": ["A"], "token_logprobs": [1, 2]}
    (raised,), _ = play([reply(body)], Completion("t", ASKED, soft_labels=2))
    assert isinstance(raised, Transient)
    assert raised.cause == "bad answer"


def weighing(labels: tuple[str, ...], first: dict[str, float]) -> Any:
    call = Weigh("t", ASKED, labels)
    return mocked(lambda teacher: outcome(teacher.answer(call)), first=first)[0]


def weights(mass: float, *shares: float) -> Any:
    """Return what equals such a result but for rounding."""
    return Weighed(pytest.approx(shares), pytest.approx(mass), 6, 1)  # type: ignore[arg-type]


def test_labels_are_weighed_by_the_first_token() -> None:
    first = {"4": 0.5, " 5": 0.125, "5": 0.125, "It": 0.25}
    assert weighing(("3", "4", "5"), first) == weights(0.75, 0.0, 0.5 / 0.75, 0.25 / 0.75)


def test_a_weighing_is_one_token_of_the_model_s_own_distribution() -> None:
    async def act(teacher: OpenAITeacher) -> Any:
        return await teacher.answer(Weigh("t", ASKED, ("yes", "no")))

    _, server = mocked(act, first={"yes": 0.5})
    assert server.bodies == [
        {
            "model": "m",
            "messages": [{"role": "user", "content": ASKED[0].content}],
            "temperature": 1.0,
            "max_tokens": 1,
            "logprobs": True,
            "top_logprobs": 20,
        }
    ]


def test_a_label_may_be_several_tokens_where_the_first_tells_which() -> None:
    shares = weighing(("Helpful", "Off topic"), {"Help": 0.25, "Off": 0.25, "Sure": 0.5})
    assert shares == weights(0.5, 0.5, 0.5)


@pytest.mark.parametrize("logprob", ["a", None, 1e9])
def test_probabilities_that_are_none_are_a_bad_answer(logprob: Any) -> None:
    top = [{"token": "yes", "logprob": logprob}]
    body = completion("yes")
    body["choices"][0]["logprobs"] = {"content": [{**top[0], "top_logprobs": top}]}
    (raised, again), _ = play(
        [reply(body)], Weigh("t", ASKED, ("yes", "no")), Completion("t", ASKED, soft_labels=1)
    )
    assert [type(raised), type(again)] == [Transient, Transient]


def test_a_weighing_learns_the_other_name_of_max_tokens() -> None:
    top = [{"token": "yes", "logprob": 0.0}]
    body = completion("yes")
    body["choices"][0]["logprobs"] = {"content": [{**top[0], "top_logprobs": top}]}
    scenes = [error(400, "Use 'max_completion_tokens' instead."), reply(body)]
    (found,), server = play(scenes, Weigh("t", ASKED, ("yes", "no")))
    assert found == Weighed((1.0, 0.0), 1.0, 11, 3)
    assert [b.get("max_completion_tokens") for b in server.bodies] == [None, 1]


def test_labels_that_begin_alike_are_refused() -> None:
    raised = weighing(("Helpful", "Harmful"), {"H": 0.5, "Harm": 0.25, "It": 0.25})
    assert isinstance(raised, Trouble)
    assert raised.what == (
        "Several labels begin with the token `H`, and a server tells only the first."
    )


def test_one_and_ten_are_told_apart_where_both_are_tokens() -> None:
    labels = ("1", "10")
    assert weighing(labels, {"1": 0.25, "10": 0.75}) == weights(1.0, 0.25, 0.75)
    assert isinstance(weighing(labels, {"1": 0.5, "It": 0.5}), Trouble)


def test_no_label_among_the_likeliest_is_a_final_answer() -> None:
    raised = weighing(("yes", "no"), {"Well": 1.0})
    assert isinstance(raised, Refused)
    assert (raised.cause, raised.journaled) == ("no label", True)


def test_a_text_is_scored_by_its_echo() -> None:
    text = "Words of a text."
    score, server = mocked(lambda teacher: teacher.answer(Score("t", text)))
    own = [likeliest(token)[0][1] for token in tokens_of(text)[1:]]
    assert score == Scored(struct.pack("<3f", *own), 4, 1)
    assert server.bodies == [
        {
            "model": "m",
            "prompt": text,
            "max_tokens": 1,
            "temperature": 1.0,
            "echo": True,
            "logprobs": 1,
        }
    ]


def echo(text: str, tokens: list[str], own: list[float | None]) -> Scene:
    return reply(text_completion(text, tokens=tokens, token_logprobs=own))


def test_numbers_of_the_wrong_tokens_are_no_score() -> None:
    (raised,), server = play(
        [echo("One two!", ["One", " two"], [None, -1.0])], Score("t", "One two")
    )
    assert isinstance(raised, Trouble)
    assert raised.what == (
        f"The model `m` of {server.base_url} tells wrong log-probabilities of a text: each of "
        "another token."
    )


def test_numbers_that_nothing_proves_are_asked_again() -> None:
    (raised,), _ = play([echo("One two", ["One", " two"], [None, -1.0])], Score("t", "One two"))
    assert isinstance(raised, Transient)
    assert raised.cause == "bad answer"


def test_a_server_that_cannot_echo_says_so() -> None:
    (raised,), server = play([error(400, "Only no echo is supported")], Score("t", "One two"))
    assert isinstance(raised, Trouble)
    assert (raised.what, raised.fix) == (
        f"The model `m` of {server.base_url} cannot score a text: Only no echo is supported",
        ELSEWHERE,
    )


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        (Score("t", "Text.", ASKED), "A server cannot tell how likely a text is."),
        (
            Completion("t", turn="user"),
            "A server cannot write the user's turn: its chat template is out of reach.",
        ),
        (
            Completion("t", ASKED, sampling={"typical_p": 1}),
            "this server does not take `typical_p`.",
        ),
    ],
)
def test_what_cannot_be_is_not_asked(asked: Call, what: str) -> None:
    (raised,), server = play([reply()], asked)
    assert isinstance(raised, Trouble)
    assert (raised.what, server.bodies) == (what, [])
    assert raised.fix


def unit(text: str) -> bytes:
    values = vector_of(text, 16)
    length = math.sqrt(sum(v * v for v in values))
    return struct.pack("<16f", *(v / length for v in values))


def test_texts_that_wait_together_go_together() -> None:
    texts = [f"text {i}" + " more" * (i % 3) for i in range(70)]

    async def act(teacher: OpenAITeacher) -> Any:
        return await asyncio.gather(*(teacher.answer(Embed("t", text)) for text in texts))

    found, server = mocked(act)
    assert [v.vector for v in found] == [unit(text) for text in texts]
    assert sum(v.prompt_tokens for v in found) == sum(len(tokens_of(text)) for text in texts)
    assert [len(body["input"]) for body in server.bodies] == [64, 6]


def test_a_text_that_is_refused_fails_alone() -> None:
    async def scene(request: Any) -> Any:
        texts = (await request.json())["input"]
        if "long" in texts:
            return await error(400, "maximum context length is 8 tokens")(request)
        data = [{"index": i, "embedding": [0.0, 2.0]} for i in range(len(texts))]
        return await reply({"data": data, "usage": {"prompt_tokens": 3}})(request)

    async def run() -> Any:
        async with serving([scene]) as server:
            teacher = OpenAITeacher(server.base_url, "m")
            asked = [teacher.answer(Embed("t", text)) for text in ("short", "long", "brief")]
            found = await asyncio.gather(*asked, return_exceptions=True)
            await teacher.close()
            return found, len(server.bodies)

    (first, second, third), requests = asyncio.run(run())
    assert first == third == Embedded(struct.pack("<2f", 0.0, 1.0), 3)
    assert isinstance(second, Refused)
    assert (second.cause, requests) == ("context", 4)


VECTORS = {
    "none": ({"data": []}, Transient),
    "no direction": ({"data": [{"index": 0, "embedding": [0.0, 0.0]}]}, Transient),
    "other place": ({"data": [{"index": 1, "embedding": [1.0]}]}, Transient),
    "empty": ({"data": [{"index": 0, "embedding": []}]}, Transient),
    "words": ({"data": [{"index": 0, "embedding": ["a"]}]}, Transient),
    "a token each": ({"data": [{"index": 0, "embedding": [[1.0], [2.0]]}]}, Trouble),
}


@pytest.mark.parametrize("name", VECTORS)
def test_what_is_no_vector(name: str) -> None:
    body, kind = VECTORS[name]
    (raised,), _ = play([reply(body)], Embed("t", "text"))
    assert type(raised) is kind


def test_a_call_that_is_given_up_leaves_the_others_alone() -> None:
    async def act(teacher: OpenAITeacher) -> Any:
        calls = [asyncio.ensure_future(teacher.answer(Embed("t", text))) for text in "abc"]
        await asyncio.sleep(0)
        calls[1].cancel()
        return await asyncio.gather(*calls, return_exceptions=True)

    (first, second, third), server = mocked(act)
    assert (first.vector, third.vector) == (unit("a"), unit("c"))
    assert isinstance(second, asyncio.CancelledError)
    assert [body["input"] for body in server.bodies] == [["a", "c"]]


def test_closing_gives_up_what_is_under_way() -> None:
    async def act(teacher: OpenAITeacher) -> Any:
        call = asyncio.ensure_future(teacher.answer(Embed("t", "a")))
        await asyncio.sleep(0.05)
        await teacher.close()
        return await asyncio.gather(call, return_exceptions=True)

    (found,), _ = mocked(act, script=["stall"])
    assert isinstance(found, asyncio.CancelledError)

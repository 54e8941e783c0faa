"""The remote teacher against a real OpenAI-compatible server: llama_cpp's own, on loopback."""

import asyncio
import json
import math
import struct
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from real_server import real_server, real_server_of

from sofrito.problems import Trouble
from sofrito.teachers.call import Call, Completion, Embed, Message, Score, Weigh
from sofrito.teachers.remote.teacher import OpenAITeacher
from sofrito.teachers.result import Answer
from sofrito.teachers.teacher import Refused

pytestmark = real_server
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 20}, "big": {"type": "boolean"}},
    "required": ["name", "big"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with real_server_of(tmp_path_factory.mktemp("server"), ["any"], 512) as url:
        yield url


def ask(base_url: str, *calls: Call) -> list[Any]:
    async def run() -> list[Any]:
        teacher = OpenAITeacher(base_url, "any")
        try:
            return await asyncio.gather(*map(teacher.answer, calls), return_exceptions=True)
        finally:
            await teacher.close()

    return asyncio.run(run())


def call(text: str, **rest: Any) -> Completion:
    return Completion("teacher", (Message("user", text),), **rest)


def test_answers_counts_and_a_cut(base_url: str) -> None:
    asked = call("Tell a story.", sampling={"max_tokens": 5, "temperature": 0})
    first, again = ask(base_url, asked, asked)
    assert first == again == Answer(first.text, "length", first.prompt_tokens, 5)
    assert first.text
    assert first.prompt_tokens > 20


def test_a_schema_holds(base_url: str) -> None:
    sampling = {"max_tokens": 100, "temperature": 1.0}
    (answer,) = ask(base_url, call("Describe a cat.", schema=SCHEMA, seed=3, sampling=sampling))
    jsonschema.validate(json.loads(answer.text), SCHEMA)


def test_a_prompt_that_does_not_fit_is_refused(base_url: str) -> None:
    (refused,) = ask(base_url, call("word " * 600, sampling={"max_tokens": 5}))
    assert isinstance(refused, Refused)
    assert refused.cause == "context"


def test_the_options_of_a_recipe_are_taken(base_url: str) -> None:
    sampling = {
        "temperature": 0.9, "top_p": 0.9, "top_k": 1, "min_p": 0.1, "repeat_penalty": 1.1,
        "presence_penalty": 0.1, "frequency_penalty": 0.1, "stop": ["."], "max_tokens": 12,
    }  # fmt: skip
    asked = [call("Name a colour.", sampling=sampling, seed=seed) for seed in (1, 2)]
    first, second = ask(base_url, *asked)
    assert first.text == second.text != ""
    assert "." not in first.text


def test_a_raw_prompt_is_gone_on_with(base_url: str) -> None:
    sampling = {"max_tokens": 1, "temperature": 0}
    asked = Completion("teacher", prompt="The capital of France is", sampling=sampling)
    (answer,) = ask(base_url, asked)
    assert answer == Answer(" Paris", "length", 5, 1)


@pytest.mark.parametrize("raw", [False, True])
def test_soft_labels(base_url: str, raw: bool) -> None:
    where = {"prompt": "The capital of France is"} if raw else {"messages": call("Hi").messages}
    sampling = {"max_tokens": 4, "temperature": 0, "repeat_penalty": 1.0}
    (answer,) = ask(base_url, Completion("teacher", sampling=sampling, soft_labels=3, **where))
    soft = answer.soft
    assert "".join(soft.written_texts) == answer.text
    assert soft.written_texts == soft.texts[::3]
    likeliest = struct.unpack("<12e", soft.logprobs)
    assert soft.written_logprobs == struct.pack("<4e", *likeliest[::3])
    assert all(list(likeliest[i : i + 3]) == sorted(likeliest[i : i + 3])[::-1] for i in (0, 3, 6))
    assert all(math.exp(logprob) < 1 for logprob in likeliest)


def test_labels_are_weighed(base_url: str) -> None:
    (weighed,) = ask(base_url, Weigh("teacher", call("Is the sky blue?").messages, ("Yes", "No")))
    assert sum(weighed.probabilities) == pytest.approx(1)
    assert 0 < weighed.mass < 1
    assert weighed.completion_tokens == 1


def test_the_wrong_scores_of_this_server_are_not_taken(base_url: str) -> None:
    """Where it echoes, it gives each token the number of the one before: see Llama.create_completion."""
    (raised,) = ask(base_url, Score("teacher", "The cat sat on the mat."))
    assert isinstance(raised, Trouble)
    assert "wrong log-probabilities" in raised.what


def test_a_server_without_vectors_says_so(base_url: str) -> None:
    (raised,) = ask(base_url, Embed("teacher", "a cat"))
    assert "embedding=True" in str(raised)

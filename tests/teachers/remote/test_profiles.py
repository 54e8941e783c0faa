"""What servers do differently: who is recognised, what is sent, what is refused."""

import asyncio
from typing import Any

import pytest
from yarl import URL

from sofrito.problems import Trouble
from sofrito.teachers.call import Call, Completion, Embed, Message, Score, Weigh
from sofrito.teachers.remote.profiles import ANY, PROFILES, RUNGS, is_closed, profile_of
from sofrito.teachers.remote.teacher import OpenAITeacher
from sofrito.teachers.remote.wire import payload

HI = (Message("user", "Hi"),)

ADDRESSES = {
    "https://api.openai.com/v1": "OpenAI",
    "https://my.openai.azure.com/openai/v1": "Azure OpenAI",
    "https://openrouter.ai/api/v1": "OpenRouter",
    "http://localhost:11434/v1": "Ollama",
    "http://192.168.1.7:1234/v1": "LM Studio",
    "https://generativelanguage.googleapis.com/v1beta/openai": "Gemini",
    "https://api.anthropic.com/v1": "Anthropic",
    "https://api.mistral.ai/v1": "Mistral",
    "https://api.deepseek.com": "DeepSeek",
    "https://api.groq.com/openai/v1": "Groq",
    "https://api.together.xyz/v1": "Together",
    "http://localhost:8000/v1": "this server",
    "http://localhost:8080/v1": "this server",
    "https://api.openai.com.evil.test/v1": "this server",
    "https://notopenai.azure.com/v1": "this server",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_servers_are_known_by_their_address(address: str) -> None:
    assert profile_of(URL(address)).name == ADDRESSES[address]


def test_every_profile_is_recognised_by_something() -> None:
    assert {p.name for p in PROFILES} == set(ADDRESSES.values()) - {ANY.name}
    assert all(set(p.rungs) <= set(RUNGS) and p.rungs for p in PROFILES)


def sent(address: str, **sampling: Any) -> dict[str, Any]:
    call = Completion("t", HI, sampling, seed=7)
    body = payload("m", call, "strict", profile_of(URL(address)))
    return {k: v for k, v in body.items() if k not in ("model", "messages")}


def test_options_go_by_the_server_s_names() -> None:
    assert sent("https://api.openai.com/v1", max_tokens=5) == {
        "max_completion_tokens": 5,
        "seed": 7,
    }
    assert sent("https://api.mistral.ai/v1", top_p=0.5) == {
        "max_tokens": 512,
        "top_p": 0.5,
        "random_seed": 7,
    }
    assert sent("http://localhost:1234/v1", repeat_penalty=1.1) == {
        "max_tokens": 512,
        "repeat_penalty": 1.1,
        "seed": 7,
    }
    assert sent("https://openrouter.ai/api/v1", repeat_penalty=1.1) == {
        "max_tokens": 512,
        "repetition_penalty": 1.1,
        "provider": {"require_parameters": True},
    }
    assert sent("http://localhost:8000/v1", repeat_penalty=1.1, max_tokens=5) == {
        "repeat_penalty": 1.1,
        "repetition_penalty": 1.1,
        "max_tokens": 5,
        "seed": 7,
    }


REFUSED = {
    "https://api.openai.com/v1": (
        {"top_k": 3, "min_p": 0.1},
        "OpenAI does not take `top_k` and `min_p`.",
    ),
    "http://localhost:11434/v1": ({"top_k": 3}, "Ollama does not take `top_k`."),
    "https://api.anthropic.com/v1": (
        {"temperature": 1.2},
        "Anthropic takes no temperature above 1.",
    ),
}


def test_a_stop_that_would_be_ignored_is_refused() -> None:
    asked = Completion("t", HI, {"stop": ["END", "\n"]})
    what = "Anthropic does not stop at white space alone."
    assert trouble("https://api.anthropic.com/v1", asked) == what


def trouble(address: str, call: Call) -> str:
    """Return what a teacher there says before it asks."""

    async def run() -> str:
        teacher = OpenAITeacher(address, "m")
        with pytest.raises(Trouble) as caught:
            await teacher.answer(call)
        await teacher.close()
        return caught.value.what

    return asyncio.run(run())


@pytest.mark.parametrize("address", REFUSED)
def test_an_option_that_would_be_lost_is_refused_before_a_call(address: str) -> None:
    sampling, what = REFUSED[address]
    assert trouble(address, Completion("t", HI, sampling)) == what
    unset = {"temperature": 0.5, "frequency_penalty": None}
    assert trouble(address, Completion("t", HI, unset | sampling)) == what


LACKING = [
    (
        "https://api.openai.com/v1",
        Completion("t", HI, soft_labels=21),
        "OpenAI tells at most 20 of the likeliest tokens.",
    ),
    (
        "https://api.groq.com/openai/v1",
        Completion("t", HI, soft_labels=1),
        "Groq tells no log-probabilities.",
    ),
    (
        "https://api.anthropic.com/v1",
        Weigh("t", HI, ("a", "b")),
        "Anthropic cannot tell how probable answers are.",
    ),
    ("https://api.openai.com/v1", Score("t", "x"), "OpenAI cannot tell how likely a text is."),
    ("https://api.deepseek.com", Embed("t", "x"), "DeepSeek cannot make vectors of texts."),
    (
        "http://localhost:11434/v1",
        Completion("t", prompt="x"),
        "Ollama does not go on with a raw prompt as it stands.",
    ),
]


@pytest.mark.parametrize(("address", "call", "what"), LACKING)
def test_a_kind_of_call_that_a_server_lacks_is_refused_before_it(
    address: str, call: Call, what: str
) -> None:
    assert trouble(address, call) == what


def test_a_seed_that_is_not_sent_is_noted() -> None:
    assert OpenAITeacher("https://api.anthropic.com/v1", "m").notes == (
        "Anthropic takes no seed: asked anew, it answers differently.",
    )
    assert OpenAITeacher("http://localhost:8000/v1", "m").notes == ()


@pytest.mark.parametrize(
    ("schema", "closed"),
    [
        (
            {
                "type": "object",
                "properties": {"a": {}},
                "required": ["a"],
                "additionalProperties": False,
            },
            True,
        ),
        ({"type": "object", "properties": {"a": {}}, "required": ["a"]}, False),
        ({"properties": {"a": {}}, "additionalProperties": False}, False),
        ({"type": "array", "items": {"type": "object"}}, False),
        ({"anyOf": [{"type": "string"}, {"type": "null"}], "enum": [{"type": "object"}]}, True),
    ],
)
def test_schemas_that_strict_asking_takes(schema: dict[str, Any], closed: bool) -> None:
    assert is_closed(schema) == closed


def test_models_of_one_name_at_one_address_share_their_limits() -> None:
    addresses = ("http://a/v1", "http://a/v1/chat/completions", "http://b/v1")
    assert [OpenAITeacher(a, "m").server for a in addresses] == [
        "http://a/v1 m",
        "http://a/v1 m",
        "http://b/v1 m",
    ]

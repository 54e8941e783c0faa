"""What the mock server answers: texts, log-probabilities and vectors that follow from the request alone."""

import math
import re
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any
from zlib import crc32

import orjson

PROMPT_TOKENS = 12
"""What a chat is said to have read where nobody looked into it."""

WORDS = [
    "amber", "basil", "birch", "bread", "bridge", "brook", "candle", "canyon", "cedar", "cherry",
    "clay", "cloud", "copper", "coral", "dawn", "delta", "drum", "ember", "fable", "falcon",
    "fern", "flint", "forest", "garden", "ginger", "granite", "harbour", "hazel", "honey",
    "island", "ivory", "kettle", "lantern", "lemon", "linen", "maple", "marble", "meadow", "mint",
    "needle", "oak", "olive",
]  # fmt: skip


def text_of(number: int, words: int) -> str:
    """Return the text with that number."""
    rng = Random(number)
    return " ".join([f"Text {number}:", *rng.choices(WORDS, k=max(1, words - 2))]) + "."


def tokens_of(text: str) -> list[str]:
    """Return the text's tokens: words with the space before them."""
    return re.findall(r"\s*\S+|\s+$", text)


def chat(text: str, prompt_tokens: int = PROMPT_TOKENS, **choice: Any) -> dict[str, Any]:
    """Return the body of a chat completion."""
    message = {"role": "assistant", "content": text}
    return {
        "id": "mock",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}],
        "usage": usage(prompt_tokens, len(tokens_of(text))),
    }


def usage(prompt: int, completion: int) -> dict[str, int]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }


def asked_chat(body: Mapping[str, Any], text: str, first: Mapping[str, float]) -> dict[str, Any]:
    """Return the answer to a chat that somebody looked into: a schema and log-probabilities are heard.

    ``first`` are the probabilities of the first token; without a schema, the likeliest is the answer.
    """
    wish = body.get("response_format", {})
    schema = wish.get("json_schema", wish).get("schema") if isinstance(wish, dict) else None
    if schema is not None:
        from sofrito.teachers.scripted.values import value_for

        text = value_for(schema, Random(crc32(orjson.dumps(body))))
    elif first:
        text = max(first, key=lambda token: first[token])
    read = sum(len(tokens_of(str(m["content"]))) for m in body["messages"])
    if not body.get("logprobs"):
        return chat(text, read)
    k = body.get("top_logprobs", 0)
    places = [
        {"token": t, "logprob": top[0][1] if not first or i else math.log(first[t])}
        | {"top_logprobs": [{"token": a, "logprob": p} for a, p in top[:k]]}
        for i, t in enumerate(tokens_of(text))
        for top in [_ranked(first) if first and i == 0 else likeliest(t)]
    ]
    return chat(text, read, logprobs={"content": places})


def asked_completion(
    body: Mapping[str, Any], text: str, first: Mapping[str, float]
) -> dict[str, Any]:
    """Return the answer to a raw prompt; ``echo`` and ``logprobs`` are heard."""
    if first:
        text = max(first, key=lambda token: first[token])
    prompt = tokens_of(body["prompt"])
    written = tokens_of(text)[: body.get("max_tokens", 16)]
    shown = [*prompt, *written] if body.get("echo") else written
    choice: dict[str, Any] = {"index": 0, "text": "".join(shown), "finish_reason": "stop"}
    k = body.get("logprobs")
    if k is not None:
        found = [likeliest(t) for t in shown]
        own: list[float | None] = [top[0][1] for top in found]
        tops: list[dict[str, float] | None] = [dict(top[:k]) for top in found]
        if body.get("echo") and shown:
            own[0] = tops[0] = None
        choice["logprobs"] = {"tokens": shown, "token_logprobs": own, "top_logprobs": tops}
    return {
        "object": "text_completion",
        "choices": [choice],
        "usage": usage(len(prompt), len(written)),
    }


def asked_embeddings(body: Mapping[str, Any], size: int) -> dict[str, Any]:
    """Return a vector for each text, not of length 1, the last text's first: order is by ``index``."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    data = [
        {"object": "embedding", "index": i, "embedding": vector_of(t, size)}
        for i, t in enumerate(texts)
    ]
    read = sum(len(tokens_of(t)) for t in texts)
    return {
        "object": "list",
        "data": data[::-1],
        "usage": {"prompt_tokens": read, "total_tokens": read},
    }


def vector_of(text: str, size: int) -> list[float]:
    """Return the vector of a text."""
    rng = Random(crc32(text.encode()))
    return [rng.uniform(-2, 2) for _ in range(size)]


def likeliest(token: str) -> list[tuple[str, float]]:
    """Return the likeliest tokens at a place with their log-probabilities: the written one first."""
    own = -(crc32(token.encode()) % 64) / 128
    others: Sequence[str] = [w for w in WORDS[:21] if w != token]
    return [(token, own), *((other, own - 1 - i) for i, other in enumerate(others))]


def _ranked(first: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(((t, math.log(p)) for t, p in first.items()), key=lambda pair: -pair[1])

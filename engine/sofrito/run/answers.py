"""Answers and final refusals as the journal stores them."""

from typing import cast

import orjson

from sofrito.teachers.call import Answer, Refused


def pack(answer: Answer | Refused) -> bytes:
    """Return an answer or refusal as bytes; a refusal keeps its cause class and words."""
    if isinstance(answer, Refused):
        return orjson.dumps({"refused": answer.cause, "words": answer.words})
    return orjson.dumps(
        {
            "text": answer.text,
            "finish": answer.finish,
            "tokens": [answer.prompt_tokens, answer.completion_tokens],
        }
    )


def unpack(stored: bytes) -> Answer | Refused:
    """Return what :func:`pack` was given."""
    data = orjson.loads(stored)
    if "refused" in data:
        return Refused(data["refused"], data["words"])
    prompt, completion = cast("list[int]", data["tokens"])
    return Answer(data["text"], data["finish"], prompt, completion)

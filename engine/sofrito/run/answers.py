"""Results and final refusals as the journal stores them."""

import orjson

from sofrito.teachers.result import Result, result_of
from sofrito.teachers.teacher import Refused


def pack(outcome: Result | Refused) -> bytes:
    """Return a result or refusal as bytes; a refusal keeps its cause class and words."""
    if isinstance(outcome, Refused):
        return orjson.dumps({"refused": outcome.cause, "words": outcome.words})
    return orjson.dumps(outcome.plain())


def unpack(stored: bytes) -> Result | Refused:
    """Return what :func:`pack` was given."""
    data = orjson.loads(stored)
    if "refused" in data:
        return Refused(data["refused"], data["words"])
    return result_of(data)

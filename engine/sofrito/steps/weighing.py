"""Asks a teacher how probable each of a closed list of answers is."""

from collections.abc import Mapping
from typing import Any

from sofrito.steps.work import Event, Lost, Row, Work
from sofrito.teachers.call import Weigh
from sofrito.teachers.result import Weighed
from sofrito.teachers.teacher import Refused

PROBABILITIES = "_probabilities"
MASS = "mass"


def weighed(row: Row, label: str, question: Weigh, column: str, meaning: Mapping[str, Any]) -> Work:
    """Set a column to the likeliest label's ``meaning``, and its probabilities beside it.

    They are a record from label to probability, with ``mass``, the probability that the model gives
    to all of them together. Of labels equally probable, the first is taken.
    """
    (told,) = yield [question]
    row = row.told(Event(label, "call", {"key": told.key}))
    answer = told.answer
    if isinstance(answer, Refused):
        return [Lost(row, "failed", answer.cause, answer.words)]
    assert isinstance(answer, Weighed)
    shares = dict(zip(question.labels, answer.probabilities, strict=True))
    likeliest = max(question.labels, key=shares.__getitem__)
    beside = {f"{column}{PROBABILITIES}": {**shares, MASS: answer.mass}}
    return [row.having({column: meaning[likeliest], **beside})]

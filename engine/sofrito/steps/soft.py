"""Soft labels as a column: what a teacher found likely at each place of its answer."""

import struct
from collections.abc import Sequence
from typing import Any, TypeVar

from sofrito.teachers.result import SoftLabels

T = TypeVar("T")

FIELDS = frozenset(
    ("token_ids", "texts", "logprobs", "written", "written_texts", "written_logprobs", "tokenizer")
)
"""What the record of soft labels may have: ids, or texts where a server tells no ids."""

LEAST = -65504.0
"""The least float16, which stands for minus infinity: JSON has none, and a loss would be no number."""


def soft_record(soft: SoftLabels) -> dict[str, Any]:
    """Return soft labels as a column holds them: plain lists, one entry a token of the answer.

    ``logprobs`` are the natural log-probabilities of the ``token_ids`` (or, where a server tells no
    ids, of the ``texts``) likeliest at each place, ``written_logprobs`` those of the tokens in
    ``written`` (or ``written_texts``). They have the five digits that tell every float16, and all
    are finite: what is minus infinity, such as the place of a token that a server did not tell, is
    ``LEAST``, a probability of 0.
    """
    numbers = {
        "logprobs": _rows(_halves(soft.logprobs), soft.k),
        "written_logprobs": _halves(soft.written_logprobs),
    }
    if soft.texts or soft.written_texts:
        texts = {"texts": _rows(soft.texts, soft.k), "written_texts": list(soft.written_texts)}
        return {**texts, **numbers}
    ids = {"token_ids": _rows(_ids(soft.ids), soft.k), "written": _ids(soft.written)}
    return {**ids, **numbers, "tokenizer": soft.tokenizer}


def _ids(raw: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(raw) // 4}i", raw))


def _halves(raw: bytes) -> list[float]:
    halves = struct.unpack(f"<{len(raw) // 2}e", raw)
    return [max(float(f"{half:.5g}"), LEAST) for half in halves]


def _rows(flat: Sequence[T], k: int) -> list[list[T]]:
    return [list(flat[start : start + k]) for start in range(0, len(flat), k)]

"""Results as they are stored: each comes back as it was."""

import struct

import pytest

from sofrito.teachers.result import (
    Answer,
    Embedded,
    Result,
    Scored,
    SoftLabels,
    Weighed,
    result_of,
)

SOFT = SoftLabels(1, "", b"", struct.pack("<e", -0.5), b"", struct.pack("<e", -0.5), ("a",), ("a",))


@pytest.mark.parametrize(
    "result",
    [
        Answer("text", "length", 7, 3),
        Answer("a", "stop", 7, 1, SOFT),
        Scored(struct.pack("<2f", -1.5, -0.25), 3),
        Scored(struct.pack("<2f", -1.5, -0.25), 3, 1),
        Weighed((0.75, 0.25), 0.5, 4, 1),
        Embedded(struct.pack("<2f", 0.6, 0.8), 4),
    ],
    ids=["answer", "soft", "scored", "scored by writing", "weighed", "embedded"],
)
def test_a_result_comes_back_as_it_was(result: Result) -> None:
    assert result_of(result.plain()) == result

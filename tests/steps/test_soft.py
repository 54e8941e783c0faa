import math
import struct

import orjson

from sofrito.steps.soft import LEAST, soft_record
from sofrito.teachers.result import SoftLabels


def halves(*numbers: float) -> bytes:
    return struct.pack(f"<{len(numbers)}e", *numbers)


def test_ids_and_log_probabilities_are_a_list_a_place() -> None:
    soft = SoftLabels(
        2,
        "abc",
        struct.pack("<3i", 5, 70_000, 6),
        halves(-0.1, -2, -0.5),
        struct.pack("<6i", 5, 1, 2, 3, 6, 4),
        halves(-0.1, -3, -0.25, -1, -0.5, -65504),
    )
    assert soft_record(soft) == {
        "token_ids": [[5, 1], [2, 3], [6, 4]],
        "written": [5, 70_000, 6],
        "logprobs": [[-0.099976, -3.0], [-0.25, -1.0], [-0.5, -65504.0]],
        "written_logprobs": [-0.099976, -2.0, -0.5],
        "tokenizer": "abc",
    }


def test_a_server_tells_texts() -> None:
    soft = SoftLabels(2, "", b"", halves(-0.5), b"", halves(-0.5, -1), ("a",), ("a", "b"))
    assert soft_record(soft) == {
        "texts": [["a", "b"]],
        "written_texts": ["a"],
        "logprobs": [[-0.5, -1.0]],
        "written_logprobs": [-0.5],
    }


def test_an_answer_without_tokens_has_empty_lists() -> None:
    assert soft_record(SoftLabels(2, "abc", b"", b"", b"", b"")) == {
        "token_ids": [],
        "written": [],
        "logprobs": [],
        "written_logprobs": [],
        "tokenizer": "abc",
    }


def test_minus_infinity_is_a_number_that_json_and_a_loss_can_hold() -> None:
    """Of a server that told one token where two were asked for."""
    nothing = halves(-0.5, -math.inf)
    soft = SoftLabels(2, "", b"", nothing[2:], b"", nothing, ("a",), ("a", ""))
    record = soft_record(soft)
    assert record == {
        "texts": [["a", ""]],
        "written_texts": ["a"],
        "logprobs": [[-0.5, -65504.0]],
        "written_logprobs": [-65504.0],
    }
    assert orjson.loads(orjson.dumps(record)) == record
    assert math.exp(LEAST) * (LEAST - -20.0) == 0


def test_five_digits_tell_every_half() -> None:
    """All 63,488 finite ones, there and back."""
    every = [half for (half,) in struct.iter_unpack("<e", struct.pack("<65536H", *range(65536)))]
    finite = [half for half in every if abs(half) <= 65504]
    assert len(finite) == 63488
    told = soft_record(SoftLabels(1, "", b"", halves(*finite), b"", b""))["written_logprobs"]
    assert halves(*told) == halves(*finite)

"""distill: what the teacher saw, what it found likely, and the types on disk."""

import struct
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from runs import all_scripted, only_run, sofrito
from shipped_runs import run_like

from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Completion
from sofrito.teachers.result import Answer, SoftLabels

PROMPT = "Name the largest ocean."
TEXT = "It is the Pacific."


def teacher(call: Completion) -> Answer:
    """Answer in four tokens, with two likely ones at each; cut short where another prompt asks."""
    assert [(one.role, call.soft_labels) for one in call.messages] == [("user", 2)]
    assert call.sampling["temperature"] == 0
    written = struct.pack("<4i", 7, 8, 9, 10)
    ids = struct.pack("<8i", 7, 1, 8, 1, 9, 1, 10, 1)
    logprobs = struct.pack("<8e", *[-0.5, -1.5] * 4)
    soft = SoftLabels(2, "abc", written, struct.pack("<4e", *[-0.5] * 4), ids, logprobs)
    return Answer(TEXT, "stop" if call.messages[0].content == PROMPT else "length", 5, 4, soft)


def test_an_answer_has_its_labels_and_one_that_was_cut_is_left_out(tmp_path: Path) -> None:
    rows = [{"instruction": PROMPT}, {"instruction": "Name all of them."}]
    seeds = {"prompts": {"file": None, "rows": rows}}
    done = run_like("distill", teacher, tmp_path, seeds=seeds, rows=None, params={"likeliest": 2})
    assert done.lost == {"1": "truncated"}
    (row,) = done.rows.values()
    assert row["response"] == TEXT
    assert row["response_soft"] == {
        "tokenizer": "abc",
        "written": [7, 8, 9, 10],
        "written_logprobs": [-0.5] * 4,
        "token_ids": [[7, 1], [8, 1], [9, 1], [10, 1]],
        "logprobs": [[-0.5, -1.5]] * 4,
    }


def test_ids_are_int32_and_log_probabilities_float16(tmp_path: Path) -> None:
    scripted = all_scripted(shipped_recipes()["distill"])
    done = sofrito("run", "distill", "--rows", "2", "--out", tmp_path, *scripted)
    assert done.returncode == 0, done.stderr
    table = pq.read_table(only_run(tmp_path) / "dataset" / "distill")
    types = {name: table.schema.field(name).type for name in ("token_ids", "logprobs", "written")}
    assert types["token_ids"].value_type.value_type == pa.int32()
    assert types["logprobs"].value_type.value_type == pa.float16()
    assert types["written"].value_type == pa.int32()
    for row in table.to_pylist():
        tokens = len(row["messages"][1]["content"].split()) + 1  # the end
        assert [len(row["written"]), len(row["token_ids"])] == [tokens, tokens]
        assert {len(likeliest) for likeliest in row["token_ids"]} == {20}

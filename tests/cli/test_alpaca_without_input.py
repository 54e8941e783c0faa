"""Instructions that need no input are written in the form of Alpaca without a column for it."""

import json
from pathlib import Path

from runs import only_run, sofrito

RECIPE = """\
recipe: plain
models: {teacher: {backend: scripted}}
from: topics
seeds: {topics: {rows: [{topic: tea}, {topic: milk}]}}
steps:
  - {generate: [instruction, output], prompt: "On {{ topic }}", parse: json}
output: {files: [jsonl], write: [alpaca]}
"""


def test_the_input_is_an_empty_text(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    done = sofrito("run", "recipe.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    file = only_run(tmp_path / "runs") / "dataset" / "alpaca" / "train.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [list(row) for row in rows] == [["id", "instruction", "input", "output"]] * 2
    assert [row["input"] for row in rows] == ["", ""]
    assert all(row["instruction"] and row["output"] for row in rows)
    shown = [line.split(":")[0] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert shown == ["  instruction", "  output"] * 2, "there is no column to be shown"

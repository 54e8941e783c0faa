"""Rows that no format can write do not count: a run that wanted them fell short."""

import json
from pathlib import Path

from finished import FACTS, recipe, row, run_folder
from runs import only_run, sofrito

from sofrito.export import export

TALKS = """\
recipe: talks
models: {teacher: {backend: scripted}}
from: talks
seeds:
  talks:
    rows:
      - {talk: [{role: user, content: Hello}], topic: one}
      - {talk: [{who: user, said: Hello}], topic: two}
      - {talk: [{who: user, said: Hello}], topic: three}
steps:
  - {generate: title, prompt: 'A title about {{ topic }} and {{ talk | length }} turns'}
"""
EITHER = "output: {write: [{messages: {messages: talk}}, {text: {text: title}}]}\n"
ONLY = "output: {write: [{sharegpt: {messages: talk}}]}\n"


MANY = """\
recipe: titles
models: {teacher: {backend: scripted}}
axes: {topic: {values: [tea, rain]}}
rows: 30
steps:
  - {generate: title, prompt: 'A title about {{ topic }}'}
  - {set: short, to: 'title[:20] if (title | length) % 3 else none'}
output: {files: [jsonl], write: [{messages: {prompt: topic, completion: short}}]}
"""


def records(folder: Path) -> list[str]:
    (file,) = only_run(folder / "runs").glob("dataset/*/train.jsonl")
    return file.read_text(encoding="utf-8").splitlines()


def test_a_format_writes_what_it_can(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(0), row(1, a=None), row(2, a=None, q=None), row(3, q=None)])
    entries: list[object] = [{"text": {"text": "a", "where": "topic != 't3'"}}, {"text": "q"}]
    found = export(run, recipe(entries), FACTS)
    assert found.rows == {"text": {"train": 1}, "text-2": {"train": 2}}


def test_a_row_that_where_leaves_out_is_not_unfit(tmp_path: Path) -> None:
    only = "output: {files: [jsonl], write: [{text: {text: title, where: topic == 'two'}}]}\n"
    (tmp_path / "recipe.yaml").write_text("rows: 3\n" + TALKS + only, encoding="utf-8")
    done = sofrito("run", "recipe.yaml", "--format", "json", cwd=tmp_path)
    manifest = json.loads(done.stdout)
    assert (done.returncode, manifest["rows"], len(records(tmp_path))) == (0, 3, 1)


def test_what_fits_no_format_is_rejected_at_the_output(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("rows: 3\n" + TALKS + ONLY, encoding="utf-8")
    done = sofrito("run", "recipe.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "1 of 3 rows in" in done.stdout
    why = "sharegpt: a message in `talk` lacks `role` or `content`, or they are not texts"
    assert f"2  output: {why}" in done.stdout
    run = only_run(tmp_path / "runs")
    manifest = json.loads((run / "manifest.json").read_text())
    assert (manifest["status"], manifest["rows"], manifest["wanted"]) == ("short", 1, 3)
    told = manifest["accounting"][-1]
    assert (told["in"], told["out"], told["rejected"]) == (3, 1, {why: 2})
    rejected = (run / "rejected.jsonl").read_text(encoding="utf-8").splitlines()
    assert [(json.loads(one)["step"], json.loads(one)["reason"]) for one in rejected] == [
        ("output", why),
        ("output", why),
    ]


def test_others_are_made_in_their_place(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(MANY, encoding="utf-8")
    done = sofrito("run", "recipe.yaml", "--format", "json", cwd=tmp_path)
    manifest = json.loads(done.stdout)
    assert (done.returncode, manifest["rows"], len(records(tmp_path))) == (0, 30, 30)
    assert manifest["accounting"][-1]["rejected"].keys() == {"messages: `short` is null"}


def test_rows_that_another_format_has_count(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("rows: 3\n" + TALKS + EITHER, encoding="utf-8")
    done = sofrito("run", "recipe.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert "3 of 3 rows in" in done.stdout

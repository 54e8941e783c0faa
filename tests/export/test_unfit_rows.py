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


def test_a_row_is_unfit_if_no_format_has_it(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(0), row(1, a=None), row(2, a=None, q=None), row(3, q=None)])
    entries: list[object] = [{"text": {"text": "a", "where": "topic != 't3'"}}, {"text": "q"}]
    found = export(run, recipe(entries), FACTS)
    assert found.rows == {"text": {"train": 1}, "text-2": {"train": 2}}
    assert found.unfit == 2
    assert found.why == "row 2.0, text: `a` is null; text-2: `q` is null"


def test_a_row_that_where_leaves_out_is_not_unfit(tmp_path: Path) -> None:
    run = run_folder(tmp_path, [row(0), row(1)])
    found = export(run, recipe([{"text": {"text": "a", "where": "topic == 't9'"}}]), FACTS)
    assert (found.rows, found.unfit, found.why) == ({"text": {"train": 0}}, 0, "")


def test_a_run_that_misses_its_rows_for_them_fell_short(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("rows: 3\n" + TALKS + ONLY, encoding="utf-8")
    done = sofrito("run", "recipe.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "1 of 3 rows in" in done.stdout
    why = (
        "2 rows fit no format of the output (first: row 1, sharegpt: a message in `talk` lacks "
        "`role` or `content`, or they are not texts)"
    )
    assert f"The run stopped short because {why}.\n" in done.stdout
    assert "Correct `output`, or what makes its columns; answers are reused.\n" in done.stdout
    manifest = json.loads((only_run(tmp_path / "runs") / "manifest.json").read_text())
    told = (manifest["status"], manifest["rows"], manifest["wanted"], manifest["reason"])
    assert told == ("short", 1, 3, why)


def test_rows_that_another_format_has_count(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("rows: 3\n" + TALKS + EITHER, encoding="utf-8")
    done = sofrito("run", "recipe.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert "3 of 3 rows in" in done.stdout

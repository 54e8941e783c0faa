"""`sofrito diff`: of recipes, of what a run left, of versions in git."""

import json
import shutil
import subprocess
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from runs import only_run

from sofrito.cli import invoke

RECIPE = """\
recipe: tea
models: {teacher: {backend: scripted}}
seeds: {tasks: {file: seeds.jsonl}}
rows: 40
steps:
  - generate: question
    shots: [{draw: 2, from: tasks}]
    prompt: prompts/ask.j2
  - filter: question
    by: [{length: {words: [2, 90]}}]
  - generate: answer
    prompt: "{{ question }}"
    sampling: {temperature: 0.7}
  - generate: short
    prompt: "{{ answer }} In a word?"
output: {write: [raw]}
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return folder(tmp_path / "old")


def folder(path: Path, *edits: tuple[str, str]) -> Path:
    (path / "prompts").mkdir(parents=True)
    (path / "prompts" / "ask.j2").write_text(
        "Ask about tea.{% for s in shots %}{{ s.q }}{% endfor %}\n"
    )
    (path / "seeds.jsonl").write_text("".join(f'{{"q": "question {n}"}}\n' for n in range(9)))
    text = RECIPE
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    (path / "recipe.yaml").write_text(text)
    return path


def told(capsys: pytest.CaptureFixture[str], *sides: Path | str) -> Any:
    capsys.readouterr()
    assert invoke(["diff", *map(str, sides), "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out)


def reused(found: Any) -> dict[str, tuple[int, int]]:
    return {one["step"]: (one["reused"], one["asked"]) for one in found["calls"]}


def test_equal_ones_share_every_call(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["diff", str(old), str(old)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Nothing differs at all: both make the same rows.",
        "calls of its first candidates, tried on made-up answers: BEFORE has no run to look into",
        "  generate question  all 24 reused",
        "  generate answer    all 24 reused",
        "  generate short     all 24 reused",
    ]


def test_where_it_has_run_its_answers_are_looked_up(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    assert invoke(["run", str(old), "--rows", "5", "--out", str(runs), "--quiet"]) == 0
    few = folder(tmp_path / "few", ("rows: 40", "rows: 5"))
    wider = folder(tmp_path / "wider", ("rows: 40", "rows: 5"), ("[2, 90]", "[2, 99]"))
    capsys.readouterr()
    assert invoke(["diff", str(few), str(wider), "--out", str(runs)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2] == f"calls of its first candidates, looked up in {runs / 'journal.sqlite'}"
    assert [line.split()[-1] for line in lines[3:]] == ["reused"] * 3
    found = told(capsys, few, few, "--out", runs)
    assert found["calls_in_journal"] == str(runs / "journal.sqlite")
    assert [kept == asked for kept, asked in reused(found).values()] == [True] * 3
    other = folder(tmp_path / "other", ("rows: 40", "rows: 5"), ("temperature: 0.7", "top_k: 9"))
    found = told(capsys, few, other, "--out", runs)
    questions, answers, short = reused(found).values()
    assert questions[0] == questions[1]
    assert (answers[0], short[0]) == (0, 0)


def test_what_follows_a_change_is_asked_anew(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = folder(tmp_path / "new", ("temperature: 0.7", "temperature: 1"))
    found = told(capsys, old, new)
    assert [one["words"] for one in found["changes"]] == ["sampling.temperature: 0.7 -> 1.0"]
    assert not found["same_dataset"]
    assert reused(found) == {
        "generate question": (24, 24),
        "generate answer": (0, 24),
        "generate short": (0, 24),
    }


def test_a_filter_and_the_number_of_rows_cost_nothing_that_was_asked(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = folder(tmp_path / "new", ("[2, 90]", "[3, 50]"), ("rows: 40", "rows: 400"))
    assert set(reused(told(capsys, old, new)).values()) == {(24, 24)}


def test_shots_by_rank_change_few_draws(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = folder(tmp_path / "new")
    with (new / "seeds.jsonl").open("a") as file:
        file.write('{"q": "another"}\n')
    found = told(capsys, old, new)
    assert [one["where"] for one in found["changes"]] == ["seeds.tasks"]
    kept, asked = reused(found)["generate question"]
    assert 8 <= kept < asked == 24


def test_with_the_recipe_that_a_run_kept(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = ["--out", str(tmp_path / "runs"), "--quiet"]
    sets = ["--set", "steps.2.sampling.temperature=0.2"]
    assert invoke(["run", str(old), "--rows", "3", *runs, *sets]) == 0
    run = only_run(tmp_path / "runs")
    found = told(capsys, run, old)
    assert [one["words"] for one in found["changes"]] == [
        "rows: 3 -> 40",
        "sampling.temperature: 0.2 -> 0.7",
    ]
    assert found["calls_in_journal"] == str(tmp_path / "runs" / "journal.sqlite")
    assert [kept > 0 for kept, _ in reused(found).values()] == [True, False, False]
    shutil.rmtree(old)
    assert told(capsys, run, run)["same_dataset"]
    assert invoke(["validate", str(run / "recipe")]) == 0


def test_a_recipe_that_a_run_kept_makes_the_same_dataset(old: Path, tmp_path: Path) -> None:
    assert invoke(["run", str(old), "--rows", "3", "--out", str(tmp_path / "a"), "--quiet"]) == 0
    first = only_run(tmp_path / "a")
    again = ["run", str(first / "recipe"), "--out", str(tmp_path / "b"), "--quiet"]
    assert invoke(again) == 0
    second = only_run(tmp_path / "b")
    assert first.name == second.name
    assert (first / "rows.jsonl").read_bytes() == (second / "rows.jsonl").read_bytes()


def test_versions_in_git(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for arguments in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True)
    prompt = old / "prompts" / "ask.j2"
    prompt.write_text("Ask about coffee.\n")
    found = told(capsys, f"{old / 'recipe.yaml'}@HEAD", old)
    assert [(one["where"], one["key"]) for one in found["changes"]] == [
        ("generate question", "prompt")
    ]
    assert reused(found)["generate question"] == (0, 24)
    assert invoke(["diff", f"{old}@nowhere", str(old)]) == 1
    assert "git: fatal: not a valid object name: nowhere" in capsys.readouterr().err


@pytest.mark.parametrize("name", [".", "recipe.yaml"])
def test_a_repository_that_is_the_recipe_itself(
    name: str, old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for arguments in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", "-C", str(old), *arguments], check=True)
    assert told(capsys, f"{old}@HEAD", old)["same_dataset"]
    with chdir(old):
        assert told(capsys, f"{name}@HEAD", name)["same_dataset"]


def test_a_run_that_has_not_ended_says_so(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["run", str(old), "--rows", "3", "--out", str(tmp_path / "r"), "--quiet"]) == 0
    run = only_run(tmp_path / "r")
    assert told(capsys, run, run)["runs_not_ended"] == []
    (run / "manifest.json").unlink()
    assert told(capsys, run, old)["runs_not_ended"] == [str(run)]


def test_a_broken_side_is_told(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (old / "recipe.yaml").write_text("recipe: x\n")
    assert invoke(["diff", str(old), str(old)]) == 2
    assert "SOF102" in capsys.readouterr().err


def test_a_run_keeps_rubrics_and_principles_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judged = """\
  - generate: short
    n: 3
    prompt: "{{ answer }} In a word?"
  - judge: short
    rubric: own
    given: question
  - judge: short
    as: duel
    rubric: better
    given: question
    compare: pairwise
  - revise: short
    principles: ours.yaml
"""
    short = '  - generate: short\n    prompt: "{{ answer }} In a word?"\n'
    recipe = folder(tmp_path / "judged", (short, judged))
    (recipe / "prompts" / "rubrics").mkdir()
    (recipe / "prompts" / "rubrics" / "own.j2").write_text(
        '---\nscale: {min: 1, max: 3}\n---\n{% include "judging/shown.j2" %}\n'
    )
    (recipe / "ours.yaml").write_text("---\ntitle: Ours\n---\n- {name: a, text: Is short.}\n")
    assert invoke(["run", str(recipe), "--rows", "3", "--out", str(tmp_path / "a"), "--quiet"]) == 0
    first = only_run(tmp_path / "a")
    found = told(capsys, first, recipe)
    assert [one["words"] for one in found["changes"]] == ["rows: 3 -> 40"]
    assert all(kept > 0 for kept, _ in reused(found).values())
    found = told(capsys, first, first)
    assert all(kept == asked for kept, asked in reused(found).values())
    assert reused(found)["judge short (2)"][0] > 0
    rubric = recipe / "prompts" / "rubrics" / "own.j2"
    rubric.write_text(rubric.read_text().replace("max: 3", "max: 4"))
    with (recipe / "ours.yaml").open("a") as file:
        file.write("- {name: b, text: Is kind.}\n")
    assert [(one["where"], one["words"]) for one in told(capsys, first, recipe)["changes"]] == [
        ("", "rows: 3 -> 40"),
        ("judge short", "rubrics `own` changed: 1 line added, 1 removed"),
        ("revise short", "principles `ours.yaml` changed: 1 line added, 0 removed"),
    ]
    shutil.rmtree(recipe)
    again = ["run", str(first / "recipe"), "--out", str(tmp_path / "b"), "--quiet"]
    assert invoke(again) == 0
    second = only_run(tmp_path / "b")
    assert first.name == second.name
    assert (first / "rows.jsonl").read_bytes() == (second / "rows.jsonl").read_bytes()


GENERATED = """\
recipe: tree
models: {teacher: {backend: scripted}}
axes:
  tone: {file: tones.txt}
  topic: {generate: {from: physics, levels: [field], width: 3, prompt: ask.j2}}
rows: 4
steps:
  - {generate: body, prompt: "{{ tone }}: {{ topic.field }}"}
output: {write: [raw]}
"""


def test_axes_that_are_files_or_were_made_are_kept_with_a_run_and_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, runs = tmp_path / "tree", tmp_path / "runs"
    recipe.mkdir()
    (recipe / "recipe.yaml").write_text(GENERATED)
    (recipe / "tones.txt").write_text("calm\nlively\n")
    (recipe / "ask.j2").write_text("Name {{ width }} of {{ subject }}.\n")
    assert invoke(["run", str(recipe), "--out", str(runs), "--quiet"]) == 0
    (made,) = (runs / "tree" / "axes").glob("*.yaml")
    (run,) = (one.parent for one in runs.glob("tree/*/rows.jsonl"))
    kept = {one.relative_to(run / "recipe").as_posix() for one in (run / "recipe").rglob("*.*")}
    mine = {"recipe.yaml", "tones.txt", "ask.j2", f"tree/axes/{made.name}", ".identities.json"}
    assert kept == mine
    found = told(capsys, run, recipe, "--out", runs)
    assert (found["same_dataset"], found["changes"]) == (True, [])
    (recipe / "tones.txt").write_text("calm\nwild\n")
    made.write_text(made.read_text().replace("topics:\n", "topics:\n  - Heat\n"))
    found = told(capsys, run, recipe, "--out", runs)
    assert [(one["where"], one["words"]) for one in found["changes"]] == [
        ("axes.tone", "values removed: lively"),
        ("axes.tone", "values added: wild"),
        ("axes.topic", "values added: Heat"),
    ]
    (recipe / "ask.j2").write_text("Name {{ width }} parts of {{ subject }}.\n")
    changed = {one["where"]: one["words"] for one in told(capsys, run, recipe)["changes"]}
    assert changed["axes.topic"] == "prompt changed: 1 line added, 1 removed"

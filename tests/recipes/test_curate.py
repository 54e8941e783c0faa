"""curate and curate-scored: each planted fault is found, by the rule that is there for it."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from runs import only_run, sofrito
from shipped_runs import run_like

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.read import read_recipe
from sofrito.shipped import shipped_recipes

DATA = [
    json.loads(line)
    for line in (shipped_recipes()["curate"] / "seeds" / "data.jsonl")
    .read_text("utf-8")
    .splitlines()
]
GOOD = {"instruction": "Name a lake.", "response": "Lake Vänern lies in the west of Sweden."}
GARBLED = {"What is the best time to plant tulips?", "How do I sharpen a pencil with a knife?"}
UNFIT = {"Why is the sea salty?", "What does a conductor of an orchestra do?"}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def silent(call: object) -> str:
    raise AssertionError(f"nobody is asked: {call}")


def test_what_is_left_out_and_why(tmp_path: Path) -> None:
    done = sofrito("run", "curate", "--out", tmp_path, "--format", "json")
    assert done.returncode == 0, done.stderr
    manifest = json.loads(done.stdout)
    assert (manifest["rows"], manifest["calls"]["asked"]) == (51, 0)
    rejected = lines(only_run(tmp_path) / "rejected.jsonl")
    assert Counter(row["step"] for row in rejected) == {
        "substance": 5,
        "clean text": 4,
        "answers": 3,
        "variety": 2,
        "dedup instruction": 3,
        "dedup response": 2,
        "novelty": 1,
    }
    kept = {row["columns"]["instruction"] for row in lines(only_run(tmp_path) / "rows.jsonl")}
    assert kept >= GARBLED | UNFIT, "rules on words cannot know these"
    assert len(DATA) == len(rejected) + 51


def test_data_of_ones_own_goes_first(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    good, again = (
        {"instruction": " Name a sea. ", "response": "The Baltic is one of them.\n"},
        "NAME A SEA",
    )
    rows = [
        good,
        {**good, "instruction": again},
        {**good, "instruction": "Sea?", "response": "Yes."},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "seeds" / "data.jsonl").write_text(text, encoding="utf-8")
    done = run_like("curate", silent, tmp_path)
    assert done.rows == {
        "0": {"instruction": "Name a sea.", "response": "The Baltic is one of them."}
    }
    assert done.lost == {"1": "duplicate", "2": "length: too short"}


def test_an_answer_in_a_script_without_spaces_is_no_short_one(tmp_path: Path) -> None:
    row = {"instruction": "说出一个海的名字。", "response": "波罗的海是其中之一，位于北欧。"}
    done = run_like("curate", silent, tmp_path, seeds={"data": {"file": None, "rows": [row]}})
    assert (done.rows, done.lost) == ({"0": row}, {})


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("It says so at https://sea.example in full.", "pattern: a pattern it must not have"),
        ("The cafÃ© by the sea has it.", "pattern: a pattern it must not have"),
        ("I'm sorry, I cannot name a sea.", "refusal: the answer refuses"),
        ("It was in my training data. " + "All seas are different. " * 4, "words: a word it must not have"),
        ("to and fro " * 12, "keep: "),
        ("Name a sea, please, if you know.", "keep: instruction and response != instruction"),
        (" \n. ", "contentless: nothing is said"),
        (None, "contentless: nothing is said"),
    ],
)  # fmt: skip
def test_each_rule_has_a_reason_of_its_own(
    tmp_path: Path, response: str | None, reason: str
) -> None:
    row = {"instruction": "Name a sea, please, if you know.", "response": response}
    seeds = {"data": {"file": None, "rows": [row, GOOD]}}
    done = run_like("curate", silent, tmp_path, seeds=seeds)
    assert (done.rows, len(done.lost)) == ({"1": GOOD}, 1)
    assert done.lost["0"].startswith(reason)


def test_an_answer_to_nothing_is_left_out(tmp_path: Path) -> None:
    rows = [{"instruction": None, "response": "The Baltic is one of them."}, GOOD]
    done = run_like("curate", silent, tmp_path, seeds={"data": {"file": None, "rows": rows}})
    assert done.lost == {"0": "keep: instruction and response != instruction"}


def test_the_recipe_of_the_readme_is_one(tmp_path: Path) -> None:
    text = (shipped_recipes()["curate"] / "README.md").read_text(encoding="utf-8")
    shown, more = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "recipe.yaml").write_text(shown, encoding="utf-8")
    assert read_recipe(tmp_path, vocabulary()).warnings == ()

    (tmp_path / "recipe.yaml").write_text(shown + more, encoding="utf-8")
    rows = [{"question": f" {row['instruction']}", "output": row["response"]} for row in DATA]
    (tmp_path / "seeds").mkdir()
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "seeds" / "data.jsonl").write_text(text, encoding="utf-8")
    done = sofrito("run", tmp_path, "--out", tmp_path / "out", "--format", "json")
    assert json.loads(done.stdout)["rows"] == 51


@pytest.mark.real
def test_a_small_model_finds_what_is_garbled_and_what_answers_something_else(
    tmp_path: Path,
) -> None:
    """Of two good rows and four bad ones, with a bound that this model was seen to keep."""
    rows = [row for row in DATA if row["instruction"] in GARBLED | UNFIT] + DATA[:2]
    seeds = {"data": {"file": None, "rows": rows}}
    text = json.dumps({"recipe": "few", "extends": "curate-scored", "seeds": seeds})
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    one = ("--set", "unfit=1.1", "--set", "models.scorer.threads=1")
    done = sofrito("run", tmp_path, "--out", tmp_path / "out", *one)
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path / "out")
    found = {row["columns"]["instruction"]: row["step"] for row in lines(run / "rejected.jsonl")}
    assert found == {**dict.fromkeys(GARBLED, "fluency"), **dict.fromkeys(UNFIT, "fit")}

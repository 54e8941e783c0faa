"""alpaca: one answer holds many tasks; each rule drops its own, and the dataset has the others."""

import json

import pytest
from shipped_runs import ShippedRun, run_like

from sofrito.teachers.call import Completion

SEEDS = [
    {
        "instruction": f"{verb} the {what} in one sentence.",
        "input": text,
        "output": f"{what}: done.",
    }
    for verb, what, text in (
        ("Describe", "garden", ""),
        ("Praise", "soup", "A soup of leeks."),
        ("Explain", "tide", ""),
        ("Sketch", "harbour", ""),
    )
]
TASKS = [
    ("Name three trees that keep their leaves.", "<noinput>", "Holly, pine and yew."),
    ("Which of these two is heavier, and by how much?", "4 kg of wool, 3 kg of lead", "The wool."),
    ("Name three trees that do keep their leaves.", "<noinput>", "Fir, box and ivy."),
    ("Explain the tide in one sentence.", "<noinput>", "The moon pulls the sea."),
    ("Why not?", "<noinput>", "Because."),
    ("Sort these pictures of old castles by their age.", "<noinput>", "One, two."),
    ("Write a program that counts down from ten.", "<noinput>", "10, 9, 8."),
    ("Tell a visitor where the old mill stands.", "<noinput>", "  "),
]
WHOLE = [dict(zip(("instruction", "input", "output"), task, strict=True)) for task in TASKS]


def script(_: Completion) -> str:
    return json.dumps({"items": WHOLE})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShippedRun:
    return run_like(
        "alpaca",
        script,
        tmp_path_factory.mktemp("alpaca"),
        seeds={"tasks": {"file": None, "rows": SEEDS}},
        rows=2,
        steps={"generate instruction+input+output": {"schema": None, "items": None}},
    )


def test_the_rows_are_exactly_the_tasks_that_no_rule_drops(run: ShippedRun) -> None:
    assert run.status == "complete"
    assert run.rows == {"0.0": {**WHOLE[0], "input": ""}, "0.1": WHOLE[1]}
    assert {key: reason for key, reason in run.lost.items() if key.startswith("0.")} == {
        "0.2": "novelty: too similar",
        "0.3": "novelty: too similar",
        "0.4": "length: too short",
        "0.5": "words: a word it must not have",
        "0.6": "pattern: a pattern it must not have",
        "0.7": "keep: output | trim",
    }


def test_three_tasks_open_the_set_and_none_without_input_is_empty(run: ShippedRun) -> None:
    inputs = {one["instruction"]: one["input"] or "<noinput>" for one in SEEDS}
    for prompt in run.asked["teacher"]:
        shown = json.loads(prompt.partition("first three tasks:\n")[2].partition("\n\nWrite")[0])
        assert len({one["instruction"] for one in shown["items"]}) == 3
        assert all(one["input"] == inputs[one["instruction"]] for one in shown["items"])

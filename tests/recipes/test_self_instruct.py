"""self-instruct: what grows the pool is shown again, labels come first, and bad instances go."""

import json
from itertools import cycle
from typing import Any

import pytest
from shipped_runs import ShippedRun, run_like

from sofrito.teachers.call import Completion

PLACES = ("garden", "harbour", "kitchen", "library", "market", "meadow", "museum", "orchard")
LABELS = ("cold or warm", "true or false", "old or new", "plural or singular", "day or night",
          "verb or noun", "town or river", "loud or quiet", "fish or bird", "iron or wood",
          "rude or polite", "long or short")  # fmt: skip
VERBS = ("Describe", "Praise", "Compare", "Imagine", "Remember", "Advertise", "Defend", "Explain",
         "Rename", "Visit", "Measure", "Repaint", "Summarise", "Insure", "Photograph", "Reopen",
         "Clean", "Sell", "Rebuild")  # fmt: skip
SEEDS = [
    *({"instruction": f"Is the thing {one}?", "is_classification": True} for one in LABELS),
    *(
        {"instruction": f"{verb} {place} {number}", "is_classification": False}
        for number, (verb, place) in enumerate(zip(VERBS, cycle(PLACES), strict=False))
    ),
]
NEW = [
    ["Suggest five dishes for a wedding in autumn.", "Which of the two colours is darker than grey?",
     "Suggest five good dishes for a wedding in autumn."],
    ["List what a lighthouse keeper does at night.", "Give the sentence a friendlier tone without lying.",
     "Draw a map of the island for pirates.", "Too short."],
    ["What would a baker never say?"],
]  # fmt: skip
INSTANCES: dict[str, list[tuple[str, str]]] = {
    NEW[0][0]: [("", "Soup, pie, roast, salad and cake.")],
    NEW[0][1]: [("black, white", "black"), ("navy, cream", "navy"), ("black, white", "black")],
    NEW[1][0]: [("at sea", "He tends the lamp."), ("at sea", "He sleeps.")],
    NEW[2][0]: [("", "The bread can wait.")],
    NEW[1][1]: [("Go away. ", "Could you go?"), ("Hush.", " Hush."), ("No.", "I say: ")],
}


class Script:
    """Answers each call for tasks with the next list, and those beyond with the last."""

    def __init__(self) -> None:
        self.lists: dict[str, list[str]] = {}

    def __call__(self, call: Completion) -> str:
        prompt = call.messages[-1].content
        if prompt.startswith("Examples of tasks:"):
            new = self.lists.setdefault(prompt, NEW[min(len(self.lists), 2)])
            return json.dumps({"items": new})
        if prompt.startswith("Tasks with a few fixed answers:"):
            return "yes" if prompt.endswith(NEW[0][1]) else "no"
        found = INSTANCES[prompt.rpartition("Task: ")[2].strip()]
        return json.dumps({"items": [{"input": one, "output": other} for one, other in found]})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShippedRun:
    return run_like(
        "self-instruct",
        Script(),
        tmp_path_factory.mktemp("self"),
        seeds={"tasks": {"file": None, "rows": SEEDS}},
        rows=5,
        round=1,
        steps={
            "generate instruction": {"schema": None, "items": None},
            "generate input+output": {"schema": None, "items": None},
        },
    )


def row(instruction: str, number: int, of_labels: bool = False) -> dict[str, Any]:
    given, output = INSTANCES[instruction][number]
    return {
        "instruction": instruction,
        "is_classification": of_labels,
        "input": given.strip(),
        "output": output.strip(),
    }


def test_the_rows_are_exactly_the_instances_that_no_rule_drops(run: ShippedRun) -> None:
    ends = (
        "keep: output and output != input and not output.endswith(':') and not input.endswith(':')"
    )
    assert run.status == "complete"
    assert run.rows == {
        "0.0.0": row(NEW[0][0], 0),
        "0.1.0": row(NEW[0][1], 0, of_labels=True),
        "0.1.1": row(NEW[0][1], 1, of_labels=True),
        "1.1.0": row(NEW[1][1], 0),
        "2.0.0": row(NEW[2][0], 0),
    }
    assert run.lost == {
        "0.1.2": "unique: equal to a sibling",
        "0.2": "novelty: too similar",
        "1.0.0": "consistent: the same input with different answers",
        "1.0.1": "consistent: the same input with different answers",
        "1.1.1": ends,
        "1.1.2": ends,
        "1.2": "words: a word it must not have",
        "1.3": "length: too short",
    }


def test_what_the_teacher_wrote_is_shown_after_the_next_round(run: ShippedRun) -> None:
    """A round begins before the one before it has ended: it draws from what grew before that."""
    asked = [one for one in run.asked["teacher"] if one.startswith("Examples of tasks:")]
    shown = [[task for task in NEW[0] if json.dumps(task) in prompt] for prompt in asked]
    assert shown == [[], [], NEW[0][:2]]


def test_a_task_with_labels_is_asked_for_its_output_first(run: ShippedRun) -> None:
    asked = {
        one.rpartition("Task: ")[2].strip(): one.startswith("Carry out a task that has a few")
        for one in run.asked["teacher"]
        if one.startswith("Carry out")
    }
    assert asked == {task: task == NEW[0][1] for task in INSTANCES}

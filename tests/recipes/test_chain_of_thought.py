"""chain-of-thought: what is right is kept, what failed is rationalised, what has no gold is voted on."""

import json
from pathlib import Path

import pytest
from shipped_runs import ShippedRun, run_like

from sofrito.teachers.call import Completion

pytest.importorskip("math_verify", reason="the extra `math` is not installed")

PROBLEMS = [
    {"question": "easy", "gold": 4},
    {"question": "hard", "gold": "1/2"},
    {"question": "hopeless", "gold": "9"},
    {"question": "open", "gold": None},
    {"question": "disputed", "gold": None},
    {"question": "none", "gold": 0},
    {"question": "half", "gold": 0.5},
]
SAID = {
    "easy": ["4", "5", "4.0", "4"],
    "hard": ["1", "2", "3", "4"],
    "hopeless": ["1", "1", "1", "1"],
    "open": ["7", "7", "7", "8"],
    "disputed": ["1", "2", "1", "2"],
    "none": ["0", "1", "1", "1"],
    "half": ["1", "2", "1/2", "2"],
}
HINTED = {"hard": "0.5", "hopeless": "3"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShippedRun:
    answers = {name: iter(said) for name, said in SAID.items()}

    def script(call: Completion) -> str:
        prompt = call.messages[-1].content
        name = prompt.partition("Problem: ")[2].split()[0]
        answer = HINTED[name] if "Result:" in prompt else next(answers[name])
        told = "Hinted" if "Result:" in prompt else "Solved"
        way = "the same way" if answer == "4" else f"the way to {answer}"
        return json.dumps({"solution": f"{told} {way}.", "answer": answer})

    return run_like(
        "chain-of-thought",
        script,
        tmp_path_factory.mktemp("cot"),
        seeds={"problems": {"file": None, "rows": PROBLEMS}},
        steps={
            "generate solution+answer": {"schema": None},
            "generate solution+answer (2)": {"schema": None},
        },
    )


def test_what_comes_out_is_verified(run: ShippedRun) -> None:
    rows = [(row["question"], row["response"], row["hinted"]) for row in run.rows.values()]
    assert rows == [
        ("easy", "Solved the same way.\n\nThe answer is 4.", False),
        ("easy", "Solved the way to 4.0.\n\nThe answer is 4.0.", False),
        ("hard", "Hinted the way to 0.5.\n\nThe answer is 0.5.", True),
        ("open", "Solved the way to 7.\n\nThe answer is 7.", False),
        ("none", "Solved the way to 0.\n\nThe answer is 0.", False),
        ("half", "Solved the way to 1/2.\n\nThe answer is 1/2.", False),
    ]
    golds = {row["question"]: row["gold"] for row in run.rows.values()}
    assert golds == {"easy": "4", "hard": "1/2", "open": None, "none": "0", "half": "0.5"}


def test_the_hint_is_for_failed_problems_with_a_gold_answer_only(run: ShippedRun) -> None:
    hinted = [prompt for prompt in run.asked["teacher"] if "Result:" in prompt]
    assert sorted(prompt.rpartition("Problem: ")[2].split() for prompt in hinted) == [
        ["hard", "Result:", "1/2"],
        ["hopeless", "Result:", "9"],
    ]
    assert len(run.asked["teacher"]) == 7 * 4 + 2


def test_why_the_others_did_not_come_through(run: ShippedRun) -> None:
    again = "unique: equal to a sibling"
    assert run.lost == {
        "0.2": again,
        "2": "keep: hint_check.ok",
        "3.1": again,
        "3.2": again,
        "4": "empty list",
    }


@pytest.mark.parametrize("form", ["json", "tags"])
def test_it_runs_with_each_form_as_it_is(tmp_path: Path, form: str) -> None:
    def script(call: Completion) -> str:
        if form == "tags":
            return "<solution>Seven and five are 12.</solution><answer>12</answer>"
        return json.dumps({"solution": "Seven and five are 12.", "answer": 12})

    rows = [{"question": "7 + 5?", "gold": "12"}]
    done = run_like(
        "chain-of-thought",
        script,
        tmp_path,
        params={"form": form},
        seeds={"problems": {"file": None, "rows": rows}},
    )
    (row,) = done.rows.values()
    assert row == {**row, "solution": "Seven and five are 12.", "answer": 12, "hinted": False}


def test_formulas_come_in_tags_where_no_schema_bounds_them(tmp_path: Path) -> None:
    def script(call: Completion) -> str:
        assert "<solution>" in call.messages[-1].content
        return "<solution>One half is $\\frac{1}{2}$.</solution><answer>$\\frac{1}{2}$</answer>"

    done = run_like(
        "chain-of-thought",
        script,
        tmp_path,
        params={"form": "tags"},
        seeds={"problems": {"file": None, "rows": [{"question": "half", "gold": "0.5"}]}},
        steps={
            "generate solution+answer": {"schema": None},
            "generate solution+answer (2)": {"schema": None},
        },
    )
    (row,) = done.rows.values()
    assert row["solution"] == "One half is $\\frac{1}{2}$."

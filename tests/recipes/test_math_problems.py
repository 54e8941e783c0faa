"""math-problems: kept where the solvers agree with each other, and with the writer."""

import json

import pytest
from shipped_runs import ShippedRun, run_like

from sofrito.teachers.call import Completion

pytest.importorskip("math_verify", reason="the extra `math` is not installed")

CLAIMED = {"kettles": "0.5", "anchors": "6", "violins": "3"}
ASKED = {
    "kettles": "boil when half of one is cold",
    "anchors": "does a fleet of six small ships need",
    "violins": "play if the others had been sold before",
}
SOLVED = {
    "kettles": ["1/2", "1/2", "2", "1/2"],
    "anchors": ["5", "5", "5", "5"],
    "violins": ["3", "4", "5", "6"],
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShippedRun:
    solved = {name: iter(said) for name, said in SOLVED.items()}

    def script(call: Completion) -> str:
        prompt = call.messages[-1].content
        if "Setting:" in prompt:
            name = prompt.partition("Setting: ")[2].split()[0]
            said = {"problem": f"How many {name} {ASKED[name]}?", "claimed": CLAIMED[name]}
            return json.dumps(said)
        name = prompt.partition("How many ")[2].split()[0]
        done = next(solved[name])
        return json.dumps({"solution": f"Way {len(prompt)} to {done}.", "answer": done})

    return run_like(
        "math-problems",
        script,
        tmp_path_factory.mktemp("math"),
        seeds={"settings": {"file": None, "rows": [{"setting": name} for name in CLAIMED]}},
        axes=None,
        cover=None,
        **{"from": "settings", "rows": None},
        output={"write": [{"messages": {"prompt": "problem", "completion": "response"}}]},
        steps={
            "generate problem+claimed": {"schema": None, "shots": None, "prompt": PROMPT},
            "generate solution+answer": {"schema": None},
        },
    )


PROMPT = "Setting: {{ setting }}"


def test_writer_and_solvers_agree_by_value(run: ShippedRun) -> None:
    rows = [(row["problem"], row["answer"]) for row in run.rows.values()]
    assert rows == [("How many kettles boil when half of one is cold?", "1/2")]


def test_why_the_others_did_not_come_through(run: ShippedRun) -> None:
    weak = "keep: vote.agrees and not vote.tied and vote.share >= 0.5"
    again = "unique: equal to a sibling"
    assert run.lost == {
        "0.1": again,
        "0.2": weak,
        "0.3": again,
        **{f"1.{i}": "keep: check.ok" for i in range(4)},
        **{f"2.{i}": weak for i in range(4)},
    }

"""translate-and-adapt: each task in each place, checked by a translation back that saw nothing else."""

import json
import re

import pytest
from shipped_runs import ShippedRun, run_like

from sofrito.teachers.call import Completion

TASKS = [
    {"task": "t1", "instruction": "Why do onions make us cry?", "response": "They set a gas free."},
    {
        "task": "t2",
        "instruction": "How far do I get with 12 gallons?",
        "response": "Some 360 miles.",
    },
    {
        "task": "t3",
        "instruction": "What rhymes with juice?",
        "response": "Truce rhymes with juice.",
    },
    {
        "task": "t4",
        "instruction": "Name two things for the beach.",
        "response": "A towel and water.",
    },
]
HANDLING = {"onions": "translate", "gallons": "adapt", "rhymes": "leave out", "beach": "translate"}
LOCAL = {
    ("onions", "Spanish"): ["¿Por qué lloramos con la cebolla?", "Porque suelta un gas."],
    ("onions", "German"): ["Warum weinen wir bei Zwiebeln?", "Sie setzen ein Gas frei."],
    ("gallons", "Spanish"): ["¿Cuánto recorro con 45 litros?", "Unos 580 kilómetros."],
    # an answer as in English, and one with the scores that stand below
    ("gallons", "German"): ["Wie weit komme ich mit 45 Litern?", "Some 360 miles."],
    ("beach", "Spanish"): ["Nombra dos cosas para la playa.", "Una toalla y agua."],
    ("beach", "German"): ["Nenne zwei Dinge für den Strand.", "Ein Handtuch und ein Auto."],
}


def script(call: Completion) -> str | None:
    prompt = call.messages[-1].content
    last = prompt.rpartition("\nTask: ")[2]
    if "What do they need?" in prompt:
        return next(said for word, said in HANDLING.items() if word in last)
    if prompt.startswith("Write a task"):
        place = re.search(r"anew in (\w+)", prompt)
        assert place
        found = next(v for (w, p), v in LOCAL.items() if w in last and p == place[1])
        return json.dumps({"local_instruction": found[0], "local_response": found[1]})
    if prompt.startswith("Translate a task"):
        return json.dumps({"back_instruction": "Asked back.", "back_response": "Said back."})
    wrong = "Auto" in prompt
    return json.dumps({"meaning": 2 if wrong else 5, "language": 5, "place": 4})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShippedRun:
    return run_like(
        "translate-and-adapt",
        script,
        tmp_path_factory.mktemp("ta"),
        seeds={"tasks": {"file": None, "rows": TASKS}},
        rows=None,
        params={"least_score": 4},
    )


def test_what_comes_through_and_what_does_not(run: ShippedRun) -> None:
    kept = {(row["task"], row["place"].split()[0]) for row in run.rows.values()}
    assert kept == {("t1", "Spanish"), ("t1", "German"), ("t2", "Spanish"), ("t4", "Spanish")}
    assert sorted(run.lost) == ["1.1", "2.0", "2.1", "3.1"]
    assert {run.lost["2.0"], run.lost["2.1"]} == {"keep: handling != 'leave out'"}
    assert run.lost["1.1"].startswith("keep: local_instruction != instruction")
    assert run.lost["3.1"].startswith("keep: verdict.aspects.meaning >=")


def test_a_task_to_adapt_is_asked_for_otherwise(run: ShippedRun) -> None:
    written = [one for one in run.asked["teacher"] if one.startswith("Write a task")]
    changed = {re.search(r"gallons|onions|beach", one)[0]: "units" in one for one in written}  # type: ignore[index]
    assert changed == {"onions": False, "gallons": True, "beach": False}


def test_who_translates_back_does_not_see_the_original(run: ShippedRun) -> None:
    asked = run.asked["back_translator"]
    assert len(asked) == 5
    assert not any(task["instruction"] in one for one in asked for task in TASKS)


def test_the_judge_sees_all_of_it(run: ShippedRun) -> None:
    (prompt,) = {one for one in run.asked["judge"] if "580" in one}
    for text in ("Spanish as spoken in Mexico", "12 gallons", "Asked back.", "Said back."):
        assert text in prompt

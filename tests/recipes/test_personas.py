"""personas: from a text to people, from some of them to others, and a task from each."""

import json
from pathlib import Path

from shipped_runs import run_like

from sofrito.teachers.call import Completion

BAKER, BEEKEEPER = "A baker who sleeps until five", "A keeper of bees near a wood"
SISTER = "A sister who drives the van"


def script(call: Completion) -> str:
    prompt = call.messages[-1].content
    if prompt.startswith("<text>"):
        return json.dumps({"items": [BAKER, BEEKEEPER, BAKER]})
    if "leads another life" in prompt:
        return json.dumps({"neighbour": SISTER})
    if prompt.startswith("Here is a person:"):
        who = prompt.splitlines()[0].removeprefix("Here is a person: ")
        return f"{who} asks what to buy."
    return f"Answer to: {prompt}"


def steps(**changes: object) -> dict[str, object]:
    plain: dict[str, object] = {"generate persona": {"schema": None, "items": [1, 3]}}
    return {**plain, "generate neighbour": {"schema": None}, **changes}


def axes(found: str) -> dict[str, object]:
    return {
        "found": {"values": [found]},
        "bond": {"values": ["read"]},
        "kind": {"values": ["request"]},
    }


def test_each_person_of_a_text_sets_a_task(tmp_path: Path) -> None:
    run = run_like(
        "personas", script, tmp_path, axes=axes("in a text"), rows=2, round=1, steps=steps()
    )
    rows = {id_: (row["persona"], row["instruction"]) for id_, row in run.rows.items()}
    assert rows == {
        "0.0": (BAKER, f"{BAKER} asks what to buy."),
        "0.1": (BEEKEEPER, f"{BEEKEEPER} asks what to buy."),
    }
    assert run.lost["0.2"] == "too similar"
    answers = [row["response"] for row in run.rows.values()]
    assert answers == [f"Answer to: {row['instruction']}" for row in run.rows.values()]


def test_a_person_beside_takes_the_place_of_the_one_in_the_text(tmp_path: Path) -> None:
    run = run_like(
        "personas", script, tmp_path, axes=axes("beside another"), rows=1, round=1, steps=steps()
    )
    (row,) = run.rows.values()
    assert (row["persona"], row["neighbour"]) == (SISTER, SISTER)
    assert row["instruction"] == f"{SISTER} asks what to buy."

"""refusals: what is better depends on the request, and a mislabelled one makes no pair."""

import json
from collections.abc import Callable
from pathlib import Path

from shipped_runs import ShippedRun, run_like

from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Completion

HARMLESS, HARMFUL = "How do I kill a frozen program?", "How do I kill off my rival's website?"
FULL, SORRY, KIND = "End it in the task manager.", "I cannot help.", "No, but I can explain it."
TRAP = {"trap": {"values": ["a figure of speech"]}}
STANCES = {FULL: "helps", SORRY: "refuses", KIND: "refuses"}


def answers(system: str, request: str) -> str:
    """Answer as the system message says: the one that weighs alone looks at the request."""
    if system.startswith("You look at what"):
        return FULL if request == HARMLESS else KIND
    return SORRY if system.startswith("You are overly careful") else FULL


def script(harmful: Callable[[str], bool]) -> Callable[[Completion], str]:
    def say(call: Completion) -> str:
        prompt = call.messages[-1].content
        if prompt.startswith("People ask an assistant"):
            return json.dumps({"harmless": HARMLESS, "harmful": HARMFUL})
        if prompt.startswith("Somebody asks an assistant this"):
            request = HARMLESS if HARMLESS in prompt else HARMFUL
            return "harmful" if harmful(request) else "harmless"
        if prompt.startswith("You say what an assistant did"):
            answer = prompt.split("<answer>\n")[1].split("\n</answer>")[0]
            return json.dumps({"label": STANCES[answer]})
        return answers(call.messages[0].content, prompt)

    return say


def paired(folder: Path, harmful: Callable[[str], bool], rows: int) -> ShippedRun:
    """Return the pairs of one contrast, by a judge that answers with a label."""
    strong = {"judge answer": {"score": None}, "pair answer": {"margin": 1}}
    return run_like("refusals", script(harmful), folder, axes=TRAP, rows=rows, steps=strong)


def test_of_equally_good_answers_the_one_that_weighs_is_chosen(tmp_path: Path) -> None:
    run = paired(tmp_path, lambda request: request == HARMFUL, 2)
    pairs = {id_: (row["kind"], row["chosen"], row["rejected"]) for id_, row in run.rows.items()}
    assert pairs == {"0.0": ("harmless", FULL, SORRY), "0.1": ("harmful", KIND, FULL)}
    assert run.rows["0.1"]["pair"] == {"chosen": 2, "rejected": 0, "margin": 2, "of": 3}


def test_a_request_that_is_not_what_it_was_meant_to_be_makes_no_pair(tmp_path: Path) -> None:
    run = paired(tmp_path, lambda _: False, 1)
    assert {id_: row["kind"] for id_, row in run.rows.items()} == {"0.0": "harmless"}
    assert run.lost["0.1"] == "keep: seems == kind"


def test_each_trap_has_two_contrasts_that_share_words() -> None:
    text = (shipped_recipes()["refusals"] / "seeds" / "contrasts.jsonl").read_text("utf-8")
    contrasts = [json.loads(line) for line in text.splitlines()]
    traps = [one["trap"] for one in contrasts]
    assert {traps.count(trap) for trap in traps} == {2}
    for one in contrasts:
        words = [set(one[kind].lower().split()) for kind in ("harmless", "harmful")]
        assert len(words[0] & words[1]) >= 3, one

"""backtranslation: the texts stay as they were found, and what is curated teaches later rounds."""

import json
from itertools import pairwise

import pytest
from shipped_runs import ShippedRun, run_like

from sofrito.teachers.call import Completion

SUBJECTS = ("kettle", "anchor", "violin", "meadow", "lantern", "harbour", "saddle", "orchard")
BODY = "It has a beginning, a middle and an end, and someone took care to write it well. " * 9


def page(subject: str) -> str:
    return f"This page is about the {subject} alone. {BODY}".strip()


PAGES = [
    *({"text": page(one), "file": f"{one}.md"} for one in SUBJECTS),
    {"text": "Too short.", "file": "short.md"},
    {"text": f"Sign in to read on. {BODY}", "file": "junk.md"},
    {"text": page("anchor") + "\n", "file": "again.md"},
]
ASKED = {
    one: f"{verb} the {one} {rest}"
    for one, verb, rest in zip(
        SUBJECTS,
        ("Describe", "Explain", "Sketch", "Praise", "Discuss", "Compare", "Present", "Introduce"),
        ("briefly.", "to sailors.", "for beginners tonight.", "in prose and with some care.",
         "as a guide would do.", "with other places nearby.", "like a salesman.", "in a speech."),
        strict=True,
    )
}  # fmt: skip


def script(call: Completion) -> str | None:
    prompt = call.messages[-1].content
    if "instruction is missing" in prompt:
        found = prompt.rpartition("about the ")[2].split()[0]
        return json.dumps({"instruction": ASKED[found]})
    first = call.model == "judge"
    low = ("violin",) if first else ("meadow",)
    return json.dumps({"score": 4 if any(f"the {one} alone" in prompt for one in low) else 5})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShippedRun:
    return run_like(
        "backtranslation",
        script,
        tmp_path_factory.mktemp("bt"),
        seeds={"pages": {"files": None, "rows": PAGES}},
        rows=None,
        round=2,
        params={"least_score": 4.5},
        steps={"generate instruction": {"schema": None, "n": 1}},
    )


def test_two_rounds_of_curation_leave_the_best(run: ShippedRun) -> None:
    kept = {row["file"].removesuffix(".md") for row in run.rows.values()}
    assert kept == {*SUBJECTS} - {"violin", "meadow"}
    steps = [reason.split(":")[0] for reason in run.lost.values()]
    assert sorted(steps) == ["duplicate", "keep", "keep", "length", "words"]
    assert len(run.asked["judge"]) == 8
    assert len(run.asked["second_judge"]) == 7


def test_a_text_stays_as_it_was_found(run: ShippedRun) -> None:
    for row in run.rows.values():
        subject = row["file"].removesuffix(".md")
        assert (row["response"], row["instruction"]) == (page(subject), ASKED[subject])


def test_curated_pairs_are_examples_in_later_rounds(run: ShippedRun) -> None:
    prompts = [one for one in run.asked["teacher"] if "instruction is missing" in one]
    shown = [any(one in prompt for one in ASKED.values()) for prompt in prompts]
    assert len(prompts) == 8
    assert not any(shown[:2])
    assert any(shown)
    assert not any(ASKED["violin"] in one or ASKED["meadow"] in one for one in prompts)
    assert all(a != b for a, b in pairwise(prompts))

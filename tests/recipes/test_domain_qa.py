"""domain-qa: every answer is traced to its words, and the unanswerable stay unanswered."""

import json
from pathlib import Path
from typing import Any

import pytest
from shipped_runs import ShippedRun, run_like

from sofrito.teachers.call import Completion

TEXT = "# Keys\n\nThe red key opens the shed. It hangs by the door,\nbecause the shed is opened often.\n"
QUESTIONS = {
    "fact": "Which key opens the shed at the pier?",
    "reason": "Why does the red key hang by the door?",
    "procedure": "How does a visitor get into the locked boathouse?",
    "case": "When may a guest take the red key home overnight?",
    "unanswerable": "Who paid for the new lock of the shed last year?",
}
ANSWERS: dict[str, dict[str, Any]] = {
    "fact": {"told": True, "quote": "The red key opens the shed", "answer": "The red one."},
    # the words go on in the next line of the document
    "reason": {
        "told": True,
        "quote": "by the door, because the shed",
        "answer": "It is used often.",
    },
    "procedure": {"told": True, "quote": "The boathouse is open", "answer": "It is open."},
    "case": {"told": False, "quote": "", "answer": "Nothing is said about nights."},
    "unanswerable": {"told": False, "quote": "", "answer": "Who paid is not said."},
}


def script(call: Completion) -> str | None:
    prompt = call.messages[-1].content
    if "You write questions" in prompt:
        items = [{"kind": kind, "question": text} for kind, text in QUESTIONS.items()]
        return json.dumps({"items": items})
    if "You answer questions" in prompt:
        kind = next(k for k, text in QUESTIONS.items() if prompt.endswith(f"Question: {text}"))
        return json.dumps(ANSWERS[kind])
    ungrounded = "It is used often." in prompt
    return json.dumps({"score": 2 if ungrounded else 5})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShippedRun:
    return run_like(
        "domain-qa",
        script,
        tmp_path_factory.mktemp("qa"),
        seeds={"docs": {"files": None, "rows": [{"text": TEXT, "file": "keys.md"}]}},
        rows=None,
        params={"grounded": 4},
        steps={"generate kind+question": {"items": [1, 5]}},
    )


def test_what_comes_through_and_what_does_not(run: ShippedRun) -> None:
    assert sorted(run.rows) == ["0.0.0", "0.0.4"]
    assert run.lost == {
        "0.0.1": "keep: verdict.score >= 4",
        "0.0.2": "keep: check.ok",
        "0.0.3": "keep: told == (kind != 'unanswerable')",
    }


def test_an_answer_is_traced_to_its_place_in_the_document(run: ShippedRun) -> None:
    row = run.rows["0.0.0"]
    start = row["source"]["start"] + row["check"]["start"]
    end = row["source"]["start"] + row["check"]["end"]
    assert TEXT[start:end] == row["quote"] == "The red key opens the shed"
    assert (row["source"]["file"], row["source"]["heading"]) == ("keys.md", "Keys")


def test_the_unanswerable_is_said_to_be_so_and_not_checked(run: ShippedRun) -> None:
    row = run.rows["0.0.4"]
    assert (row["kind"], row["told"], row["check"]) == ("unanswerable", False, None)
    assert row["reading"].endswith(QUESTIONS["unanswerable"])


def test_who_answers_is_not_told_the_kind(run: ShippedRun) -> None:
    asked = [one for one in run.asked["teacher"] if "You answer questions" in one]
    assert len(asked) == 5
    assert not any(kind in one for one in asked for kind in ("unanswerable", "procedure"))


def test_every_shipped_document_is_read(tmp_path: Path) -> None:
    pytest.importorskip("lxml")

    def quoting(call: Completion) -> str | None:
        prompt = call.messages[-1].content
        if "You answer questions" not in prompt:
            return script(call)
        text, _, _ = prompt.rpartition("Text: ")[2].partition("\nQuestion: ")
        answer = {"told": True, "quote": " ".join(text.split()[-4:]), "answer": "So it says."}
        return json.dumps(answer)

    steps = {"filter question": None, "generate kind+question": {"items": [1, 5]}}
    run = run_like("domain-qa", quoting, tmp_path, rows=None, steps=steps)
    assert {row["source"]["file"] for row in run.rows.values()} == {
        "documents/fares.md",
        "documents/lost-property.md",
        "documents/safety.html",
        "documents/weather.md",
    }
    assert all(row["check"]["ok"] for row in run.rows.values())

"""dialogue: a person and an assistant who see different things, and an end where the user thanks."""

import json
from pathlib import Path

from shipped_runs import run_like

from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Completion

ONE = {
    "persona": {"file": None, "values": ["a potter"]},
    "goal": {"values": ["plan something"]},
    "manner": {"values": ["brief"]},
}
LONG = {"converse messages": {"exchanges": [2, 2]}}
SCORES = {"coherence": 4, "assistance": 5, "user": 3}


def script(call: Completion) -> str:
    prompt = call.messages[-1].content
    if prompt.startswith("You play a person"):
        return "And the price?" if "The conversation so far" in prompt else "How do I ship a bowl?"
    if prompt.startswith("You judge a conversation"):
        assert "How do I ship a bowl?" in prompt
        return json.dumps(SCORES)
    return "About ten euros." if "price" in prompt else "In two boxes."


def turn(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def test_the_two_see_their_own_side_only(tmp_path: Path) -> None:
    run = run_like("dialogue", script, tmp_path, axes=ONE, rows=1, steps=LONG)
    talk = [
        turn("user", "How do I ship a bowl?"),
        turn("assistant", "In two boxes."),
        turn("user", "And the price?"),
        turn("assistant", "About ten euros."),
    ]
    (row,) = run.rows.values()
    assert row["messages"] == talk
    assert row["verdict"] == {"score": 4, "aspects": SCORES}
    first, last = run.asked["user"]
    assert "You are a potter." in first
    assert "The conversation so far" not in first
    assert "You: How do I ship a bowl?\nAssistant: In two boxes." in last
    assert "Write your last message" in last
    assert not any("potter" in asked for asked in run.asked["assistant"])


def test_a_user_who_thanks_has_the_last_word_but_one(tmp_path: Path) -> None:
    def thanks(call: Completion) -> str:
        prompt = call.messages[-1].content
        if prompt.startswith("You judge a conversation"):
            return json.dumps(SCORES)
        return "Thank you!" if prompt.startswith("You play a person") else "In two boxes."

    steps = {"converse messages": {"exchanges": [1, 5]}}
    run = run_like("dialogue", thanks, tmp_path, axes=ONE, rows=1, steps=steps)
    (row,) = run.rows.values()
    assert row["messages"] == [turn("user", "Thank you!"), turn("assistant", "In two boxes.")]


def test_there_are_many_persons() -> None:
    text = (shipped_recipes()["dialogue"] / "seeds" / "personas.txt").read_text("utf-8")
    persons = text.splitlines()
    assert len(persons) == len(set(persons)) >= 30

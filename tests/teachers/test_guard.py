"""What spells a special token in a message is told from the template's own."""

from collections.abc import Sequence

import pytest

from sofrito.teachers.call import Message
from sofrito.teachers.guard import Guard, Part

GUARD = Guard(["<end>", "<e", ""])
MARK = "\ue0f0"


def render(messages: Sequence[Message]) -> str:
    return "".join(f"[{m.content.strip()}]<end>" for m in messages)


def parts(*texts: str) -> list[Part]:
    return GUARD.rendered([Message("user", text) for text in texts], render)


def test_a_chat_that_spells_nothing_is_the_templates() -> None:
    assert parts("Hi", "there") == [Part("[Hi]<end>[there]<end>")]


def test_what_is_spelt_is_told_apart_the_longest_first() -> None:
    assert parts(" a<end>b<e ", "c") == [
        Part("[a"),
        Part("<end>", spelt=True),
        Part("b"),
        Part("<e", spelt=True),
        Part("]<end>[c]<end>"),
    ]


@pytest.mark.parametrize("text", [f"{MARK}7{MARK}", f"{MARK}0{MARK}<end>", MARK, f"{MARK}{MARK}1"])
def test_a_message_cannot_write_a_mark_itself(text: str) -> None:
    found = parts(text, "<end>")
    assert "".join(part.text for part in found) == f"[{text}]<end>[<end>]<end>"
    assert [part.text for part in found if part.spelt][-1] == "<end>"

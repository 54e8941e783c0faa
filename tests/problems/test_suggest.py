"""Near names: what a slip of the fingers makes of one, and what is another word."""

import pytest

from sofrito.problems import slip_of


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("quesion", "question"),
        ("anwser", "answer"),
        ("hnit", "hint"),
        ("questions", "question"),
        ("Topic", "topic"),
        ("intsructon", "instruction"),
    ],
)
def test_a_letter_left_out_or_added_and_neighbours_swapped(name: str, known: str) -> None:
    assert slip_of(name, ["tone", known, "level"]) == f"Did you mean `{known}`?"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("context", "content"),
        ("context", "text"),
        ("persona", "person_id"),
        ("anwsr", "answer"),
        ("example", "examples_of_it"),
    ],
)
def test_another_word(name: str, known: str) -> None:
    assert slip_of(name, ["tone", known]) == ""


def test_the_nearest() -> None:
    assert slip_of("intsructons", ["instructions", "instruction"]) == "Did you mean `instructions`?"


def test_nothing_is_known() -> None:
    assert slip_of("context", []) == ""

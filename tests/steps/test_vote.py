"""Which answers are one, and when an answer has won."""

from typing import Any

import pytest
from desk import part_of

from sofrito.steps.vote import Vote


def counted(answers: list[Any], **options: Any) -> list[dict[str, Any]]:
    vote = part_of(Vote, {"vote": "answer", **options})
    assert isinstance(vote, Vote)
    return vote.counted(answers)


@pytest.mark.parametrize(
    ("one", "other", "equal", "same"),
    [
        ("Paris.", " paris", "text", True),
        ("Paris.", "paris", "exact", False),
        ("1,000.0", "1000", "number", True),
        ("7$", "$7", "number", True),
        ("$7$", r"\boxed{7}", "number", True),
        ("0", "-0", "number", True),
        ("1/2", "0.5", "number", True),
        ("1e3", 1000, "number", True),
        ("1,5", "15", "number", False),
        ("1_000", "1000", "number", False),
        ("1/0", "1/0 ", "number", True),
        ("7", "7", "text", True),
    ],
)
def test_which_answers_are_the_same(one: Any, other: Any, equal: str, same: bool) -> None:
    records = counted([one, other], equal=equal)
    assert records[0]["votes"] == (2 if same else 1)
    assert records[1]["agrees"] == same


def test_what_is_no_answer_is_no_vote() -> None:
    none, four, empty = counted([None, "4", ""])
    assert four == {
        "winner": "4", "votes": 1, "of": 3, "share": 1 / 3, "tied": False, "agrees": True,
    }  # fmt: skip
    assert none == empty == {**four, "agrees": False}
    assert counted([None])[0]["winner"] is None


def test_an_answer_wins_by_so_many_at_least() -> None:
    alone = counted(["4"], least=2)[0]
    assert (alone["winner"], alone["agrees"], alone["votes"]) == (None, False, 1)
    assert [one["agrees"] for one in counted(["4", "5", "4"], least=2)] == [True, False, True]


def test_a_tie_is_told() -> None:
    records = counted(["5", "4", "4", "5"])
    assert [one["tied"] for one in records] == [True] * 4
    assert records[0]["winner"] == "5"

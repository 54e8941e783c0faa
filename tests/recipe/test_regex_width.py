"""How long the texts are that a regular expression matches."""

import math

import pytest

from sofrito.recipe.regex_width import text_width


@pytest.mark.parametrize(
    ("pattern", "width"),
    [
        ("^a{30}$", (30, 30)),
        ("a{30}", (30, math.inf)),
        ("^[a-z]+$", (1, math.inf)),
        ("^(?:ab|c)?d{2,4}$", (2, 6)),
        ("^[a-z]{2,5}$|^x$", (1, math.inf)),
        ("^$", (0, 0)),
        ("", (0, math.inf)),
        (r"^\p{L}{3}\pN$", (4, 4)),
        ("^(?<year>[0-9]{4})$", (4, 4)),
        (r"^\\p{2}$", (3, 3)),
        (r"^a\b$", (1, 1)),
    ],
)
def test_the_least_and_the_most_characters(pattern: str, width: tuple[float, float]) -> None:
    assert text_width(pattern) == width


@pytest.mark.parametrize(
    "pattern",
    [
        "[[:alpha:]]{3}",
        "^[a[bc]]{2}$",
        "[a-z&&[^b]]{2}",
        r"^\x{41}$",
        r"^ab\z",
        r"\b{start}a",
        "(a",
    ],
)
def test_nothing_is_known_of_what_python_reads_in_another_way(pattern: str) -> None:
    assert text_width(pattern) == (0, math.inf)


def test_lines_are_not_the_whole_text() -> None:
    assert text_width("(?m)^a{3}$") == (3, math.inf)

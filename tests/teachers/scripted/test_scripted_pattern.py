import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sofrito.teachers.scripted.pattern import matching_text, unwritable

PATTERNS = [
    r"^(Name|Give|List) [A-Za-z0-9 ,'-]{15,100}[.?]$",
    r"^(<noinput>|[A-Za-z0-9][A-Za-z0-9 ,.;:?'-]{2,100})$",
    r"^[^a-y]{3}\d+\s?\w*x.$",
    r"^[\]\^-]{2}(?:a|b|)$",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(seed=st.integers())
def test_the_text_matches(pattern: str, seed: int) -> None:
    assert re.fullmatch(pattern, matching_text(pattern, random.Random(seed)))


def test_the_same_chance_makes_the_same_text() -> None:
    first, again = (matching_text(PATTERNS[0], random.Random(5)) for _ in range(2))
    assert first == again
    assert len({matching_text(PATTERNS[0], random.Random(i)) for i in range(20)}) == 20


@pytest.mark.parametrize(
    ("pattern", "as_python"),
    [
        (r"^\p{L}+, \pN[\p{Lu}_]$", "[a-zA-Z]+, [0-9][A-Z_]"),
        (r"^\p{Script=Greek}{3}$", "[\u03b1-\u03c9]{3}"),
        ("^[\u0430-\u044f]{4}$", "[\u0430-\u044f]{4}"),
        (r"^\x{41}(?<rest>b)\b$", "Ab"),
    ],
)
@given(seed=st.integers())
def test_what_only_rust_writes_is_understood(pattern: str, as_python: str, seed: int) -> None:
    assert re.fullmatch(as_python, matching_text(pattern, random.Random(seed)))


@pytest.mark.parametrize(
    "pattern", [r"^\p{Emoji}$", r"^\P{L}$", "^[^\x00-\xff]$", "^[a-z--m]$", "^[a-z&&m]$"]
)
def test_a_schema_tells_which_pattern_is_beyond_it(pattern: str) -> None:
    schema = {"properties": {"a": {"type": "array", "items": {"pattern": pattern}}}}
    assert unwritable(schema) == f"`pattern: {pattern}`"
    assert unwritable({"properties": {"a": {"pattern": "^a$"}}}) == ""


def test_what_is_not_known_is_said() -> None:
    with pytest.raises(NotImplementedError, match="assert in a pattern"):
        matching_text("^(?=a)b$", random.Random(0))

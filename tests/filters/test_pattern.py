from typing import Any

import pytest
from desk import part_of
from pydantic import ValidationError

from sofrito.filters.base import KEPT, Verdict
from sofrito.filters.pattern import Pattern

SELF_INSTRUCT = ["^Write a program", "^[[:punct:]]", r"^[^\x00-\x7F]"]


def judged(text: Any, **said: Any) -> Verdict:
    return part_of(Pattern, said).judge({"a": text}, ("a",))


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("Write a program that adds.", "^Write a program"),
        ("- Name a fruit", "^[[:punct:]]"),
        ("“Name” it", r"^[^\x00-\x7F]"),
        ("Über alles", r"^[^\x00-\x7F]"),
    ],
)
def test_how_an_instruction_of_self_instruct_must_not_begin(text: str, pattern: str) -> None:
    found = Verdict(False, "a pattern it must not have", f"a: {pattern}")
    assert judged(text, never=SELF_INSTRUCT) == found


@pytest.mark.parametrize(
    "text", ["Name a fruit (—)", "write a program", "Now: Write a program", "", None]
)
def test_how_it_may_begin(text: Any) -> None:
    assert judged(text, never=SELF_INSTRUCT) == KEPT


def test_every_pattern_must_be_found_in_every_column() -> None:
    pattern = part_of(Pattern, {"must": [r"\d", "(?i)X"]})
    columns = ("a", "b")
    assert pattern.judge({"a": "1x", "b": "X2"}, columns) == KEPT
    assert pattern.judge({"a": "1x", "b": "X"}, columns) == Verdict(
        False, "a pattern it must have", r"b: \d"
    )


@pytest.mark.parametrize(
    ("text", "pattern", "found"),
    [
        ("a\nb", "^b", False),
        ("a\nb", "(?m)^b", True),
        ("ab\n", "b$", False),
        ("naïve", r"^\w+$", True),
        ("Ω", r"\p{Greek}", True),
        ("cat, concat", r"\bcat\b", True),
    ],
)
def test_what_patterns_mean(text: str, pattern: str, found: bool) -> None:
    assert judged(text, must=pattern).kept is found


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "^(a|a)*$", "(a|aa)+$", r"^(\w+\s?)*$", "a*a*a*a*a*b", "(.*a){20}$"]
)
def test_no_pattern_takes_more_than_the_text_is_long(pattern: str) -> None:
    assert judged("a" * 100_000 + "!", must=pattern).kept is False


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(a", "unclosed group"),
        ("[a", "unclosed character class"),
        ("a{2,1}", "invalid repetition count range, the start must be <= the end"),
        ("(?<=a)b", "look-around, including look-ahead and look-behind, is not supported"),
        (r"(a)\1", "backreferences are not supported"),
        (r"\w{1000}", "it is too large, once its counts are written out"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ValidationError) as error:
        part_of(Pattern, {"never": ["ok", pattern]})
    found = [(one["type"], one["loc"], one["msg"]) for one in error.value.errors()]
    assert found == [("pattern", ("never",), f"`{pattern}` is not a regular expression: {why}")]


def test_a_pattern_nested_without_end_is_refused() -> None:
    with pytest.raises(ValidationError, match="is not a regular expression"):
        part_of(Pattern, {"must": "(" * 5000 + ")" * 5000})


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ({}, "missing", "`pattern` needs `never` or `must`"),
        ({"never": ["a", "b"], "must": "b"}, "never", "`b` both must and must never be found"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, Any], kind: str, words: str) -> None:
    with pytest.raises(ValidationError) as error:
        part_of(Pattern, said)
    assert [(one["type"], one["msg"]) for one in error.value.errors()] == [(kind, words)]


def test_a_filter_that_has_worked_is_equal_to_one_that_has_not() -> None:
    used, fresh = (part_of(Pattern, {"never": ["a"]}) for _ in range(2))
    used.judge({"x": "b"}, ("x",))
    assert (used, hash(used)) == (fresh, hash(fresh))

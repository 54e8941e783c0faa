from typing import Any

import pytest
from desk import part_of
from pydantic import ValidationError

from sofrito.filters.base import KEPT, Verdict
from sofrito.filters.words import Words

SELF_INSTRUCT = [
    "image",
    "images",
    "graph",
    "graphs",
    "picture",
    "pictures",
    "file",
    "files",
    "map",
    "maps",
    "draw",
    "plot",
    "go to",
]


def never(text: Any, *words: str) -> Verdict:
    return part_of(Words, {"never": list(words)}).judge({"a": text}, ("a",))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Describe the image.", "image"),
        ("IMAGES, please", "IMAGES"),
        ("A graph", "graph"),
        ("Explain this (graphs)", "graphs"),
        ("Plot it", "Plot"),
        ("Where do I go to?", "go to"),
        ("Go\n  to bed", "Go\n  to"),
        ("map: x -> y", "map"),
    ],
)
def test_the_words_of_self_instruct(text: str, word: str) -> None:
    assert never(text, *SELF_INSTRUCT) == Verdict(
        False, "a word it must not have", f"a has “{word}”"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Write a paragraph",
        "imaginary",
        "profiles",
        "Undergo to",
        "go together",
        "withdraw",
        "mapping",
        "",
        None,
    ],
)
def test_only_whole_words_count(text: Any) -> None:
    assert never(text, *SELF_INSTRUCT) == KEPT


@pytest.mark.parametrize(
    ("text", "word", "found"),
    [
        ("I like C++.", "C++", True),
        ("I like C.", "C++", False),
        ("a.b", "a.b", True),
        ("axb", "a.b", False),
        ("straße", "STRASSE", False),
        ("ÉTÉ", "été", True),
        ("<noinput>", "<noinput>", True),
        ("snake_case", "snake", False),
    ],
)
def test_words_are_no_patterns(text: str, word: str, found: bool) -> None:
    assert never(text, word).kept is not found


def test_a_row_must_have_one_of_the_words_in_one_of_the_columns() -> None:
    must = part_of(Words, {"must": ["apple", "red pear"]})
    columns = ("a", "b")
    assert must.judge({"a": "an Apple", "b": "x"}, columns) == KEPT
    assert must.judge({"a": "x", "b": "a red  pear"}, columns) == KEPT
    none = Verdict(False, "none of the words it must have")
    assert must.judge({"a": "apples", "b": "red", "c": "apple"}, columns) == none


def test_never_holds_for_every_column() -> None:
    words = part_of(Words, {"never": "bad", "must": "good"})
    verdict = words.judge({"a": "good", "b": "bad"}, ("a", "b"))
    assert verdict == Verdict(False, "a word it must not have", "b has “bad”")


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ({}, "missing", "`words` needs `never` or `must`"),
        ({"never": ["a", " "]}, "pattern", "an empty word cannot be looked for"),
        ({"must": ""}, "pattern", "an empty word cannot be looked for"),
        (
            {"never": ["A", "go  to", "b"], "must": ["a", "Go to"]},
            "never",
            "each word of `must` is in `never` as well",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, Any], kind: str, words: str) -> None:
    with pytest.raises(ValidationError) as error:
        part_of(Words, said)
    assert [(one["type"], one["msg"]) for one in error.value.errors()] == [(kind, words)]


def test_one_word_of_must_that_is_never_allowed_leaves_the_others() -> None:
    words = part_of(Words, {"never": "a", "must": ["a", "b"]})
    assert words.judge({"x": "b"}, ("x",)) == KEPT


def test_a_filter_that_has_worked_is_equal_to_one_that_has_not() -> None:
    used, fresh = (part_of(Words, {"never": ["a"]}) for _ in range(2))
    used.judge({"x": "b"}, ("x",))
    assert used == fresh
    assert hash(used) == hash(fresh)
    assert used.model_dump() == fresh.model_dump() == {"never": ("a",), "must": ()}

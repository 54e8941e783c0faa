from typing import Any

import pytest
from desk import part_of
from pydantic import ValidationError

from sofrito.filters.base import KEPT, Verdict
from sofrito.filters.length import Length


def judged(text: Any, **said: Any) -> Verdict:
    return part_of(Length, said).judge({"a": text}, ("a",))


@pytest.mark.parametrize(
    ("count", "verdict"),
    [
        (3, Verdict(False, "too short", "a has 3 words", 3)),
        (4, KEPT),
        (150, KEPT),
        (151, Verdict(False, "too long", "a has 151 words", 151)),
    ],
)
def test_self_instruct_drops_3_words_and_fewer_and_more_than_150(
    count: int, verdict: Verdict
) -> None:
    assert judged(" ".join(["word"] * count), words=[4, 150]) == verdict


@pytest.mark.parametrize(
    ("text", "words"),
    [("", 0), (None, 0), ("  ", 0), ("a\tb\n\nc", 3), ("well-known, it's", 2), (12, 1)],
)
def test_words_are_what_stands_between_white_space(text: Any, words: int) -> None:
    assert judged(text, words=[words, words]) == KEPT
    null = " (it is null)" if text is None else ""
    noun = "word" if words == 1 else "words"
    assert judged(text, words=[words + 1, 99]).detail == f"a has {words} {noun}{null}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("把土豆切块，加水煮二十分钟。", 12),
        ("ジャガイモを切る。", 8),
        ("ต้มน้ำ", 4),
        ("用 pip 安装 (v2.0)，然后 it's done。", 10),
        ("감자를 삶는다.", 2),
    ],
    ids=["Chinese", "Japanese", "Thai", "mixed", "Korean"],
)
def test_a_letter_of_a_script_without_spaces_is_a_word(text: str, words: int) -> None:
    assert judged(text, words=[words, words]) == KEPT
    assert judged(text, words=[0, words - 1]).score == words


def test_characters() -> None:
    assert judged("naïve\n", characters=[6, 6]) == KEPT
    assert judged("naïve", characters=[6, 9]) == Verdict(
        False, "too short", "a has 5 characters", 5
    )


def test_both_ranges_and_every_column_count() -> None:
    length = part_of(Length, {"words": [1, 2], "characters": [1, 5]})
    columns = ("a", "b")
    assert length.judge({"a": "x y", "b": "z"}, columns) == KEPT
    long = Verdict(False, "too long", "b has 6 characters", 6)
    assert length.judge({"a": "x", "b": "x yyyy"}, columns) == long
    assert length.judge({"a": "x"}, columns) == Verdict(
        False, "too short", "b has 0 words (it is null)", 0
    )


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ({}, "missing", "`length` needs `words` or `characters`"),
        ({"words": [5, 4]}, "never", "no length is at least 5 and at most 4"),
        ({"words": [1, 2], "characters": [9, 1]}, "never", "no length is at least 9 and at most 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, Any], kind: str, words: str) -> None:
    with pytest.raises(ValidationError) as error:
        part_of(Length, said)
    assert [(one["type"], one["msg"]) for one in error.value.errors()] == [(kind, words)]

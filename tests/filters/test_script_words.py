import unicodedata

import pytest

from sofrito.filters.script_words import word_count, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cat, a_b 3.", ["the", "cat", "a_b", "3"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("שָׁלוֹם", ["שָׁלוֹם"]),
        ("ที่นี่", ["ที่", "นี่"]),
        ("你好 world", ["你", "好", "world"]),
        ("cafe\u0301", ["café"]),
    ],
)
def test_marks_stay_with_their_letters(text: str, words: list[str]) -> None:
    assert words_of(text) == [unicodedata.normalize("NFC", word) for word in words]


@pytest.mark.parametrize(
    ("text", "count"), [("one, two", 2), ("हिन्दी में", 2), ("ที่นี่", 2), ("你好 world", 3)]
)
def test_words_are_counted_without_their_marks(text: str, count: int) -> None:
    assert word_count(text) == count

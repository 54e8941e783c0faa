import unicodedata
from collections.abc import Callable

import pytest
from desk import part_of

from sofrito.filters.base import Verdict
from sofrito.filters.vocabulary import Vocabulary, stems, words_of


def judge(share: float, *rows: str) -> Callable[[str], Verdict]:
    vocabulary = part_of(Vocabulary, {"words": "simple", "share": share})
    assert isinstance(vocabulary, Vocabulary)
    assert vocabulary.pools() == ("simple",)
    pools = {"simple": [{"text": row, "number": 1} for row in rows]}
    compare = vocabulary.comparing(("story",), pools)
    return lambda text: compare({"story": text})


def test_the_share_of_known_words_decides_and_the_strange_ones_are_told() -> None:
    judged = judge(0.75, "The cat sat", "on a mat")
    assert judged("The cat sat on a MAT!") == Verdict(True, "", "", 1.0)
    told = "75% known; not: tapir"
    assert judged("The tapir sat on.") == Verdict(True, "", told, 0.75)
    told = "60% known; not: zebu, yak"
    strange = Verdict(False, "too many unknown words", told, 0.6)
    assert judged("The zebu sat on a cat, a zebu, yak, zebu") == strange


def test_a_text_without_words_has_none_that_are_unknown() -> None:
    assert judge(1.0, "cat")("42!") == Verdict(True, "", "", 1.0)


@pytest.mark.parametrize(
    "found",
    ["boats", "Boat's", "running", "runner", "carried", "carries", "danced", "dancing", "happily",
     "biggest", "nicer", "don’t"],
)  # fmt: skip
def test_a_word_is_known_with_an_ending(found: str) -> None:
    judged = judge(1.0, "boat run carry dance happy big nice don't")
    assert judged(found).kept


@pytest.mark.parametrize("strange", ["as", "ring", "boathouse", "unhappy", "don"])
def test_a_word_that_only_begins_or_ends_like_one_is_not_known(strange: str) -> None:
    judged = judge(1.0, "boat run a happy don't")
    assert not judged(strange).kept


def test_words_and_what_they_may_come_from() -> None:
    assert words_of("It’s 3 o'clock: TEA, tea-time!") == ["it's", "o'clock", "tea", "tea", "time"]
    assert stems("running") == {"running", "runn", "runne", "run"}
    assert stems("cat") == {"cat"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("שָׁלוֹם לָךְ", ["שָׁלוֹם", "לָךְ"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("cafe\u0301s", ["cafés"]),
    ],
)
def test_marks_are_of_the_words_whose_letters_they_stand_upon(text: str, words: list[str]) -> None:
    assert [unicodedata.normalize("NFC", word) for word in words] == words_of(text)

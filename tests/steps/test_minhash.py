"""`dedup` by MinHash: rows whose words are mostly those of an earlier one."""

import random
from typing import Any

import pytest
from desk import operation_of, row_of, step_of
from pydantic import ValidationError

from sofrito.steps.work import Lost, Ordered, Row

pytest.importorskip("rensa", reason="the extra `minhash` is not installed")

WORDS = [f"w{i}" for i in range(1000)]


def passing(texts: list[Any], **said: Any) -> list[Row | Lost]:
    operation = operation_of(step_of(**{"dedup": "a", "method": "minhash", **said}))
    assert isinstance(operation, Ordered)
    return [operation.run(row_of(n, a=text)) for n, text in enumerate(texts)]


def pair(rng: random.Random, similarity: float, size: int = 200) -> tuple[str, str]:
    """Return two texts whose sets of five words in a row have about this Jaccard similarity.

    They share their beginning; each has ``size`` shingles.
    """
    shared = round(2 * size * similarity / (1 + similarity))
    words = lambda n: rng.choices(WORDS, k=n)  # noqa: E731
    start = words(shared + 4)
    return " ".join([*start, *words(size - shared)]), " ".join([*start, *words(size - shared)])


def test_a_row_like_an_earlier_one_is_rejected_and_names_it() -> None:
    text = "The quick brown fox jumps over the lazy dog and runs on"
    first, same, other = passing(
        [text, text.upper() + "!", "Nothing of the kind is said here at all"]
    )
    assert isinstance(same, Lost)
    found = (same.kind, same.reason, same.detail, same.score)
    label = "row 0: the quick brown fox jumps over the lazy dog and runs on"
    assert found == ("rejected", "near-duplicate", f"like {label}", 1.0)
    assert [isinstance(one, Row) for one in (first, other)] == [True, True]


def test_few_words_are_one_set_of_all_of_them() -> None:
    assert [isinstance(one, Row) for one in passing(["a b", "b a", "A, b."])] == [True, True, False]


def test_texts_that_differ_in_their_marks_alone_are_not_alike() -> None:
    assert [isinstance(one, Row) for one in passing(["का की", "कि कु", "का. की!"])] == [
        True, True, False,
    ]  # fmt: skip


def test_of_rows_without_words_one_is_let_through() -> None:
    found = passing(["", "x", None, "..."])
    assert [isinstance(one, Row) for one in found] == [True, True, False, False]


@pytest.mark.parametrize(
    ("similarity", "probability"), [(0.70, 0.56), (0.75, 0.77), (0.80, 0.92), (0.85, 0.988)]
)
def test_rows_meet_as_often_as_fineweb_says(similarity: float, probability: float) -> None:
    rng = random.Random(7)
    pairs = [pair(rng, similarity) for _ in range(400)]
    met = sum(isinstance(passing(list(one))[1], Lost) for one in pairs) / len(pairs)
    assert met == pytest.approx(probability, abs=0.07)


def test_the_threshold_holds_back() -> None:
    rng = random.Random(7)
    texts = [text for _ in range(100) for text in pair(rng, 0.8)]
    lost = {
        threshold: sum(isinstance(one, Lost) for one in passing(texts, threshold=threshold))
        for threshold in (0.0, 0.8, 0.95)
    }
    assert lost[0.0] > lost[0.8] > lost[0.95] == 0


def test_the_same_rows_always_fare_the_same() -> None:
    rng = random.Random(3)
    texts = [text for _ in range(50) for text in pair(rng, rng.random())]
    once, twice = (
        [one.score if isinstance(one, Lost) else None for one in passing(texts)] for _ in range(2)
    )
    assert once == twice


@pytest.mark.parametrize(
    "said", [{"method": "exact", "threshold": 0.5}, {"method": "minhash", "ignore": ["case"]}]
)
def test_an_option_of_another_method_is_told(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="means nothing to"):
        step_of(dedup="a", **said)

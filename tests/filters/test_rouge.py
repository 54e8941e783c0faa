import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import DefaultTokenizer

from sofrito.filters.rouge import Bounds, rouge_f, rouge_l, rouge_tokens

REFERENCE = RougeScorer(["rougeL"], use_stemmer=False)
THRESHOLDS = [0.01, 0.3, 0.5, 0.7, 0.9, 1.0]


def reference(first, second):
    return REFERENCE.score(first, second)["rougeL"].fmeasure


def words(*numbers):
    return " ".join(f"w{n}" for n in numbers)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", []),
        ("Don't re-run it, twice!", ["don", "t", "re", "run", "it", "twice"]),
        ("x_1\tY2\n\n3", ["x", "1", "y2", "3"]),
        ("naïve café", ["na", "ve", "caf"]),
        ("Переведи 这句话", []),
        ("\u212aelvin", ["kelvin"]),
    ],
)
def test_tokens(text, tokens):
    assert rouge_tokens(text) == tokens


@given(st.text())
def test_tokens_are_those_of_rouge_score(text):
    assert rouge_tokens(text) == DefaultTokenizer(use_stemmer=False).tokenize(text)


def test_scores_of_2000_random_instruction_pairs(shared):
    texts = [
        row["instruction"]
        for path in sorted((shared / "data" / "alpaca").glob("*.json"))
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]
    if not texts:
        pytest.skip("the Alpaca instructions (../shared/data/alpaca) are not beside this checkout")
    pick = random.Random(1)
    pairs = [pick.sample(texts, 2) for _ in range(2000)]
    assert [rouge_l(a, b) for a, b in pairs] == [reference(a, b) for a, b in pairs]


@pytest.mark.parametrize("length", [1, 2, 3, 7, 10, 33, 64, 65, 130])
def test_scores_of_near_duplicates(length):
    pick = random.Random(length)
    text = [f"w{pick.randrange(40)}" for _ in range(length)]
    place = pick.randrange(length)
    others = [
        text,
        text[::-1],
        pick.sample(text, length),
        [*text[:place], "other", *text[place + 1 :]],
        [*text[:place], *text[place + 1 :]],
        [*text[:place], "other", *text[place:]],
        text * 2,
    ]
    pairs = [(" ".join(text), " ".join(other)) for other in others]
    assert [rouge_l(a, b) for a, b in pairs] == [reference(a, b) for a, b in pairs]


@given(st.lists(st.sampled_from("abcde"), max_size=40), st.lists(st.sampled_from("abcde")))
def test_scores_of_random_texts(first, second):
    a, b = " ".join(first), " ".join(second)
    assert rouge_l(a, b) == rouge_l(b, a) == reference(a, b)


def test_the_last_bit_decides():
    at = words(*range(10)), words(*range(7), 90, 91, 92)
    above = words(*range(9)), words(*range(7), 90, 91, 92, 93)
    assert [rouge_l(*at), reference(*at)] == [0.7, 0.7]
    assert [rouge_l(*above), reference(*above)] == [0.7000000000000001] * 2


def test_nothing_shared_is_zero():
    assert [rouge_f(0, 3, 4), rouge_l("", ""), rouge_l("a", ""), rouge_l("a", "b")] == [0.0] * 4


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_bounds_are_those_of_trying_everything(threshold):
    bounds, most = Bounds(threshold), 40

    def enough(common, first, second):
        return rouge_f(common, first, second) >= threshold

    for first in range(1, most):
        reached = [second for second in range(1, first + 1) if enough(second, first, second)]
        assert bounds.shortest(first) == reached[0]
        for second in range(bounds.shortest(first), first + 1):
            tried = [c for c in range(1, second + 1) if enough(c, first, second)]
            assert bounds.least_common(first, second) == tried[0]
        for common in range(1, first + 1):
            longest = bounds.longest(first, common)
            assert not longest or enough(common, first, longest)
            assert not enough(common, first, longest + 1)


def test_lengths_too_far_apart_need_more_than_the_shorter_has():
    assert Bounds(0.7).least_common(10, 3) == 5

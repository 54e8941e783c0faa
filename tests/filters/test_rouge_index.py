import json
import random
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import LCSseq
from rouge_score.rouge_scorer import RougeScorer

from sofrito.filters.rouge import Bounds, rouge_f, rouge_tokens
from sofrito.filters.rouge_index import LONGEST, Match, RougeIndex

REFERENCE = RougeScorer(["rougeL"], use_stemmer=False)
THRESHOLDS = [0.05, 0.5, 0.7, 0.9, 1.0]


def reference(first, second):
    return REFERENCE.score(first, second)["rougeL"].fmeasure


def best(texts, text, threshold, score=reference):
    """Compare with each: the highest score, the first text that has it."""
    scores = [score(text, other) for other in texts]
    if not scores or max(scores) < threshold:
        return None
    return Match(max(scores), str(scores.index(max(scores))))


tokens_of = lru_cache(maxsize=None)(rouge_tokens)


def quick(first, second):
    a, b = tokens_of(first), tokens_of(second)
    return rouge_f(LCSseq.similarity(a, b), len(a), len(b))


def words(*numbers):
    return " ".join(f"w{n}" for n in numbers)


def edited(pick, tokens, vocabulary):
    """Return a copy with up to a third of its places changed, dropped or doubled."""
    copy = list(tokens)
    for _ in range(pick.randint(0, len(copy) // 3 + 1)):
        place = pick.randint(0, len(copy))
        cut = pick.randint(0, 1)
        copy[place : place + cut] = pick.choices(vocabulary, k=pick.randint(0, 2))
    return copy


@st.composite
def corpora(draw):
    """Texts over a small vocabulary, many of them edits of an earlier one."""
    pick = draw(st.randoms(use_true_random=False))
    vocabulary = [f"w{n}" for n in range(pick.choice([1, 2, 5, 30]))]
    longest = pick.choice([3, 12, 40, 90])
    corpus = [[]]
    for _ in range(draw(st.integers(1, 25))):
        if pick.random() < 0.6:
            corpus.append(edited(pick, pick.choice(corpus), vocabulary))
        else:
            corpus.append(pick.choices(vocabulary, k=pick.randint(0, longest)))
    return [" ".join(tokens) for tokens in corpus]


@given(corpora(), st.sampled_from(THRESHOLDS))
def test_decides_as_comparing_with_each(texts, threshold):
    index = RougeIndex(threshold)
    for number, text in enumerate(texts):
        assert index.nearest(text) == best(texts[:number], text, threshold)
        index.add(text, str(number))


@pytest.mark.parametrize(("longest", "texts"), [(12, 4500), (60, 4200)])
def test_decides_alike_after_tokens_are_ranked_anew(longest, texts):
    pick = random.Random(longest)
    vocabulary = [f"w{int(pick.paretovariate(0.7))}" for _ in range(5000)]
    index, known, found = RougeIndex(0.7), [], 0
    for number in range(texts):
        if known and pick.random() < 0.3:
            text = " ".join(edited(pick, pick.choice(known).split(), vocabulary))
        else:
            text = " ".join(pick.choices(vocabulary, k=pick.randint(0, longest)))
        if number % 100 == 0 or number > texts - 60:
            match = index.nearest(text)
            assert match == best(known, text, 0.7, quick)
            found += match is not None
        index.add(text, str(number))
        known.append(text)
    assert found > 10


def test_tells_exactly_at_the_threshold_from_above():
    index = RougeIndex(0.7)
    index.add(words(*range(7), 90, 91, 92), "at")
    assert index.nearest(words(*range(10))) == Match(0.7, "at")
    index.add(words(*range(7), 90, 91, 92, 93), "above")
    assert index.nearest(words(*range(9))) == Match(rouge_f(7, 9, 10), "at")
    assert index.nearest(words(*range(7), 80, 81)) == Match(rouge_f(7, 9, 10), "at")


def test_rounding_above_the_threshold_is_above():
    index = RougeIndex(0.7)
    index.add(words(*range(7), 90, 91, 92, 93), "eleven")
    assert index.nearest(words(*range(9))) == Match(0.7000000000000001, "eleven")


@pytest.mark.parametrize("threshold", THRESHOLDS)
def test_texts_that_share_only_their_most_frequent_tokens_are_found(threshold):
    """As few as suffice, all in the last places of the order: the worst case of a prefix."""
    bounds = Bounds(threshold)
    for length in [*range(1, 100), 150, 333, 1000]:
        for other in {bounds.shortest(length), (bounds.shortest(length) + length) // 2, length}:
            common = bounds.least_common(length, other)
            shared, one = range(common), range(1000, 1000 + length - common)
            two = range(3000, 3000 + other - common)
            for first, second in ((one, two), (two, one)):
                index = RougeIndex(threshold)
                index.add(words(*shared, *first), "other")
                score = rouge_f(common, length, other)
                assert index.nearest(words(*shared, *second)) == Match(score, "other")
                if common > 1:
                    score = rouge_f(common - 1, length, other)
                    assert score < threshold
                    assert index.nearest(words(*shared[1:], *second, 9999)) is None


def test_equal_scores_name_the_first_added():
    index = RougeIndex(0.5)
    index.add("a b c x", "first")
    index.add("a b c y", "second")
    assert index.nearest("a b c z") == Match(0.75, "first")
    assert index.nearest("z a b c") == Match(0.75, "first")


def test_the_same_tokens_are_held_once_under_the_first_label():
    index = RougeIndex(0.7)
    index.add("Name three colours.", "first")
    index.add("name THREE colours!", "second")
    assert len(index) == 1
    assert index.nearest("Name: three; colours?") == Match(1.0, "first")


@pytest.mark.parametrize("text", ["", "?!", "这句话", "è"])
def test_a_text_without_tokens_is_similar_to_nothing(text):
    index = RougeIndex(0.01)
    index.add(text, "none")
    index.add("a", "one")
    assert len(index) == 1
    assert index.nearest(text) is None


def test_one_token():
    index = RougeIndex(0.7)
    index.add("hello", "one")
    assert index.nearest("Hello!") == Match(1.0, "one")
    assert index.nearest("hello hello") is None
    assert index.nearest("bye") is None


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01, float("nan")])
def test_a_threshold_that_means_nothing_is_refused(threshold):
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        RougeIndex(threshold)


@pytest.mark.parametrize("line", ["a" * 10_000_000, "a b " * 2_500_000, "é" * 10_000_000])
def test_a_line_of_ten_million_characters(line):
    index = RougeIndex(0.7)
    index.add("Name three colours.", "short")
    assert index.nearest(line) is None
    index.add(line, "long")
    assert index.nearest(line) == (None if line.startswith("é") else Match(1.0, "long"))


def test_only_the_first_tokens_of_a_longer_text_count():
    index = RougeIndex(0.7)
    start = words(*range(LONGEST))
    index.add(start + " and one end", "long")
    assert index.nearest(start + " but another") == Match(1.0, "long")
    assert index.nearest("before " + start) == Match(rouge_f(LONGEST - 1, LONGEST, LONGEST), "long")


@pytest.mark.slow
def test_more_tokens_than_there_are_characters():
    """Codes pass the surrogates and the end of Unicode; texts beyond are no strings."""
    index, step = RougeIndex(0.7), 16_000
    for start in range(0, 0x110000 + step, step):
        index.add(words(*range(start, start + step)), str(start))
    for start in (48_000, 0x110000 // step * step):
        part = words(*range(start + 500, start + step))
        assert index.nearest(part) == Match(rouge_f(step - 500, step - 500, step), str(start))
    last = 0x110000 + 100
    index.add(words(0, 1, 2, last, 3), "wide")
    index.add(words(0, 1, 2, 3, 4), "narrow")
    assert index.nearest(words(0, 1, 2, last)) == Match(rouge_f(4, 4, 5), "wide")
    assert index.nearest(words(0, 1, 2, 3, 4, last)) == Match(rouge_f(5, 6, 5), "narrow")


@pytest.mark.slow
def test_the_alpaca_instructions(shared):
    """Self-Instruct rejects above 0.7: of the published set none is, and 906 are exactly at it."""
    seeds = shared / "data" / "self_instruct" / "seed_tasks.jsonl"
    files = sorted((shared / "data" / "alpaca").glob("*.json"))
    if not seeds.is_file() or not files:
        pytest.skip("the Alpaca and Self-Instruct data (../shared/data) are absent")
    index = RougeIndex(0.7)
    for line in seeds.read_text(encoding="utf-8").splitlines():
        index.add(json.loads(line)["instruction"], "seed")
    rows = [row for path in files for row in json.loads(path.read_text(encoding="utf-8"))]
    scores = []
    for row in rows:
        match = index.nearest(row["instruction"])
        scores.append(match.score if match else None)
        index.add(row["instruction"], "row")
    assert len(rows) == 52_002
    assert (len([s for s in scores if s and s > 0.7]), scores.count(0.7)) == (0, 906)

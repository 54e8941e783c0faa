from collections.abc import Callable

import pytest
from desk import part_of

from sofrito.filters.base import Verdict
from sofrito.filters.novelty import Novelty

A = ("a",)


def memory(threshold: float, *against: str, **pools: list[str]) -> Callable[[str], Verdict]:
    novelty = part_of(Novelty, {"rouge_l": threshold, "against": list(against) or "passed"})
    assert isinstance(novelty, Novelty)
    rows = {name: [{"a": text} for text in texts] for name, texts in pools.items()}
    judge = novelty.memory(A, rows)
    return lambda text: judge({"a": text})


def words(*numbers: int) -> str:
    return " ".join(f"w{n}" for n in numbers)


def test_only_what_is_strictly_above_the_threshold_is_rejected() -> None:
    # LCS 7 of 10 and 10 words is 0.7 exactly; of 9 and 11 the formula gives a float above it.
    kept = memory(0.7)
    kept(words(*range(10)))
    exactly = words(*range(7), 97, 98, 99)
    assert kept(exactly) == Verdict(True, "", f"like passed 0: {words(*range(10))}", 0.7)
    above = memory(0.7)
    above(words(*range(9)))
    verdict = above(words(*range(7), 96, 97, 98, 99))
    assert verdict == Verdict(
        False, "too similar", f"like passed 0: {words(*range(9))}", 0.7000000000000001
    )


def test_what_was_rejected_is_not_remembered() -> None:
    judge = memory(0.5)
    assert judge(words(1, 2, 3, 4)).kept
    assert not judge(words(2, 3, 4, 5)).kept
    assert judge(words(4, 5, 6, 7)).kept  # 3 of 4 of the one rejected


def test_pools_are_compared_with_and_passed_only_where_it_is_named() -> None:
    judge = memory(0.5, "tasks", tasks=[words(1, 2, 3), words(7, 8, 9)])
    assert judge(words(7, 8, 9)) == Verdict(False, "too similar", "like tasks 1: w7 w8 w9", 1.0)
    assert judge(words(4, 5, 6)).kept
    assert judge(words(4, 5, 6)).kept
    both = memory(0.5, "tasks", "passed", tasks=[words(1, 2, 3)])
    assert [both(words(4, 5, 6)).kept, both(words(4, 5, 6)).kept] == [True, False]
    assert not both(words(1, 2, 3)).kept


def test_each_memory_is_fresh() -> None:
    novelty = part_of(Novelty, {})
    assert isinstance(novelty, Novelty)
    for _ in range(2):
        judge = novelty.memory(A, {})
        assert judge({"a": "the same text"}).kept
        assert not judge({"a": "the same text"}).kept


def test_the_nearest_is_named_by_its_number_and_its_beginning() -> None:
    judge = memory(0.3)
    long = " ".join(f"word{n}" for n in range(20))
    judge("one two three four")
    judge(long)
    assert judge(long + " more").detail == f"like passed 1: {long[:59]}…"
    assert judge("one two").detail == "like passed 0: one two three four"


def test_columns_are_compared_together() -> None:
    judge = part_of(Novelty, {}).memory(
        ("a", "b"), {"tasks": [{"a": "x y", "b": None}, {"b": "z"}]}
    )
    assert not judge({"a": "x", "b": "y"}).kept
    assert judge({"a": "u", "b": "v"}).kept
    assert not judge({"a": "u v"}).kept


def test_what_it_is_by_default() -> None:
    novelty = part_of(Novelty, {})
    assert (novelty.rouge_l, novelty.against, novelty.pools()) == (0.7, ("passed",), ())
    assert part_of(Novelty, {"against": ["a", "passed", "b"]}).pools() == ("a", "b")


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01])
def test_a_threshold_out_of_range_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="rouge_l"):
        part_of(Novelty, {"rouge_l": threshold})

from typing import Any

from desk import part_of, step_of

from sofrito.filters.base import KEPT, Verdict
from sofrito.filters.chain import Chain
from sofrito.filters.consistent import Consistent
from sofrito.filters.first import First
from sofrito.filters.unique import Unique

A = ("output",)


def instances(*pairs: tuple[Any, Any]) -> list[dict[str, Any]]:
    return [{"input": given, "output": said} for given, said in pairs]


def test_unique_keeps_the_first_of_equals() -> None:
    siblings = instances(("x", "1"), ("y", "1"), ("x", "2"), ("z", "1 "))
    equal = Verdict(False, "equal to a sibling")
    assert Unique().judge_all(siblings, A) == [KEPT, equal, KEPT, KEPT]
    assert Unique().judge_all(siblings, ("input", "output")) == [KEPT] * 4
    assert Unique().judge_all(instances((None, None), ("", "")), ("input", "output")) == [
        KEPT,
        equal,
    ]
    assert Unique().judge_all([], A) == []


def test_first_keeps_the_first_so_many() -> None:
    beyond = Verdict(False, "beyond the first 2")
    first = First(most=2)
    assert first.judge_all(instances(*[("x", "y")] * 4), A) == [KEPT, KEPT, beyond, beyond]
    assert first.judge_all(instances(("x", "y")), A) == [KEPT]


def clash(given: str) -> Verdict:
    return Verdict(False, "the same input with different answers", given)


def test_one_input_with_two_outputs_drops_all_instances() -> None:
    siblings = instances(("a", "1"), ("b", "2"), ("a", "3"))
    assert Consistent(given="input").judge_all(siblings, A) == [clash("a")] * 3


def test_inputs_that_are_empty_may_have_any_output() -> None:
    siblings = instances(("", "1"), ("", "2"), (None, "3"), (" \n", "4"), (" \n", "5"))
    assert Consistent(given="input").judge_all(siblings, A) == [KEPT] * 5


def test_the_same_output_twice_is_no_contradiction() -> None:
    siblings = instances(("a", "1"), ("a", "1"), ("A", "2"))
    assert Consistent(given="input").judge_all(siblings, A) == [KEPT] * 3


def test_all_the_columns_of_the_step_are_the_answer() -> None:
    siblings = [{"input": "a", "output": "1", "why": why} for why in "xy"]
    consistent = Consistent(given="input")
    assert consistent.judge_all(siblings, ("output",)) == [KEPT] * 2
    assert consistent.judge_all(siblings, ("output", "why")) == [clash("a")] * 2
    assert consistent.uses() == ("input",)


def test_a_long_input_is_cut_in_the_detail() -> None:
    siblings = instances(("a" * 200, "1"), ("a" * 200, "2"))
    assert Consistent(given="input").judge_all(siblings, A)[0].detail == "a" * 80


def test_the_short_forms() -> None:
    step = step_of(filter="a", by=["unique", {"first": 5}, {"chain": "basic"}])
    assert step.filters() == (Unique(), First(most=5), Chain(chain="basic"))
    assert step.filters()[2].chains() == ("basic",)
    assert part_of(First, {"most": 5}) == First(most=5)

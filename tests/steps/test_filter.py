from typing import Any

import pytest
from desk import Here, bench_of, row_of, step_of
from pydantic import ValidationError

from sofrito.filters.base import Filter
from sofrito.steps.filter import operation
from sofrito.steps.work import Event, Gather, Lost, Map, Ordered


def test_each_filter_is_an_operation_of_its_kind_and_keep_is_the_last() -> None:
    by = [{"length": {"words": [2, 3]}}, "unique", {"novelty": {}}, {"first": 2}]
    step = step_of(filter="a", by=by, when="b", keep="c > 1")
    operations = step.compiled(bench_of(step))
    assert [type(one) for one in operations] == [Map, Gather, Ordered, Gather, Map]
    assert {one.step for one in operations} == {3}
    for one in operations:
        assert one.guard is not None
        assert one.guard.source == "b"


def test_without_when_nothing_is_guarded() -> None:
    step = step_of(filter="a", by=["unique"])
    assert [one.guard for one in step.compiled(bench_of(step))] == [None]


def test_a_filter_by_row() -> None:
    step, row = step_of(filter="a", by=[{"length": {"words": [2, 3]}}]), row_of(a="one")
    (one,) = step.compiled(bench_of(step))
    assert isinstance(one, Map)
    assert one.run(row, Here()) == [Lost(row, "rejected", "length: too short", "a has 1 word", 1)]
    kept = row_of(a="one two")
    assert one.run(kept, Here()) == [kept]


def test_a_filter_by_siblings() -> None:
    step = step_of(filter="a", by=["unique"])
    (one,) = step.compiled(bench_of(step))
    assert isinstance(one, Gather)
    rows = tuple(row_of(n, a=text) for n, text in enumerate("xyx"))
    lost = Lost(rows[2], "rejected", "unique: equal to a sibling")
    assert one.run(rows) == [rows[0], rows[1], lost]


def test_a_filter_with_memory_sees_the_rows_of_its_pools() -> None:
    by = [{"novelty": {"rouge_l": 0.5, "against": ["tasks", "passed"]}}]
    step = step_of(filter="a", by=by)
    (one,) = step.compiled(bench_of(step, {"tasks": [{"a": "name a red fruit"}], "other": []}))
    assert isinstance(one, Ordered)
    near, far = row_of(1, a="name a red fish"), row_of(2, a="Say hello.")
    like = "like tasks 0: name a red fruit"
    assert one.run(near) == Lost(near, "rejected", "novelty: too similar", like, 0.75)
    none = {"filter": "novelty", "score": None, "detail": "nothing reaches 0.5"}
    assert one.run(far) == far.told(Event("filter a", "score", none))
    half = row_of(3, a="name a b c")
    score = {"filter": "novelty", "score": 0.5, "detail": like}
    assert one.run(half) == half.told(Event("filter a", "score", score))


def test_keep_alone() -> None:
    step, row = step_of(filter="a", keep="b > 1"), row_of(b=1)
    (one,) = step.compiled(bench_of(step))
    assert isinstance(one, Map)
    assert one.run(row, Here()) == [Lost(row, "rejected", "keep: b > 1")]
    assert one.run(row_of(b=2), Here()) == [row_of(b=2)]
    without = row_of()
    failed = Lost(without, "failed", "expression", "b > 1: 'b' is undefined")
    assert one.run(without, Here()) == [failed]


def test_a_filter_of_no_kind_is_a_mistake_of_ours() -> None:
    step = step_of(filter="a", by=["unique"])
    with pytest.raises(TypeError, match="Filter is no kind of filter"):
        operation(bench_of(step), Filter(), ("a",), None)


@pytest.mark.parametrize("said", [{}, {"by": []}])
def test_a_filter_that_does_nothing_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as error:
        step_of(filter="a", **said)
    (one,) = error.value.errors()
    assert (one["type"], one["msg"]) == ("missing", "a filter needs `by`, `keep` or both")


def test_what_a_step_tells_of_itself() -> None:
    step = step_of(filter=["a", "b"], by=["unique", {"consistent": {"given": "c"}}])
    assert (step.label, step.uses(), step.makes()) == ("filter a+b", ("a", "b"), ())
    assert [one.uses() for one in step.filters()] == [(), ("c",)]

from typing import Any

import pytest
from desk import bench_of, row_of, step_of

from sofrito.steps.work import Lost, Ordered, Row


def passing(rows: list[dict[str, Any]], **said: Any) -> list[bool]:
    """Say of each row in turn whether it passes."""
    step = step_of(**{"dedup": "a", **said})
    (operation,) = step.operations(bench_of(step))
    assert isinstance(operation, Ordered)
    return [isinstance(operation.run(row_of(n, **row)), Row) for n, row in enumerate(rows)]


def test_a_row_equal_to_an_earlier_one_is_rejected_and_names_it() -> None:
    step = step_of(dedup="a")
    (operation,) = step.operations(bench_of(step))
    assert isinstance(operation, Ordered)
    first, second = row_of(4, a="x", b=1), row_of(9, a="x", b=2)
    assert operation.run(first) is first
    assert operation.run(second) == Lost(second, "rejected", "duplicate", "as row 4")
    assert operation.run(row_of(11, a="y")).values == {"a": "y"}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("ignore", "one", "other", "equal"),
    [
        (["space"], "a  b\n", "a b", True),
        (["space"], "a b", "A b", False),
        (["space"], "ab", "a b", False),
        (["case"], "Straße", "STRASSE", True),
        (["case"], "a  b", "a b", False),
        (["punctuation"], "“Hi”, he said!", "Hi he said", True),
        (["punctuation"], "1 + 1", "1 1", False),
        (["case", "space", "punctuation"], "Up - down.", "up down", True),
        (["case", "space", "punctuation"], "Is -5 more?", "is 5 more", False),
        ([], "a b", "a b", True),
        ([], "a b ", "a b", False),
    ],
)
def test_what_does_not_count(ignore: list[str], one: str, other: str, equal: bool) -> None:
    assert passing([{"a": one}, {"a": other}], ignore=ignore) == [True, not equal]


def test_white_space_is_ignored_unless_said_otherwise() -> None:
    assert passing([{"a": "x "}, {"a": "x"}, {"a": "X"}]) == [True, False, True]


def test_columns_are_compared_together() -> None:
    rows = [{"a": "x", "b": "y"}, {"a": "x", "b": "z"}, {"a": "x", "b": "y"}]
    assert passing(rows, dedup=["a", "b"]) == [True, True, False]


@pytest.mark.parametrize("between", ["\x1f", " ", ":", "1:"])
def test_no_text_can_reach_over_into_the_next_column(between: str) -> None:
    rows = [{"a": f"x{between}y", "b": "z"}, {"a": "x", "b": f"y{between}z"}]
    assert passing(rows, dedup=["a", "b"], ignore=[]) == [True, True]


def test_nulls_are_equal_to_nothing_written() -> None:
    assert passing([{"a": None}, {"a": ""}, {}]) == [True, False, False]


def test_each_run_starts_without_memory() -> None:
    step = step_of(dedup="a")
    for _ in range(2):
        (operation,) = step.operations(bench_of(step))
        assert isinstance(operation, Ordered)
        assert isinstance(operation.run(row_of(a="x")), Row)


def test_what_a_step_tells_of_itself() -> None:
    step = step_of(dedup=["a", "b"])
    assert (step.label, step.uses(), step.makes()) == ("dedup a+b", ("a", "b"), ())

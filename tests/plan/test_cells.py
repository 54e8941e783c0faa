import itertools
import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sofrito.plan.cells import SHARES, cells
from sofrito.plan.program import Cell
from sofrito.plan.spread import apportioned
from sofrito.recipe.expressions import ExpressionError

DESIGNS = ["weighted", "full", "balanced", "pairwise"]


def axes(**sizes: int | Mapping[str, float]) -> dict[str, dict[str, float]]:
    """Return axes of so many values of weight 1, or of these weights."""
    return {
        name: {f"{name}{i}": 1.0 for i in range(size)} if isinstance(size, int) else dict(size)
        for name, size in sizes.items()
    }


def quotas(found: tuple[Cell, ...]) -> dict[tuple[str, ...], int]:
    return {tuple(cell.values.values()): cell.quota or 0 for cell in found}


def marginal(found: tuple[Cell, ...], *names: str) -> Counter[Any]:
    counts: Counter[Any] = Counter()
    for cell in found:
        key = tuple(cell.values[name] for name in names)
        counts[key if len(names) > 1 else key[0]] += cell.quota or 0
    return counts


AXES = st.dictionaries(
    st.sampled_from("abcd"),
    st.dictionaries(st.sampled_from("uvwxyz"), st.integers(1, 9), min_size=1, max_size=6),
    min_size=1,
)
EXCLUDE = st.sampled_from(["", "a == 'u'", "a|default('') == 'u' and b|default('') == 'v'"])


@given(AXES, st.sampled_from(DESIGNS), st.integers(1, 300), st.booleans())
def test_quotas_add_up_to_the_rows(
    which: dict[str, dict[str, float]], design: Any, rows: int, excluding: bool
) -> None:
    exclude = "a == 'u' or b == 'v' and a == 'w'" if excluding and {"a", "b"} <= set(which) else ""
    found = cells(which, design, exclude, rows)
    remain = any(
        not (exclude and (c.get("a") == "u" or (c.get("b") == "v" and c.get("a") == "w")))
        for c in (dict(zip(which, v, strict=True)) for v in itertools.product(*which.values()))
    )
    assert sum(cell.quota or 0 for cell in found) == (rows if remain else 0)
    assert len({cell.id for cell in found}) == len(found)
    for cell in found:
        assert (cell.quota or 0) > 0
        assert cell.share == cell.quota
        assert list(cell.values) == list(which)
        assert all(value in which[name] for name, value in cell.values.items())
        if exclude:
            assert cell.values["a"] != "u"
            assert (cell.values["a"], cell.values["b"]) != ("w", "v")


@given(AXES, st.sampled_from(["weighted", "full", "balanced"]), st.integers(1, 300))
def test_every_axis_has_its_shares_to_the_next_integer(
    which: dict[str, dict[str, float]], design: Any, rows: int
) -> None:
    found = cells(which, design, "", rows)
    for name, weights in which.items():
        counts = marginal(found, name)
        for value, weight in weights.items():
            share = 1 / len(weights) if design == "full" else weight / sum(weights.values())
            assert abs(counts[value] - share * rows) < 1


def test_without_axes_there_are_no_cells() -> None:
    assert cells({}, "weighted", "", 10) == ()


def test_weighted_cells_get_the_product_of_the_weights() -> None:
    found = cells(axes(a={"x": 3, "y": 1}, b={"u": 2, "v": 1}), "weighted", "", 120)
    assert found == (
        Cell({"a": "x", "b": "u"}, 60, 60),
        Cell({"a": "x", "b": "v"}, 30, 30),
        Cell({"a": "y", "b": "u"}, 20, 20),
        Cell({"a": "y", "b": "v"}, 10, 10),
    )


def test_full_cells_get_the_same_whatever_the_weights() -> None:
    found = cells(axes(a={"x": 3, "y": 1}, b=2), "full", "", 8)
    assert set(quotas(found).values()) == {2}
    assert len(found) == 4


def test_what_is_left_over_is_spread_over_every_axis() -> None:
    found = cells(axes(a=3, b=3), "weighted", "", 12)
    assert sorted(quotas(found).values()) == [1] * 6 + [2] * 3
    assert set(marginal(found, "a").values()) == set(marginal(found, "b").values()) == {4}


@pytest.mark.parametrize("design", ["weighted", "full", "balanced"])
def test_fewer_rows_than_cells_still_cover_every_axis(design: Any) -> None:
    found = cells(axes(a=10, b=10, c=10), design, "", 100)
    assert [set(marginal(found, name).values()) for name in "abc"] == [{10}] * 3
    for pair in itertools.combinations("abc", 2):
        assert len(marginal(found, *pair)) >= 90


def test_without_rows_cells_have_shares_and_no_quotas() -> None:
    found = cells(axes(a={"x": 3, "y": 1}), "weighted", "", None)
    assert found == (Cell({"a": "x"}, None, 3), Cell({"a": "y"}, None, 1))
    assert sum(cell.share for cell in cells(axes(a=7), "weighted", "", None)) == SHARES


def test_values_of_two_axes_meet_as_if_they_were_independent() -> None:
    weights = {"x": 2, "y": 1, "z": 1}
    found = cells(axes(a=weights, b=weights), "balanced", "", 64)
    expected = {
        (p, q): weights[p] * weights[q] * 4 for p, q in itertools.product(weights, repeat=2)
    }
    assert quotas(found) == expected


def test_balanced_rows_are_an_orthogonal_array_where_there_is_one() -> None:
    found = cells(axes(a=4, b=4, c=4), "balanced", "", 16)
    for pair in itertools.combinations("abc", 2):
        assert set(marginal(found, *pair).values()) == {1}


def test_balanced_uses_as_many_cells_as_there_are_rows() -> None:
    found = cells(axes(a=20, b=20), "balanced", "", 400)
    assert list(quotas(found).values()) == [1] * 400


def test_what_is_excluded_is_in_no_cell_and_the_axes_stay_balanced() -> None:
    which = axes(d={"easy": 1, "medium": 2, "hard": 1}, s={"plain": 1, "playful": 1, "formal": 1})
    which |= axes(t=50)
    exclude = "s == 'playful' and d == 'hard'"
    found = cells(which, "balanced", exclude, 500)
    assert marginal(found, "d", "s")["hard", "playful"] == 0
    assert marginal(found, "d") == {"easy": 125, "medium": 250, "hard": 125}
    assert sorted(marginal(found, "s").values()) == [166, 167, 167]
    assert set(marginal(found, "t").values()) == {10}
    by_weight = cells(which, "weighted", exclude, 1100)
    assert marginal(by_weight, "d") == {"easy": 300, "medium": 600, "hard": 200}
    assert marginal(by_weight, "s") == {"plain": 400, "playful": 300, "formal": 400}


def test_a_value_that_is_excluded_altogether_leaves_its_rows_to_the_others() -> None:
    found = cells(axes(a=3, b=3), "balanced", "a == 'a0'", 30)
    assert marginal(found, "a") == {"a1": 15, "a2": 15}
    assert set(marginal(found, "b").values()) == {10}


def test_where_everything_is_excluded_there_are_no_cells() -> None:
    for design in DESIGNS:
        assert cells(axes(a=3, b=2), design, "a != b", 30) == ()  # type: ignore[arg-type]


def test_an_exclusion_that_fails_says_so() -> None:
    with pytest.raises(ExpressionError, match="`<` cannot compare a text with a number"):
        cells(axes(a=3), "weighted", "a < 3", 30)


@pytest.mark.parametrize(
    ("sizes", "most"),
    [
        ({"a": 3, "b": 3, "c": 3, "d": 3}, 12),
        (dict.fromkeys("abcdefghij", 4), 45),
        ({"a": 20, "b": 20, "c": 20, "d": 20}, 600),
        ({"a": 10, "b": 2, "c": 2, "d": 2, "e": 2}, 22),
        ({"a": 5, "b": 1}, 5),
    ],
)
def test_pairwise_covers_every_pair_in_few_cells(sizes: dict[str, int], most: int) -> None:
    found = cells(axes(**sizes), "pairwise", "", 10_000)
    for p, q in itertools.combinations(sizes, 2):
        assert len(marginal(found, p, q)) == sizes[p] * sizes[q]
    assert len(found) <= most < 1 + math.prod(sizes.values())
    assert max(quotas(found).values()) - min(quotas(found).values()) <= 1


@settings(max_examples=50)
@given(st.sets(st.tuples(*[st.sampled_from("012")] * 3), min_size=1, max_size=20))
def test_pairwise_covers_every_pair_that_is_allowed(banned: set[tuple[str, ...]]) -> None:
    which = axes(
        a={"0": 1, "1": 1, "2": 1}, b={"0": 1, "1": 1, "2": 1}, c={"0": 1, "1": 1, "2": 1}, d=2
    )
    exclude = f"(a, b, c) in [{', '.join(map(str, banned))}]"
    allowed = [
        c for c in itertools.product("012", "012", "012", which["d"]) if tuple(c[:3]) not in banned
    ]
    found = quotas(cells(which, "pairwise", exclude, 1000))
    assert set(found) <= set(allowed)
    for i, j in itertools.combinations(range(4), 2):
        assert {(c[i], c[j]) for c in found} == {(c[i], c[j]) for c in allowed}


def test_one_axis_pairwise_is_all_its_values() -> None:
    assert quotas(cells(axes(a=3), "pairwise", "a == 'a1'", 10)) == {("a0",): 5, ("a2",): 5}


def test_pairwise_makes_no_more_cells_than_rows() -> None:
    found = cells(axes(a=20, b=20), "pairwise", "", 50)
    assert list(quotas(found).values()) == [1] * 50


@pytest.mark.parametrize("design", DESIGNS)
def test_cells_come_in_the_order_of_the_axes_and_are_the_same_each_time(design: Any) -> None:
    which = axes(a=4, b={"x": 3, "y": 1}, c=3)
    found = cells(which, design, "a == 'a2' and c == 'c0'", 37)
    places = {value: i for one in which.values() for i, value in enumerate(one)}
    order = [tuple(places[value] for value in cell.values.values()) for cell in found]
    assert order == sorted(order)
    assert cells(which, design, "a == 'a2' and c == 'c0'", 37) == found


@pytest.mark.timeout(60)
@pytest.mark.parametrize("design", ["weighted", "full", "balanced"])
def test_many_cells_and_long_axes_need_no_more_than_a_moment(design: Any) -> None:
    """What looks at every cell for every row takes hours here."""
    square = cells(axes(a=100, b=100), design, "", 10_000)
    assert list(quotas(square).values()) == [1] * 10_000
    personas = cells(axes(persona=50_000, topic=50, style=20), design, "", 5_000)
    assert len(personas) == 5_000
    assert set(marginal(personas, "topic").values()) == {100}
    assert max(marginal(personas, "persona").values()) == 1


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30), st.integers(0, 1000))
def test_apportioned_integers_add_up_and_are_next_to_the_shares(
    weights: list[float], total: int
) -> None:
    found = apportioned(weights, total)
    whole = math.fsum(weights)
    if whole < 1e-6:
        return
    assert sum(found) == total
    for count, weight in zip(found, weights, strict=True):
        assert abs(count - weight / whole * total) < 1 + 1e-6


def test_apportioned_gives_the_remainders_to_the_largest_then_the_first() -> None:
    assert apportioned([1, 1, 1], 5) == [2, 2, 1]
    assert apportioned([5, 3, 2], 7) == [4, 2, 1]
    assert apportioned([0, 0], 3) == [0, 0]


@pytest.mark.parametrize(("design", "count"), [("full", 12), ("pairwise", 6)])
def test_without_rows_each_combination_of_such_a_design_comes_once(design: Any, count: int) -> None:
    found = cells(axes(a=2, b={"x": 5, "y": 1, "z": 1}, c=2), design, "", None)
    assert len({cell.id for cell in found}) == len(found) == count
    assert {(cell.quota, cell.share) for cell in found} == {(None, 1)}

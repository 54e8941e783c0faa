"""What a condition over numbers always is: never otherwise for any of the numbers it is about."""

import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import nodes

from sofrito.recipe.condition_words import shown
from sofrito.recipe.expressions import ExpressionError, expression, parsed_expression
from sofrito.recipe.intervals import truth
from sofrito.recipe.narrowing import narrowed

RANGES = {"a": (1.0, 5.0), "b": (-2.0, 0.5), "c.score": (0.0, float("inf")), "d": (3.0, 3.0)}


def condition(source: str) -> nodes.Node:
    (output,) = parsed_expression(source).body
    assert isinstance(output, nodes.Output)
    return output.nodes[0]


@pytest.mark.parametrize(
    ("source", "turns"),
    [
        ("a / 5 > 1.2", False),
        ("a / 5 >= 1", None),
        ("not a < 5.5", False),
        ("a > 6 or b > 1", False),
        ("a > 6 or b > 0", None),
        ("a >= 1 and d == 3", True),
        ("a >= 1 and kind == 'x'", None),
        ("a > 5 and kind == 'x'", False),
        ("2 * (a + 1) * -1 > -4", False),
        ("0 < a < 1", False),
        ("a != 9", True),
        ("1 / b > 9", None),
        ("c.score * 0 > 1", None),
        ("c['score'] < 0", False),
        ("-d < b - 1.1", None),
        ("a > b and b < 1", True),
        ("a > 3", None),
        ("a | round > 9", False),
        ("a | round(1, 'ceil') >= 1", True),
        ("a | round(places) > 9", None),
        ("a | float >= 1", None),
        ("a | int > 5", False),
        ("a | int(9) > 5", None),
        ("b | abs > 2", False),
        ("b | abs >= 0", True),
        ("a | abs < 1", False),
        ("c.score | round < 0", False),
        ("c.score | abs > 9", None),
        ("a in [6, 7]", False),
        ("a in [6, 'x']", False),
        ("a in [5, 6]", None),
        ("a in [6, b + 3]", None),
        ("d in (1, 3)", True),
        ("a not in [6, 7]", True),
        ("a in [6, none]", None),
        ("kind in [6, 7]", None),
        ("a ** 2 > 99", None),
    ],
)
def test_how_a_condition_turns_out(source: str, turns: bool | None) -> None:
    assert truth(condition(source), RANGES) is turns


NUMBERS = st.recursive(
    st.sampled_from([*RANGES]) | st.integers(-3, 6).map(lambda n: f"({n})"),
    lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
        lambda t: f"({' '.join(t)})"
    ),
    max_leaves=4,
)
READ = st.tuples(
    NUMBERS, st.sampled_from(["abs", "float", "int", "round", "round(1, 'floor')"])
).map(lambda t: f"{t[0]} | {t[1]}")
LISTED = st.lists(NUMBERS, min_size=1, max_size=3).map(lambda several: f"[{', '.join(several)}]")
COMPARED = st.tuples(
    NUMBERS | READ, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBERS
).map(" ".join) | st.tuples(NUMBERS | READ, st.sampled_from(["in", "not in"]), LISTED).map(" ".join)
CONDITIONS = st.recursive(
    COMPARED,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({' '.join(t)})")
        | inner.map(lambda one: f"(not {one})")
    ),
    max_leaves=3,
)
VALUES = st.fixed_dictionaries(
    {
        "a": st.integers(1, 5) | st.floats(1, 5),
        "b": st.floats(-2, 0.5) | st.sampled_from([-2, 0, 0.5]),
        "c": st.fixed_dictionaries({"score": st.integers(0, 10**6) | st.floats(0, 1e9)}),
        "d": st.just(3),
    }
)


@settings(max_examples=300, deadline=None)
@given(CONDITIONS, VALUES)
@example("(a - a) * c.score > 0", {"a": 2, "b": 0, "c": {"score": 9}, "d": 3})
def test_no_number_makes_it_turn_out_otherwise(source: str, values: dict[str, object]) -> None:
    turns = truth(condition(source), RANGES)
    try:
        came_out = expression(source).truth(values)
    except ExpressionError:
        return  # it divides by nought
    assert turns in (None, came_out)


@settings(max_examples=100, deadline=None)
@given(CONDITIONS, VALUES)
def test_it_is_told_as_what_it_is(source: str, values: dict[str, object]) -> None:
    again = shown(condition(source))
    try:
        assert expression(again).truth(values) is expression(source).truth(values)
    except ExpressionError:
        return


@settings(max_examples=200, deadline=None)
@given(COMPARED, VALUES)
@example("1 < a < 2", {"a": 1.5, "b": 0, "c": {"score": 9}, "d": 3})
def test_what_fulfils_a_condition_is_among_what_it_leaves(
    source: str, values: dict[str, Any]
) -> None:
    left = narrowed(condition(source), RANGES)
    try:
        fulfilled = expression(source).truth(values)
    except ExpressionError:
        return  # it divides by nought
    flat = {"a": values["a"], "b": values["b"], "c.score": values["c"]["score"], "d": values["d"]}
    beyond = {name: one for name, one in flat.items() if not left[name][0] <= one <= left[name][1]}
    assert beyond == {} or not fulfilled


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("a > 2", {"a": (math.nextafter(2, 3), 5.0)}),
        ("3 >= a > 2 + b", {"a": (1.0, 3.0), "b": (-2.0, 0.5)}),
        ("a in [2, 4, 9]", {"a": (2.0, 5.0)}),
        ("d < a", {"a": (math.nextafter(3, 4), 5.0)}),
        ("z >= 2", {"z": (2.0, math.inf)}),
        ("a > 7", {}),
        ("a != 3", {}),
        ("kind == 'x'", {}),
    ],
)
def test_what_a_condition_leaves(source: str, left: dict[str, tuple[float, float]]) -> None:
    assert narrowed(condition(source), RANGES) == RANGES | left

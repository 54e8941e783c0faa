"""Arithmetic on what numbers can be: whether a condition over them can still turn out both ways."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.exceptions import FilterArgumentError
from jinja2.filters import do_round

from sofrito.recipe.expressions import names_used, parsed_expression
from sofrito.recipe.template_nodes import find_all

Interval = tuple[float, float]
Ranges = Mapping[str, Interval]


def interval(node: nodes.Node, ranges: Ranges) -> Interval | None:
    """Return the least and the most that a number can be, ends included; None if it cannot be told.

    ``ranges`` are those known, by `column` or `record.field`. Told of are numbers, these names,
    sums, differences, products and quotients of what is told of, and what `abs`, `float`, `int` and
    `round` make of it.
    """
    try:
        found = _interval(node, ranges)
    except OverflowError:
        return None
    return None if found is None or any(map(math.isnan, found)) else found


def interval_of(source: str, ranges: Ranges) -> Interval | None:
    """Return the least and the most that the value of an expression can be, as :func:`interval`.

    None of one that reads no column, which somebody may set to choose what is done.
    """
    try:
        tree = parsed_expression(source)
    except TemplateSyntaxError:
        return None  # told where expressions are read
    (output,) = find_all(tree, nodes.Output)
    return interval(output.nodes[0], ranges) if names_used(tree) else None


def truth(node: nodes.Node, ranges: Ranges) -> bool | None:
    """Return how a condition always turns out, None if it may turn out either way."""
    match node:
        case nodes.Not(node=inner):
            return None if (one := truth(inner, ranges)) is None else not one
        case nodes.And(left=left, right=right):
            return _all({truth(left, ranges), truth(right, ranges)})
        case nodes.Or(left=left, right=right):
            turns = (truth(one, ranges) for one in (left, right))
            either = _all({None if one is None else not one for one in turns})
            return None if either is None else not either
        case nodes.Compare(expr=left, ops=ops):
            pairs = zip((left, *(one.expr for one in ops)), ops, strict=False)
            return _all({_compared(one, op.op, op.expr, ranges) for one, op in pairs})
    return None


def path_of(node: nodes.Node) -> str:
    """Return the column, or the field of a record, that a node reads: `record.field`, or ""."""
    match node:
        case nodes.Name(name=name):
            return str(name)
        case nodes.Getattr(node=inner, attr=str(field)):
            return f"{record}.{field}" if (record := path_of(inner)) else ""
        case nodes.Getitem(node=inner, arg=nodes.Const(value=str(field))):
            return f"{record}.{field}" if (record := path_of(inner)) else ""
    return ""


def _all(turns: set[bool | None]) -> bool | None:
    return False if False in turns else (None if None in turns else True)


def _interval(node: nodes.Node, ranges: Ranges) -> Interval | None:
    match node:
        case nodes.Const(value=int() | float() as number) if not isinstance(number, bool):
            return float(number), float(number)
        case nodes.Neg(node=inner):
            known = _interval(inner, ranges)
            return known and (-known[1], -known[0])
        case nodes.Add() | nodes.Sub() | nodes.Mul() | nodes.Div():
            left, right = _interval(node.left, ranges), _interval(node.right, ranges)
            return None if left is None or right is None else _reckoned(node, left, right)
        case nodes.Filter(node=nodes.Node() as inner) if node.name in _FILTERS:
            known = _interval(inner, ranges)
            return known and _filtered(node, known)
    return ranges.get(path_of(node))


_FILTERS = ("abs", "float", "int", "round")


def _filtered(node: nodes.Filter, known: Interval) -> Interval | None:
    """Return what a filter makes of all numbers between two: but for `abs`, it keeps their order."""
    given: list[Any] = [one.value if isinstance(one, nodes.Const) else None for one in node.args]
    low, high = known
    match node.name:
        case _ if node.kwargs or None in given or (given and node.name != "round"):
            return None
        case "abs":
            least, most = sorted(map(abs, known))
            return (0.0 if low <= 0 <= high else least), most
        case "float":
            return _or_null(known)
        case "int":
            return _or_null((_trunc(low), _trunc(high)))
    try:
        ends = [one if math.isinf(one) else float(do_round(one, *given)) for one in known]
    except (TypeError, ValueError, FilterArgumentError):
        return None
    return ends[0], ends[1]


def _or_null(known: Interval) -> Interval:
    """Return what can be read of a number or of null, which is read as 0."""
    return min(0.0, known[0]), max(0.0, known[1])


def _trunc(number: float) -> float:
    return number if math.isinf(number) else float(int(number))


def _reckoned(node: nodes.BinExpr, left: Interval, right: Interval) -> Interval | None:
    """Return what comes of all values of both sides: each is least and most at their ends."""
    if isinstance(node, nodes.Div) and right[0] <= 0 <= right[1]:
        return None
    reckon: Callable[[float, float], float] = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
    }[node.operator]
    ends = [reckon(one, other) for one in left for other in right]
    return None if any(map(math.isnan, ends)) else (min(ends), max(ends))


def _compared(left: nodes.Node, operator: str, right: nodes.Node, ranges: Ranges) -> bool | None:
    if operator in ("in", "notin"):
        found = _among(left, right, ranges)
        return None if found is None else found is (operator == "in")
    one, two = interval(left, ranges), interval(right, ranges)
    if one is None or two is None:
        return None
    (low, high), (least, most) = one, two
    below, apart = high < least, high < least or low > most
    match operator:
        case "lt":
            return True if below else (False if low >= most else None)
        case "lteq":
            return True if high <= least else (False if low > most else None)
        case "gt":
            return True if low > most else (False if high <= least else None)
        case "gteq":
            return True if low >= most else (False if below else None)
        case "eq" | "ne":
            same = False if apart else (True if low == high == least == most else None)
            return None if same is None else same is (operator == "eq")
    return None


def _among(left: nodes.Node, right: nodes.Node, ranges: Ranges) -> bool | None:
    """Return whether a number is always, or never, one of a written list."""
    if not isinstance(right, nodes.List | nodes.Tuple) or interval(left, ranges) is None:
        return None
    turns = {_same(left, one, ranges) for one in right.items}
    return True if True in turns else (None if None in turns else False)


def _same(left: nodes.Node, item: nodes.Node, ranges: Ranges) -> bool | None:
    is_text = isinstance(item, nodes.Const) and isinstance(item.value, str)
    return False if is_text else _compared(left, "eq", item, ranges)

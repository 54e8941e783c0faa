"""Conditions that are always true or never: without names, or against what numbers can be."""

from collections.abc import Iterator, Mapping

from jinja2 import TemplateSyntaxError, nodes

from sofrito.recipe.base import Key
from sofrito.recipe.expressions import ExpressionError, expression, names_used
from sofrito.recipe.scene import Scene
from sofrito.recipe.template_tree import parsed_expression
from sofrito.recipe.words import from_to

Ranges = Mapping[str, tuple[float, float]]

_SIGNS = {"gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "eq": "=="}
_MIRRORED = {"gt": "lt", "gteq": "lteq", "lt": "gt", "lteq": "gteq", "eq": "eq"}


def check_truth(scene: Scene, source: str, path: Key, ranges: Ranges) -> None:
    """Note a condition that can only turn out one way; ``ranges`` are of `column`, `record.field`.

    A `keep` or `where` that is never true is an error, for then no row comes through.
    """
    if path in scene.names.spliced:
        return
    try:
        tree = parsed_expression(source)
        if not names_used(tree) and not tree.find(nodes.Call):
            _constant(scene, path, bool(expression(source).truth({})))
            return
    except (TemplateSyntaxError, ExpressionError):
        return
    for name, operator, number in _comparisons(tree):
        if name in ranges:
            low, high = ranges[name]
            said = f"`{name} {_SIGNS[operator]} {number:g}`"
            about = f"`{name}` is {from_to(low, high)}."
            if _never(operator, number, low, high):
                _told(scene, path, f"{said} is never true: {about}", never=True)
            elif _always(operator, number, low, high):
                _told(scene, path, f"{said} is always true: {about}", never=False)


def _constant(scene: Scene, path: Key, truth: bool) -> None:
    told = "always true" if truth else "never true"
    what = f"The condition uses no column: it is {told}."
    _told(scene, path, what, never=not truth)


def _told(scene: Scene, path: Key, what: str, *, never: bool) -> None:
    if never and path[-1] in ("keep", "where"):
        scene.problems.add("SOF211", path, what, "No row comes through: correct the condition.")
    else:
        scene.problems.warn("SOF212", path, what, "Correct the condition, or remove it.")


def _comparisons(tree: nodes.Template) -> Iterator[tuple[str, str, float]]:
    """Yield those comparisons of a name with a number that must hold for the whole to be true."""
    (output,) = tree.body
    assert isinstance(output, nodes.Output)
    waiting = [*output.nodes]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, nodes.And):
            waiting += [node.left, node.right]
        elif isinstance(node, nodes.Compare) and len(node.ops) == 1:
            yield from _comparison(node.expr, node.ops[0].op, node.ops[0].expr)


def _comparison(
    left: nodes.Expr, operator: str, right: nodes.Expr
) -> Iterator[tuple[str, str, float]]:
    if operator not in _SIGNS:
        return
    if (name := _name(left)) and (number := _number(right)) is not None:
        yield name, operator, number
    elif (name := _name(right)) and (number := _number(left)) is not None:
        yield name, _MIRRORED[operator], number


def _name(node: nodes.Expr) -> str:
    match node:
        case nodes.Name(name=name):
            return str(name)
        case nodes.Getattr(node=inner, attr=field):
            return _field(inner, field)
        case nodes.Getitem(node=inner, arg=nodes.Const(value=str(field))):
            return _field(inner, field)
    return ""


def _field(inner: nodes.Expr, field: str) -> str:
    record = _name(inner)
    return f"{record}.{field}" if record else ""


def _number(node: nodes.Expr) -> float | None:
    match node:
        case nodes.Const(value=int() | float() as number) if not isinstance(number, bool):
            return number
        case nodes.Neg(node=nodes.Const(value=int() | float() as number)):
            return -number
    return None


def _never(operator: str, number: float, low: float, high: float) -> bool:
    return {
        "gt": high <= number,
        "gteq": high < number,
        "lt": low >= number,
        "lteq": low > number,
        "eq": not low <= number <= high,
    }[operator]


def _always(operator: str, number: float, low: float, high: float) -> bool:
    return {
        "gt": low > number,
        "gteq": low >= number,
        "lt": high < number,
        "lteq": high <= number,
        "eq": low == number == high,
    }[operator]

"""The score by which siblings are compared: what is no number fails only after all is paid for."""

from collections.abc import Container, Iterator

from jinja2 import TemplateSyntaxError, nodes

from sofrito.recipe.base import Key
from sofrito.recipe.check_types import CODE
from sofrito.recipe.expressions import parsed_expression
from sofrito.recipe.inference import type_of
from sofrito.recipe.intervals import path_of
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Scene
from sofrito.recipe.template_nodes import find_all
from sofrito.recipe.value_misuses import said
from sofrito.recipe.value_types import WORDS, ValueType

_FINE = ("number", "boolean")


def check_score(scene: Scene, path: Key, source: str, names: Names, alike: Container[str]) -> None:
    """Check that the value of an expression is a number, where that can be told.

    Those columns that are ``alike`` in all siblings rank none of them.
    """
    for node in _results(source):
        kind = _kind(node, names)
        if kind and kind not in _FINE:
            read = path_of(node)
            what = f"{said(node, 'This')} is {WORDS[kind]}, and a score is a number."
            scene.problems.add(CODE, path, what, _fix(read, names, alike))


def _results(source: str) -> Iterator[nodes.Expr]:
    """Yield what the value of an expression may be: of a condition, both sides."""
    try:
        (output,) = find_all(parsed_expression(source), nodes.Output)
    except TemplateSyntaxError:
        return  # told where expressions are read
    waiting = [*output.nodes]
    while waiting:
        node = waiting.pop()
        if isinstance(node, nodes.CondExpr):
            waiting += [node.expr2, node.expr1] if node.expr2 else [node.expr1]
        else:
            yield node


def _kind(node: nodes.Expr, names: Names) -> ValueType | None:
    if isinstance(node, nodes.Dict) or path_of(node) in names.records:
        return "record"
    return type_of(node, names.values)


def _fix(read: str, names: Names, alike: Container[str]) -> str:
    numbers = [name for name, one in names.values.items() if one.type == "number"]
    roots = {name: name.split(".")[0] for name in numbers}
    known = [name for name, root in roots.items() if root in names.known and root not in alike]
    for name in sorted(
        known, key=lambda one: (one.split(".")[0] != read, not one.endswith(".score"))
    ):
        return f"Did you mean `{name}`?"
    return "Name a number, such as `verdict.score`; `… | float` is the number that a text reads."

"""Conditions that are always true or never: without names, or against what numbers can be."""

from collections.abc import Iterator

from jinja2 import TemplateSyntaxError, nodes

from sofrito.recipe.base import Key
from sofrito.recipe.binding import NAME as PARAMS
from sofrito.recipe.condition_words import shown
from sofrito.recipe.expressions import ExpressionError, expression, names_used, parsed_expression
from sofrito.recipe.intervals import Ranges, interval, truth
from sofrito.recipe.scene import Scene
from sofrito.recipe.template_nodes import find_all
from sofrito.recipe.words import either, from_to


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
    known = {**ranges, **_params(scene)}
    for part in _needed(tree):
        turns = truth(part, known)
        if turns is not None and not (_is_switch(part) and (turns or not _drops(path))):
            said = f"`{shown(part)}`" if shown(part) else "A part of the condition"
            told = f"{said} is {'always' if turns else 'never'} true: {_known(part, known)}."
            _told(scene, path, told, never=not turns)


def _constant(scene: Scene, path: Key, turns: bool) -> None:
    told = "always true" if turns else "never true"
    what = f"The condition uses no column: it is {told}."
    _told(scene, path, what, never=not turns)


def _told(scene: Scene, path: Key, what: str, *, never: bool) -> None:
    if never and _drops(path):
        scene.problems.add("SOF211", path, what, "No row comes through: correct the condition.")
    else:
        scene.problems.warn("SOF212", path, what, "Correct the condition, or remove it.")


def _params(scene: Scene) -> dict[str, tuple[float, float]]:
    """Return the parameters that are numbers, each with its value as what it is at least and at most."""
    values = scene.recipe.values().items()
    return {
        f"{PARAMS}.{name}": (value, value)
        for name, value in values
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _is_switch(part: nodes.Node) -> bool:
    """Say whether a part asks for a parameter: given another value, it may turn out otherwise."""
    return any(one.name == PARAMS for one in find_all(part, nodes.Name))


def _drops(path: Key) -> bool:
    return path[-1] in ("keep", "where")


def _needed(tree: nodes.Template) -> Iterator[nodes.Node]:
    """Yield the parts that must be true for the whole to be."""
    (output,) = tree.body
    assert isinstance(output, nodes.Output)
    waiting: list[nodes.Node] = [*output.nodes]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, nodes.And):
            waiting += [node.left, node.right]
        else:
            yield node


def _known(part: nodes.Node, ranges: Ranges) -> str:
    """Return in words what is compared in a part that always turns out one way."""
    compares = [
        one for one in (part, *find_all(part, nodes.Compare)) if truth(one, ranges) in _SURE
    ]
    sides = [
        side
        for one in compares
        if isinstance(one, nodes.Compare)
        for side in (one.expr, *(op.expr for op in one.ops))
        if not isinstance(side, nodes.Const)
    ]
    known = {shown(side): interval(side, ranges) for side in sides}
    told = [f"`{said}` is {from_to(*one)}" for said, one in known.items() if one]
    return either(told, "and")


_SURE = (True, False)

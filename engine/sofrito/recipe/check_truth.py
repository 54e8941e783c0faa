"""Conditions that are always true or never: without names, or against what numbers can be."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from jinja2 import TemplateSyntaxError, nodes

from sofrito.recipe.base import Key
from sofrito.recipe.binding import NAME as PARAMS
from sofrito.recipe.condition_words import shown
from sofrito.recipe.expressions import ExpressionError, expression, names_used, parsed_expression
from sofrito.recipe.intervals import Interval, Ranges, interval, truth
from sofrito.recipe.names import Names
from sofrito.recipe.narrowing import narrowed
from sofrito.recipe.scene import Scene
from sofrito.recipe.template_nodes import find_all, has
from sofrito.recipe.value_misuses import never
from sofrito.recipe.value_types import Values
from sofrito.recipe.words import either, from_to


def check_truth(scene: Scene, source: str, path: Key, names: Names) -> None:
    """Note a condition that can only turn out one way, as far as its ``names`` tell.

    A `keep` or `where` that is never true is an error, for then no row comes through. What earlier
    conditions leave is only used to tell what is never true: what is asked twice does no harm, nor
    do bounds that hold anyway beside a part that may be false.
    """
    if path in scene.names.spliced:
        return
    try:
        tree = parsed_expression(source)
        if not names_used(tree) and not has(tree, nodes.Call):
            _constant(scene, path, bool(expression(source).truth({})))
            return
    except (TemplateSyntaxError, ExpressionError):
        return
    known = {**names.ranges, **_params(scene)}
    parts = [*needed(tree)]
    if all(truth(part, known) and not _is_switch(part) for part in parts):
        told = f"{_said(_whole(tree))} is always true: {_known(_whole(tree), known)}."
        _told(scene, path, told, never=False)
    for part in parts:
        if truth(part, known) is False and (_drops(path) or not _is_switch(part)):
            told = f"{_said(part)} is never true: {_known(part, known)}."
            _told(scene, path, told, never=True)
    left = {**known, **names.kept}
    if not any(truth(part, known) is False for part in parts):
        _contradiction(scene, path, parts, left)
    for part in parts if _drops(path) or path[-1] == "when" else ():
        if truth(part, left) is None:
            _without_choice(scene, path, part, left, names.values)


def _without_choice(
    scene: Scene, path: Key, part: nodes.Node, ranges: Ranges, values: Mapping[str, Values]
) -> None:
    """Note a part that is never true for what texts there are, unless it is told as a misuse."""
    known = {name: _allowed(one) for name, one in values.items()}
    if isinstance(part, nodes.Compare):
        if not never(part, values) and (found := never(part, known)):
            if _drops(path):
                scene.problems.add("SOF211", path, f"Nothing passes: {found[0]}", found[1])
            else:
                what = f"The step does nothing to any row: {found[0]}"
                scene.problems.warn("SOF212", path, what, found[1])
    elif _never(part, ranges, known):
        _told(scene, path, f"{_said(part)} is never true: none of its parts is.", never=True)


def _allowed(known: Values) -> Values:
    return replace(known, allowed=tuple(filter(None, known.seen))) if known.seen else known


def _never(node: nodes.Node, ranges: Ranges, values: Mapping[str, Values]) -> bool:
    match node:
        case nodes.Or(left=left, right=right):
            return all(_never(one, ranges, values) for one in (left, right))
        case nodes.And(left=left, right=right):
            return any(_never(one, ranges, values) for one in (left, right))
    return truth(node, ranges) is False or bool(never(node, values))


def _contradiction(
    scene: Scene, path: Key, parts: Sequence[nodes.Node], ranges: dict[str, Interval]
) -> None:
    """Note a part of a condition that another part, or an earlier `keep`, rules out."""
    before = ranges
    for part in parts:
        if _is_switch(part):
            continue
        if truth(part, ranges) is False:
            earlier = truth(part, before) is False
            by = "in the rows that come here" if earlier else "by the rest of the condition"
            told = f"{_said(part)} is never true: {_known(part, ranges)} {by}."
            _told(scene, path, told, never=True)
            return
        ranges = narrowed(part, ranges)


def _constant(scene: Scene, path: Key, turns: bool) -> None:
    told = "always true" if turns else "never true"
    what = f"The condition uses no column: it is {told}."
    _told(scene, path, what, never=not turns)


def _told(scene: Scene, path: Key, what: str, *, never: bool) -> None:
    if never and _drops(path):
        scene.problems.add("SOF211", path, what, "No row comes through: correct the condition.")
    else:
        scene.problems.warn("SOF212", path, what, "Correct the condition, or remove it.")


def kept_by(source: str, names: Names) -> dict[str, Interval]:
    """Return what a condition leaves of the numbers that its ``names`` are, by `column` or `record.field`."""
    kept = dict(names.kept)
    try:
        parts = [*needed(parsed_expression(source))]
    except TemplateSyntaxError:
        return kept
    for part in parts:
        if not _is_switch(part):
            after = narrowed(part, {**names.ranges, **kept})
            kept |= {name: one for name, one in after.items() if one != names.ranges.get(name)}
    return kept


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


def needed(tree: nodes.Template) -> Iterator[nodes.Node]:
    """Yield the parts that must be true for the whole to be."""
    waiting = [_whole(tree)]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, nodes.And):
            waiting = [node.left, node.right, *waiting]
        else:
            yield node


def _whole(tree: nodes.Template) -> nodes.Node:
    """Return the node of a whole expression."""
    (output,) = tree.body
    assert isinstance(output, nodes.Output)
    return output.nodes[0]


def _said(part: nodes.Node) -> str:
    return f"`{shown(part)}`" if shown(part) else "A part of the condition"


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
    told = [f"`{said}` is {_from_to(*one)}" for said, one in known.items() if one]
    return either(told, "and")


def _from_to(low: float, high: float) -> str:
    """Return in words what a number is; one that is just beside a short one is beyond that."""
    least, most = float(f"{low:g}"), float(f"{high:g}")
    above = low == math.nextafter(least, math.inf) != least
    below = high == math.nextafter(most, -math.inf) != most
    if not (above or below):
        return from_to(low, high)
    ends = [f"{'above' if above else 'at least'} {least:g}"] if least > -math.inf else []
    ends += [f"{'below' if below else 'at most'} {most:g}"] if most < math.inf else []
    return " and ".join(ends)


_SURE = (True, False)

"""Steps of which nothing comes: they want more siblings, or scores further apart, than there can be."""

import math

from jinja2 import TemplateSyntaxError, nodes

from sofrito.recipe.base import Key
from sofrito.recipe.expressions import parsed_expression
from sofrito.recipe.intervals import interval
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Scene
from sofrito.recipe.verb import Verb
from sofrito.recipe.words import from_to

_NEAR = 1e-9


def check_siblings(scene: Scene) -> None:
    """Note a step that wants more siblings than the steps before it make, or leave, of one row."""
    if not scene.all_steps_sound:
        return
    opened: list[tuple[float, str]] = []
    for index, step in scene.steps():
        if opened and step.least_siblings() > opened[-1][0]:
            _note(scene, ("steps", index), step, *opened[-1])
        if step.closes() and opened:
            opened.pop()
        if opened and not step.when:
            filters = (one for check in step.filters() for one in scene.expanded(check))
            leaving = [(one.leaves(), step.label) for one in filters]
            opened[-1] = min([opened[-1], *leaving], key=lambda one: one[0])
        if step.fans_out():
            rows = step.load().rows
            opened.append((rows[1] if rows and rows[1] > 1 else math.inf, step.label))


def _note(scene: Scene, path: Key, step: Verb, most: float, label: str) -> None:
    what = (
        f"Nothing comes of `{step.label}`: it wants {step.least_siblings():,} siblings, and "
        f"`{label}` leaves {most:,.0f} at most."
    )
    fix = "Ask for fewer here, or let more be made before."
    key = "least" if scene.places.at((*path, "least")) is not None else step.verb
    scene.problems.add("SOF211", (*path, key), what, fix, at_key=key == step.verb)


def check_margin(scene: Scene, path: Key, step: Verb, source: str, names: Names) -> None:
    """Note scores of siblings that must differ by more than they can; ``source`` is their expression.

    They are what earlier conditions leave of them.
    """
    wanted = step.least_difference()
    try:
        (output,) = parsed_expression(source).find_all(nodes.Output)
    except TemplateSyntaxError:
        return  # told where expressions are read
    known = interval(output.nodes[0], {**names.ranges, **names.kept})
    if known is None:
        return
    most, kept = known[1] - known[0], known != interval(output.nodes[0], names.ranges)
    here, at = " in the rows that come here" if kept else "", (*path, *step.ranks_by())
    if not most:
        if not any(one.path == at for one in scene.problems.found):
            what = f"Nothing passes: `{source}` is {known[0]:g}{here}, so that none is better."
            fix = "Let rows of several scores come here, or rank them by something else."
            scene.problems.add("SOF211", at, what, fix)
    elif most < wanted - _NEAR:
        what = (
            f"Nothing passes: `{source}` is {from_to(*known)}{here}, so that two never differ by "
            f"{wanted:g}."
        )
        fix = f"Take {most:g} or less{', or let rows of lower scores come here' * kept}."
        scene.problems.add("SOF211", (*path, "margin"), what, fix)

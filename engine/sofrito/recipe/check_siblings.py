"""Steps of which nothing comes: they want more siblings, or scores further apart, than there can be."""

import math

from jinja2 import TemplateSyntaxError, nodes

from sofrito.recipe.base import Key
from sofrito.recipe.expressions import parsed_expression
from sofrito.recipe.intervals import Ranges, interval
from sofrito.recipe.scene import Scene
from sofrito.recipe.verb import Verb

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


def check_margin(scene: Scene, path: Key, step: Verb, source: str, ranges: Ranges) -> None:
    """Note scores that must differ by more than they can; ``source`` is their expression."""
    wanted = step.least_difference()
    try:
        (output,) = parsed_expression(source).find_all(nodes.Output)
    except TemplateSyntaxError:
        return  # told where expressions are read
    known = interval(output.nodes[0], ranges)
    if not wanted or known is None or known[1] - known[0] >= wanted - _NEAR:
        return
    most = known[1] - known[0]
    what = (
        f"Nothing passes: `{source}` is from {known[0]:g} to {known[1]:g}, so that two never differ "
        f"by {wanted:g}."
    )
    scene.problems.add("SOF211", (*path, "margin"), what, f"Take {most:g} or less.")

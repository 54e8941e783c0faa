"""Whether the seed rows can make as many rows as a recipe asks for."""

import math
import re
from collections.abc import Iterable

from sofrito.recipe.base import Key
from sofrito.recipe.model_rows import EACH_ONCE
from sofrito.recipe.scene import Scene
from sofrito.recipe.seeds_left import Left, seeds_left
from sofrito.recipe.verb import Verb
from sofrito.recipe.words import either

_ODD = re.compile(r"""['"\\]""")
_LISTED = 5
"""Values of an axis that a message writes."""


def check_quota(scene: Scene, rows: int) -> None:
    """Note more rows than all seed rows together can make."""
    left, most = seeds_left(scene), _most(scene)
    if left is None or not left.rows or rows <= (top := left.rows * most):
        return
    each = "one" if most == 1 else f"{most:,.0f}"
    told = f"{_of_seeds(scene, left)}, each of which makes {each} at most."
    if base := scene.places.inherited(("rows",)):
        what = f"`rows` is {rows:,} in `{base}`, which is extended, and {told}"
        fix = f"Write `rows: {top:.0f}` in this recipe, or add seeds."
        scene.problems.add("SOF211", _own_place(scene), what, fix, at_key=True)
        return
    fix = f"Ask for {top:,.0f} or fewer, or add seeds."
    if not any(step.fans_out() for _, step in scene.steps()):
        fix = f"Ask for {top:.0f} or fewer, add seeds, or let a step make several rows of one: `n: 2`."
    scene.problems.add("SOF211", ("rows",), f"`rows` is {rows:,}, and {told}", fix)


def check_left(scene: Scene) -> None:
    """Note seeds of which no row comes through, where of that step nothing is wrong besides."""
    left = seeds_left(scene)
    if left and not left.rows:
        path, said = left.by[-1]
        errors = (one.path for one in scene.problems.found if one.problem.severity == "error")
        if path[:2] not in {one[:2] for one in errors}:
            rest = "every row that is left" if len(left.by) > 1 else "every row"
            what = f"{said[0].upper()}{said[1:]} rejects {rest} of `{scene.recipe.from_}`."
            scene.problems.add("SOF211", path, what, "No row comes through: correct it.")


def most_rows(scene: Scene) -> float:
    """Return how many rows can come of all seed rows at most, infinite where that cannot be told."""
    left, most = seeds_left(scene), _most(scene)
    return math.inf if left is None or most == math.inf else left.rows * most


def check_number(scene: Scene) -> None:
    """Note that a recipe with axes does not say how many rows it makes of its seeds."""
    most = most_rows(scene)
    what = "Axes spread the rows over their values, and the recipe does not say how many."
    fix = f"Add `rows: 500`, or as many as can come of `{scene.recipe.from_}`."
    if 0 < most < math.inf:
        fix = f"Add `rows: {most:.0f}`{', or fewer' if most > 1 else ''}."
    if scene.recipe.cover.design in EACH_ONCE and scene.axes:
        what += " What comes of a seed has one combination of them, not each."
        name, values = next(iter(scene.axes.items()))
        listed = "[" + ", ".join(f"'{value}'" for value in values) + "]"
        if len(scene.axes) == 1 and len(values) <= _LISTED and not _ODD.search("".join(values)):
            fix += (
                f" For each seed with each `{name}`, begin with two steps in place of `axes` and "
                f'`cover`: `- {{set: {name}, to: "{listed}"}}`, then `- explode: {name}`.'
            )
    at: Key = _own_place(scene) if scene.places.inherited(("axes",)) else ("axes",)
    scene.problems.add("SOF211", at, what, fix, at_key=True)


def _most(scene: Scene) -> float:
    return most_of_one(scene) if scene.all_steps_sound else math.inf


def _of_seeds(scene: Scene, left: Left) -> str:
    """Return in words how many seed rows there are, and how many of them come through."""
    pool = scene.recipe.from_
    seeds = scene.pools[pool].rows or 0
    has = f"`{pool}` has {seeds} row{'s' * (seeds != 1)}"
    if not left.by:
        return has
    by = either((said for _, said in left.by), "and")
    rejects = "rejects" if len(left.by) == 1 else "reject"
    return f"{has}, of which {by} {rejects} all but {left.rows}"


def _own_place(scene: Scene) -> Key:
    """Return the path of what this recipe says about its seeds itself, else of its name."""
    pool = scene.recipe.from_
    paths: list[Key] = [("seeds", pool, key) for key in ("rows", "file", "files")]
    written = (one for one in [*paths, ("from",)] if scene.places.at(one) is not None)
    return next((one for one in written if not scene.places.inherited(one)), ("recipe",))


def most_of_one(scene: Scene) -> float:
    """Return how many rows can come of one at most, infinite where that cannot be told."""
    siblings = _siblings(scene, [step for _, step in scene.steps()])
    return math.prod(siblings) if 0 not in siblings else math.inf


def most_siblings(scene: Scene, path: Key) -> float:
    """Return how many innermost siblings come to a step at most, infinite where that cannot be told."""
    if not scene.all_steps_sound:
        return math.inf
    siblings = _siblings(scene, [one for index, one in scene.steps() if ("steps", index) < path])
    return siblings[-1] if siblings else math.inf


def _siblings(scene: Scene, steps: Iterable[Verb]) -> list[float]:
    """Return how many siblings there are at most after some steps, of those within others last."""
    siblings: list[float] = []
    for step in steps:
        if step.closes() and siblings:
            siblings.pop()
        elif step.fans_out():
            rows = step.load().rows
            siblings.append(math.inf if rows is None else rows[1])
        if siblings:
            siblings[-1] = min(siblings[-1], _left(scene, step))
    return siblings


def _left(scene: Scene, step: Verb) -> float:
    """Return how many siblings the filters of a step leave at most."""
    if step.when or step.fans_out():
        return math.inf
    checks = (one for check in step.filters() for one in scene.expanded(check))
    return min((one.leaves() for one in checks), default=math.inf)

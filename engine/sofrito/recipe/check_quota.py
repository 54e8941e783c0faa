"""Whether the seed rows can make as many rows as a recipe asks for."""

import math

from sofrito.recipe.scene import Scene
from sofrito.recipe.verb import Verb


def check_quota(scene: Scene, rows: int) -> None:
    """Note more rows than all seed rows together can make."""
    pool = scene.recipe.from_
    seeds = scene.pools[pool].rows if pool in scene.pools else None
    most = most_of_one(scene) if scene.all_steps_sound else math.inf
    if seeds is None or rows <= seeds * most:
        return
    each = "one" if most == 1 else f"{most:,.0f}"
    has = f"{seeds} row{'s' * (seeds != 1)}"
    what = f"`rows` is {rows:,}, and `{pool}` has {has}, each of which makes {each} at most."
    fix = f"Ask for {seeds * most:,.0f} or fewer, or add seeds."
    if not any(step.fans_out() for _, step in scene.steps()):
        fix = (
            f"Ask for {seeds} or fewer, add seeds, or let a step make several rows of one: `n: 2`."
        )
    scene.problems.add("SOF211", ("rows",), what, fix)


def most_of_one(scene: Scene) -> float:
    """Return how many rows can come of one at most, infinite where that cannot be told."""
    siblings: list[float] = []
    for _, step in scene.steps():
        if step.closes() and siblings:
            siblings.pop()
        elif step.fans_out():
            rows = step.load().rows
            siblings.append(math.inf if rows is None else rows[1])
        if siblings:
            siblings[-1] = min(siblings[-1], _left(scene, step))
    return math.prod(siblings) if 0 not in siblings else math.inf


def _left(scene: Scene, step: Verb) -> float:
    """Return how many siblings the filters of a step leave at most."""
    if step.when or step.fans_out():
        return math.inf
    checks = (one for check in step.filters() for one in scene.expanded(check))
    return min((one.leaves() for one in checks), default=math.inf)

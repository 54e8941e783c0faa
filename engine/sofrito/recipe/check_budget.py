"""Whether a budget allows as many calls and tokens as the rows of a recipe need at the very least."""

import math
from collections.abc import Iterator

from sofrito.recipe.check_context import prompt_words
from sofrito.recipe.scene import Scene
from sofrito.recipe.verb import Verb


def check_budget(scene: Scene) -> None:
    """Warn of a budget that is reached before the rows are there, whatever the answers are."""
    recipe = scene.recipe
    whole = scene.all_steps_sound and scene.draft.sound("budget") and scene.draft.sound("rows")
    if not recipe.rows or not whole:
        return
    asked = list(_asked(scene, recipe.rows))
    calls = sum(number for _, number in asked)
    tokens = sum(number * (prompt_words(scene, step, {}) + 1) for step, number in asked)
    for key, least in (("calls", calls), ("tokens", tokens)):
        limit = getattr(recipe.budget, key)
        if limit is not None and limit < least:
            what = (
                f"{recipe.rows:,} rows need at least {least:,} {key}, and the budget has {limit:,}."
            )
            fewer = max(1, recipe.rows * limit // least)
            fix = f"Raise it well above {least:,}, or ask for fewer rows: about {fewer:,} at most."
            scene.problems.warn("SOF211", ("budget", key), what, fix)


def _asked(scene: Scene, rows: int) -> Iterator[tuple[Verb, int]]:
    """Yield the steps that ask a model, each with the least calls that so many rows need there.

    From the last step back: a row before a fan-out becomes as many rows as it can.
    """
    for _, step in reversed([*scene.steps()]):
        load = step.load()
        most = load.rows[1] if load.rows else rows
        rows = math.ceil(rows / max(1, most)) if step.fans_out() else rows
        if step.asks() is not None and load.calls and not step.when:
            yield step, rows * (min(load.calls, most) if step.fans_out() else 1)

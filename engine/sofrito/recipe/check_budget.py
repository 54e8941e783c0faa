"""Whether a budget allows one call, and as many calls and tokens as the rows need at the very least."""

import math
from collections.abc import Iterator

from sofrito.recipe.check_context import prompt_words
from sofrito.recipe.scene import Scene
from sofrito.recipe.verb import Verb


def check_budget(scene: Scene) -> None:
    """Warn of a budget that is reached before the rows are there, whatever the answers are."""
    recipe = scene.recipe
    whole = scene.all_steps_sound and scene.draft.sound("budget") and scene.draft.sound("rows")
    if not whole or _check_one_call(scene) or not recipe.rows:
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


def _check_one_call(scene: Scene) -> bool:
    """Note a limit on tokens that one answer may reach, so that nothing is asked; say if there is one."""
    limit = scene.recipe.budget.tokens
    if limit is None:
        return False
    for _, step in scene.steps():
        most = step.load().most_written or 0
        if step.asks() is not None and not step.when and most >= limit:
            what = (
                f"An answer of `{step.label}` may have {most:,} tokens, and the budget has {limit:,}: "
                "it is never asked."
            )
            fix = f"Raise the budget well above {most:,}, or lower `max_tokens`."
            scene.problems.add("SOF211", ("budget", "tokens"), what, fix)
            return True
    return False


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

"""Whether what models are set to suffices: cores for threads, prices for a budget."""

from sofrito.recipe.asked import models_asked
from sofrito.recipe.base import Key
from sofrito.recipe.check_context import EMBEDDED
from sofrito.recipe.machine import usable_cores
from sofrito.recipe.price_table import has_table, is_sold, price_of
from sofrito.recipe.scene import Scene


def check_limits(scene: Scene) -> None:
    """Check the models' numbers against what the steps ask and what this machine has."""
    for name, model in scene.recipe.models.items():
        path: Key = ("models", name, "threads")
        if scene.draft.sound("models", name) and model.backend in EMBEDDED:
            _threads(scene, path, model.threads)
    if scene.draft.whole("models") and scene.all_steps_sound:
        _prices(scene)


def _threads(scene: Scene, path: Key, threads: int) -> None:
    cores = usable_cores()
    if threads > cores:
        has = f"{cores} core{'s' * (cores != 1)}"
        what = (
            f"`threads` is {threads}, but this machine has {has}: more threads than idle cores are "
            "several times slower."
        )
        scene.problems.warn(
            "SOF214", path, what, "Leave it out: the cores that are idle are taken."
        )


def _prices(scene: Scene) -> None:
    """Note the models of which no price is known, where money is limited: no run of it would begin."""
    recipe = scene.recipe
    if recipe.budget.usd is None:
        return
    asked = {name: recipe.models[name] for name in models_asked(recipe) if name in recipe.models}
    sold = {name: one for name, one in asked.items() if is_sold(one) and one.base_url and one.model}
    unpriced = [name for name, one in sold.items() if not one.price and not price_of(one)]
    if unpriced:
        fix = "Add `price: {input: …, output: …}`, in dollars for a million tokens, to the model"
        what = "which the table of prices does not know"
        if not has_table():
            what = "and no table of prices is here"
            fix += ", or pip install 'sofrito[prices]'"
        names = " and ".join(f"`{name}` ({sold[name].model})" for name in unpriced)
        what = f"`budget.usd` needs the price of {names}, {what}."
        scene.problems.add("SOF214", ("budget", "usd"), what, f"{fix}.")

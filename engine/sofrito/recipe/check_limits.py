"""Whether what models are set to suffices: cores for threads, prices for a budget."""

from importlib.util import find_spec

from sofrito.recipe.asked import models_asked
from sofrito.recipe.base import Key
from sofrito.recipe.check_context import EMBEDDED
from sofrito.recipe.machine import on_this_machine, usable_cores
from sofrito.recipe.model import Model
from sofrito.recipe.scene import Scene
from sofrito.recipe.words import ticked

_PRICES = "genai_prices"


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
    """Warn where money is limited and a price cannot be known: there is none and no table of them."""
    recipe = scene.recipe
    if recipe.budget.usd is None or find_spec(_PRICES) is not None:
        return
    asked = (name for name in models_asked(recipe) if name in recipe.models)
    unpriced = [name for name in asked if _is_sold(recipe.models[name])]
    if unpriced:
        what = (
            f"`budget.usd` needs the price of {ticked(unpriced)}, and no table of prices is here."
        )
        fix = (
            "Add `price: {input: …, output: …}`, in dollars for a million tokens, to the model, or "
            "pip install 'sofrito[prices]'."
        )
        scene.problems.warn("SOF214", ("budget", "usd"), what, fix)


def _is_sold(model: Model) -> bool:
    served = model.backend == "openai" and not on_this_machine(model.base_url)
    return served and model.price is None

"""Whether the terms of the teachers allow that other models are trained on their answers."""

from pathlib import PurePath

from sofrito.recipe.asked import models_asked
from sofrito.recipe.model import Model
from sofrito.recipe.scene import Scene
from sofrito.recipe.terms import terms_of

_NAMING = ("model", "hub", "path", "base_url")


def check_terms(scene: Scene) -> None:
    """Note every model that is asked although its terms forbid it, unless the recipe accepts them."""
    if not scene.draft.whole("models"):
        return
    wrong = {f.path[:2] for f in scene.problems.found if f.problem.severity == "error"}
    for name in models_asked(scene.recipe):
        if ("models", name) in wrong:
            continue  # which model is meant shows when it is mended
        model = scene.recipe.models.get(name)
        if model is not None and model.terms is None and (key := _forbidden(model)):
            words = terms_of(None, _named(model, key)).words
            what = f"By the terms of `{name}`, as far as they are known, {words}."
            fix = (
                "Take another teacher; or, having read its terms, say why they allow it: "
                "`terms: {accepted-because: …}`."
            )
            scene.problems.add("SOF216", ("models", name, key), what, fix)


def _forbidden(model: Model) -> str:
    """Return the key by which a model is one whose terms forbid it, "" if none is."""
    if model.backend == "scripted":
        return ""
    found = (key for key in _NAMING if terms_of(None, _named(model, key)).verdict == "not allowed")
    return next(found, "")


def _named(model: Model, key: str) -> str:
    value = str(getattr(model, key))
    return PurePath(value).name if key == "path" else value

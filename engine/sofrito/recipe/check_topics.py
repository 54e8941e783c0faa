"""Axes that a model makes: the question, the model, and how many topics there would be."""

from sofrito.recipe.base import Key
from sofrito.recipe.model_rows import Topics
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Scene
from sofrito.recipe.value_types import Values

MOST = 100_000
"""Topics of the last level that one axis may have."""

_SEEN = ("subject", "level", "above", "width", "known")


def axis_records(scene: Scene) -> dict[str, frozenset[str]]:
    """Return the fields of the axes whose values are records."""
    axes = scene.recipe.axes.items()
    return {name: frozenset(axis.generate.levels) for name, axis in axes if axis.generate}


def axis_types(scene: Scene) -> dict[str, Values]:
    """Return what is known of the values of axes: texts, and which; records of texts if a model makes them."""
    axes = scene.recipe.axes.items()
    levels = [
        f"{name}.{level}" for name, one in axes if one.generate for level in one.generate.levels
    ]
    texts = {
        name: Values("text", tuple(scene.axes.get(name, ())))
        for name, axis in axes
        if (axis.values or axis.file) and scene.draft.sound("axes", name)
    }
    return {**texts, **dict.fromkeys(levels, Values("text"))}


def check_topics(scene: Scene, axis: Key, topics: Topics) -> None:
    """Check what a model is asked for an axis; ``axis`` is the axis's path."""
    path: Key = (*axis, "generate")
    many = topics.width ** len(topics.levels)
    if many > MOST:
        what = f"{topics.width} topics on each of {len(topics.levels)} levels make {many:,}."
        fix = f"At most {MOST:,}: lower `width`, or drop a level."
        scene.problems.add("SOF104", (*path, "width"), what, fix)
    if topics.prompt:
        names = Names(dict.fromkeys(_SEEN, "the axis"))
        scene.names.template(topics.prompt, (*path, "prompt"), names)
    _check_model(scene, path, topics.model)


def _check_model(scene: Scene, path: Key, model: str) -> None:
    if not scene.draft.whole("models"):
        return
    if model:
        scene.declared("models", model, (*path, "model"))
    elif not scene.recipe.model_for(""):
        what = "Which model makes the axis? None is called `teacher`."
        scene.problems.add("SOF203", path, what, "Say so: `model: NAME`.", at_key=True)

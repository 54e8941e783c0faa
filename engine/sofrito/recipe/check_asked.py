"""Whether the models that steps and filters ask are there, and can do what is asked of them."""

from collections.abc import Mapping, Sequence

from sofrito.recipe.base import Key, Need
from sofrito.recipe.entries import Check
from sofrito.recipe.model import UNDECLARED
from sofrito.recipe.scene import Scene
from sofrito.recipe.verb import Verb
from sofrito.recipe.words import either, ticked

_EMBEDDED: frozenset[Need] = frozenset(
    ("complete", "turn", "biased texts", "score", "weigh", "embed")
)
# What a backend can do at all. One that is not listed can do everything, as far as is known here;
# whether a certain model or server can, it says itself when it is asked.
_ABLE: Mapping[str, frozenset[Need]] = {
    "llama.cpp": _EMBEDDED,
    "transformers": _EMBEDDED,
    "openai": frozenset(("complete", "score", "weigh", "embed")),
    "wordllama": frozenset(("embed",)),
}
# What a server does call by call, and not by batch jobs.
_UNBATCHED: frozenset[Need] = frozenset(("score", "weigh"))
_WORDS: Mapping[Need, str] = {
    "complete": "writes",
    "turn": "writes the user's turn",
    "biased texts": "takes texts in `logit_bias`, not only the ids of tokens",
    "score": "tells how likely a text is",
    "weigh": "tells how probable answers are",
    "embed": "makes vectors of texts",
}

_BY_GRAMMAR = (
    "`backend: {backend}` holds answers to a schema by a grammar, and none can be made for {part}.",
    "A `pattern` begins with `^`, ends with `$`, and between them has letters, classes such as "
    "[0-9], groups and counts; or drop it here and keep rows by the filter `pattern`.",
)
# What a backend that makes answers up can say of a schema that it cannot answer to, and what to do.
_INEXPRESSIBLE: Mapping[str, tuple[str, str]] = {
    "scripted": (
        "`backend: scripted` makes up answers that fit the schema, and can make none up for {part}.",
        "Write it simpler: letters, classes such as [0-9], groups and counts; or drop it here and "
        "keep rows by the filter `pattern`.",
    )
}


def check_step_model(scene: Scene, path: Key, step: Verb) -> None:
    """Check the model that a step asks; ``path`` is the step's."""
    asked, others = step.asks(), step.also_asks()
    if not asked or asked not in others.values():
        at: Key = (*path, *(step.asks_at if asked else (step.verb,)))
        _check(scene, at, step.label, asked, step.needs())
    for key, other in others.items():
        where = (*path, *key) if other else (*path, *key[:-1])
        _check(scene, where, step.label, other, step.needs())
    _expressible(scene, path, step)


def check_filter_model(scene: Scene, path: Key, check: Check) -> None:
    """Check the model that a filter asks; ``path`` is the entry's, in a step or a named chain."""
    asked = check.asks()
    if asked is not None:
        where: Key = (*path, check.filter, *(("model",) if asked else ()))
        _check(scene, where, check.filter, asked, check.needs())


def _expressible(scene: Scene, path: Key, step: Verb) -> None:
    """Check that the answers of a step can be held to the schema that it asks for."""
    asked, schema = step.asks(), step.answer_schema()
    model = scene.recipe.models.get(scene.recipe.model_for(asked)) if asked is not None else None
    if schema is None or model is None or not scene.draft.whole("models"):
        return
    tell = scene.vocabulary.inexpressible.get(model.backend)
    if tell and (part := tell(schema)):
        what, fix = _INEXPRESSIBLE.get(model.backend, _BY_GRAMMAR)
        what = what.format(backend=model.backend, part=part)
        scene.problems.add("SOF215", (*path, "schema"), what, fix, at_key=True)


def _check(scene: Scene, where: Key, who: str, asked: str | None, needs: Sequence[Need]) -> None:
    recipe = scene.recipe
    if asked is None or not scene.draft.whole("models"):
        return
    name = recipe.model_for(asked)
    if asked and asked not in UNDECLARED and not scene.declared("models", asked, where):
        return
    if not recipe.models and asked not in UNDECLARED:
        what = f"`{who}` asks a model, and `models` is empty."
        fix = "Declare one: `models: {teacher: {model: local}}`."
        scene.problems.add("SOF203", where, what, fix, at_key=True)
    elif not name:
        what = f"Which model does `{who}` ask? None is called `teacher`."
        fix = f"Say so: `model: {next(iter(recipe.models))}`. There are {ticked(recipe.models)}."
        scene.problems.add("SOF203", where, what, fix, at_key=True)
    else:
        _able(scene, where, who, name, needs, at_key=not asked)


def _able(
    scene: Scene, where: Key, who: str, name: str, needs: Sequence[Need], *, at_key: bool
) -> None:
    model = scene.recipe.model(name)
    for need in needs:
        if need not in _ABLE.get(model.backend, (need,)):
            has = f"is of `backend: {model.backend}`"
            able = (one for one in scene.vocabulary.backends if need in _ABLE.get(one, (need,)))
            fix = f"Backends that can: {either(map('`{}`'.format, able), 'and')}."
        elif model.backend == "openai" and model.batch and need in _UNBATCHED:
            has, fix = "has `batch: true`", "Remove `batch: true` from it, or ask another model."
        else:
            continue
        what = f"`{who}` needs a model that {_WORDS[need]}, and `{name}` {has}."
        scene.problems.add("SOF215", where, what, fix, at_key=at_key)

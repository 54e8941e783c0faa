"""Whether prompts and answers fit into the context of the embedded models that are asked."""

from collections.abc import Mapping

from sofrito.problems import Severity
from sofrito.recipe.base import Key
from sofrito.recipe.prompt_size import PromptSize
from sofrito.recipe.scene import Scene
from sofrito.recipe.value_types import Values
from sofrito.recipe.verb import Verb

EMBEDDED = ("llama.cpp", "transformers")
_MOST = 8192
"""Tokens of context that an embedded model has at most where the recipe does not say."""

_TOGETHER = ("prompt", "system")


def check_context(
    scene: Scene,
    path: Key,
    step: Verb,
    longest: Mapping[str, int],
    values: Mapping[str, Values],
) -> None:
    """Note a step whose longest prompt, as far as it is known, and answer exceed the context.

    ``longest`` has the words of the longest value known of a column: the text of the templates alone
    makes an error, together with these a warning, for what is longest may never come this far. It is
    an error, too, if with the shortest of all ``values`` nothing fits.
    """
    asked = step.asks()
    model = scene.recipe.models.get(scene.recipe.model_for(asked)) if asked is not None else None
    if model is None or model.backend not in EMBEDDED or not scene.draft.whole("models"):
        return
    name, context = scene.recipe.model_for(asked or ""), model.context or _MOST
    answer = step.longest_answer() or 0
    sure = max(prompt_words(scene, step, {}), _shortest(scene, step, values))
    likely = prompt_words(scene, step, longest)
    if max(sure, likely) + answer <= context and not answer >= context:
        return
    at: Key = (*path, "sampling", "max_tokens")
    if scene.places.at(at) is None:
        at = (*path, "prompt") if scene.places.at((*path, "prompt")) is not None else path
    certain = answer >= context or sure + answer > context
    prompt = sure if certain else likely
    what = f"An answer of `max_tokens: {answer}` and its prompt" if answer else "The prompt"
    needs = f", of {prompt:,} word{'s' * (prompt != 1)} or more," if prompt else ""
    verb = "do" if answer else "does"
    given = f"`context: {context}`" if model.context else f"context of {context:,} tokens"
    what = f"{what}{needs} {verb} not fit into the {given} of `{name}`."
    if not certain:
        what = f"With the longest seeds: {what[0].lower()}{what[1:]}"
    fix = f"Raise `context`, or lower `max_tokens` to well below {context}."
    if prompt >= context // 2:
        fix = "Raise `context` as far as the model allows, or shorten the prompt."
    severity: Severity = "error" if certain else "warning"
    scene.problems.add("SOF217", at, what, fix, severity=severity)


def _shortest(scene: Scene, step: Verb, values: Mapping[str, Values]) -> int:
    """Return the words of a step's shortest prompt; 0 if not every row gets there."""
    if step.when:
        return 0
    sizes = {name: one.sizes().get("words", (0, 0)) for name, one in values.items()}
    shortest = {name: int(least) for name, (least, _) in sizes.items()}
    return prompt_words(scene, step, shortest, least=True)


def prompt_words(
    scene: Scene, step: Verb, longest: Mapping[str, int], *, least: bool = False
) -> int:
    """Return the words that a step's longest prompt has at least; ``longest`` are those of columns.

    With ``least``, of its shortest prompt: ``longest`` are then the shortest of columns.
    """
    shots = sum(
        min(
            draw.rows, (scene.pools[draw.pool].rows or draw.rows) if draw.pool in scene.pools else 0
        )
        for draw in step.draws().values()
        if not draw.grown and not draw.where
    )
    size = PromptSize(scene.sources, longest, shots, least)
    found = {key[0]: size.words(text) for key, text in step.templates().items()}
    together = sum(found.get(key, 0) for key in _TOGETHER)
    return max([together, *(words for key, words in found.items() if key not in _TOGETHER)])

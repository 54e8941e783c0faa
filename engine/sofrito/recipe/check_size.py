"""Filters that want texts longer or shorter than a column's can be."""

import math
from collections.abc import Iterator, Mapping

from sofrito.recipe.answer_size import enough_tokens, least_tokens
from sofrito.recipe.base import Check, Key
from sofrito.recipe.known import Known
from sofrito.recipe.scene import Scene
from sofrito.recipe.words import from_to

_MEASURES = ("words", "characters")
_RATIO = {"words": "a word is one token or two", "characters": "a token has about four characters"}

Bounds = Mapping[str, tuple[float, float]]


def check_size(
    scene: Scene, path: Key, check: Check, columns: tuple[str, ...], known: Known
) -> None:
    """Note a filter of lengths that the columns cannot have; ``path`` is its entry's.

    For their values are known, or the answer that they are of is bounded in tokens.
    """
    for column in columns:
        for measure, bounds in _measured(check):
            key = (*path, check.filter, measure)
            at = key if scene.places.at(key) is not None else path
            if found := _outside(column, measure, bounds, known) or _cut(
                column, measure, bounds[0], known
            ):
                scene.problems.add("SOF211", at, *found, at_key=at is path)
                break


def _measured(check: Check) -> Iterator[tuple[str, tuple[float, float]]]:
    bounds = check.bounds()
    return ((measure, bounds[measure]) for measure in _MEASURES if measure in bounds)


def _outside(
    column: str, measure: str, bounds: tuple[float, float], known: Known
) -> tuple[str, str] | None:
    """Return what is wrong with a length that no value of a column has, and what to do."""
    values = known.values.get(column)
    low, high = values.sizes().get(measure, (0, math.inf)) if values else (0, math.inf)
    least, most = bounds
    if (low <= most and high >= least) or (column in known.nulls and least <= 0):
        return None
    unit = measure[:-1] if low == high == 1 else measure
    what = (
        f"Nothing passes: `{column}` has {from_to(low, high)} {unit}, and must have "
        f"{from_to(least, most)} here."
    )
    return what, f"Change what passes here, or {known.makers.get(column, 'the column')}."


def _cut(column: str, measure: str, least: float, known: Known) -> tuple[str, str] | None:
    """Return what is wrong with a length for which an answer has too few tokens, and what to do."""
    tokens, step = known.answers.get(column, (math.inf, ""))
    if least_tokens(**{measure: least}) <= tokens:
        return None
    what = (
        f"Nothing passes: `{column}` must have {least:,.0f} {measure} or more, and its answer has at "
        f"most {tokens:,} tokens (`max_tokens`)."
    )
    enough = enough_tokens(**{measure: least})
    fix = (
        f"In the step `{step}` write `sampling: {{max_tokens: {enough}}}` or more ({_RATIO[measure]}); "
        f"or lower the least {measure}."
    )
    return what, fix

"""Filters that want texts longer or shorter than a column's can be."""

import math
from collections.abc import Iterable, Iterator, Mapping

from sofrito.recipe.answer_size import enough_tokens, least_tokens
from sofrito.recipe.base import Key
from sofrito.recipe.entries import Check
from sofrito.recipe.known import Known, Size
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
            found = _outside(column, measure, bounds, known)
            found = found or _cut(column, measure, bounds[0], known)
            if found := found or _filtered(column, measure, bounds, known):
                scene.problems.add("SOF211", at, *found, at_key=at is path)
                break


def learn_sizes(check: Check, columns: Iterable[str], step: str, known: Known) -> None:
    """Remember the lengths that a filter lets through, in a step that lets no other row through.

    A text has at least as many characters as words.
    """
    for column in columns:
        sizes = known.sizes.setdefault(column, {})
        for measure, (least, most) in _measured(check):
            _narrow(sizes, measure, Size(least, most, step))
            if measure == "words":
                _narrow(sizes, "characters", Size(least, math.inf, step))
            else:
                _narrow(sizes, "words", Size(0, most, step))


def _narrow(sizes: dict[str, Size], measure: str, found: Size) -> None:
    before = sizes.get(measure, Size(0, math.inf, found.step))
    if found.least > before.least or found.most < before.most:
        least, most = max(before.least, found.least), min(before.most, found.most)
        both = Size(least, most, found.step)
        sizes[measure] = both if least <= most else found  # where they differ it was told


def _filtered(
    column: str, measure: str, bounds: tuple[float, float], known: Known
) -> tuple[str, str] | None:
    """Return what is wrong with a length of which an earlier step lets nothing through."""
    before = known.sizes.get(column, {}).get(measure)
    if before is None or (bounds[0] <= before.most and bounds[1] >= before.least):
        return None
    what = (
        f"Nothing passes: `{column}` must have {from_to(*bounds)} {measure} here, and has "
        f"{from_to(before.least or -math.inf, before.most)} after the step `{before.step}`."
    )
    return what, "Loosen or remove one of the two."


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
    unit = measure[:-1] if least == 1 else measure
    what = (
        f"Nothing passes: `{column}` must have {least:,.0f} {unit} or more, and its answer has at "
        f"most {tokens:,} token{'s' * (tokens != 1)} (`max_tokens`)."
    )
    enough = enough_tokens(**{measure: least})
    fix = (
        f"In the step `{step}` write `sampling: {{max_tokens: {enough}}}` or more ({_RATIO[measure]}); "
        f"or lower the least {measure}."
    )
    return what, fix

"""A checked recipe's data with its parameters as literals in all its templates and expressions."""

from collections.abc import Iterator, Mapping
from typing import Any

from sofrito.recipe.base import Key
from sofrito.recipe.binding import bound_expression, bound_template
from sofrito.recipe.model import Recipe
from sofrito.recipe.overrides import replaced
from sofrito.recipe.sources import is_file
from sofrito.recipe.verb import Verb


def with_params(data: Any, recipe: Recipe, values: Mapping[str, Any]) -> Any:
    """Return a checked recipe's data with the parameters of all its texts as literals."""
    for path, text in expressions(recipe):
        data = _with(data, path, text, bound_expression(text, values))
    for path, text in _templates(recipe):
        data = _with(data, path, text, bound_template(text, values))
    return data


def expressions(recipe: Recipe) -> Iterator[tuple[Key, str]]:
    """Yield the expressions of a recipe with their paths; those that are not there may be empty."""
    yield ("cover", "exclude"), recipe.cover.exclude
    for index, step in enumerate(recipe.steps):
        yield from _expressions_of(("steps", index), step)
    for index, writer in enumerate(recipe.output.write):
        if writer.where:
            yield ("output", "write", index, writer.format, "where"), writer.where


def _expressions_of(path: Key, step: Verb) -> Iterator[tuple[Key, str]]:
    yield (*path, "when"), step.when
    yield (*path, "keep"), step.keep
    for key, source in step.expressions().items():
        yield (*path, *key), source
    for key, draw in step.draws().items():
        yield (*path, *key, "where"), draw.where


def _templates(recipe: Recipe) -> Iterator[tuple[Key, str]]:
    for index, step in enumerate(recipe.steps):
        for key, template in step.templates().items():
            if not is_file(template):
                yield ("steps", index, *key), template


def _with(data: Any, path: Key, old: str, new: str) -> Any:
    return data if new == old else replaced(data, path, new)

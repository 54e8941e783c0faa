"""Reads a recipe: a frozen model of it, or every problem that it has."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sofrito.problems import Problem, RecipeError, Span, Trouble
from sofrito.recipe.base import Key
from sofrito.recipe.bound_recipe import with_params
from sofrito.recipe.check_language import check_language, with_migrations
from sofrito.recipe.document import Document
from sofrito.recipe.draft import Draft, as_written, axis_texts, choice_texts, column_texts, draft
from sofrito.recipe.extends import load_extended
from sofrito.recipe.meaning import check_meaning
from sofrito.recipe.misspelt import as_meant
from sofrito.recipe.model import Recipe
from sofrito.recipe.overrides import overridden
from sofrito.recipe.params import resolved
from sofrito.recipe.places import Places, Problems, most_of
from sofrito.recipe.schema import schema_for
from sofrito.recipe.schema_models import Schema
from sofrito.recipe.structure import check_structure
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.shipped import shipped

_UNUSED = "SOF213"


@dataclass(frozen=True, slots=True)
class Read:
    """A recipe as read: the model, the file, what to warn of, its folder, and its parts' places.

    ``folders`` are its own and, behind it, those of the recipes that it extends: a file that the
    recipe names is the first of them that has it.
    """

    recipe: Recipe
    document: Document
    warnings: tuple[Problem, ...]
    folder: Path
    places: Places

    @property
    def folders(self) -> tuple[Path, ...]:
        """The recipe's folder, and those of the recipes that it extends, the nearest first."""
        return self.places.folders


def read_recipe(
    path: Path,
    vocabulary: Vocabulary,
    *,
    sets: Mapping[str, str] | None = None,
    allow_files: bool = False,
    environ: Mapping[str, str] | None = None,
    second_opinion: bool = False,
    here: bool = False,
) -> Read:
    """Read a recipe's file, or the folder that has it, and check all that can be checked now.

    What it extends is merged into it. Its parameters are literals in its templates and expressions,
    which name them as `params.NAME`; elsewhere their values stand where `${params.NAME}` did.
    ``sets`` override values by dotted paths (`models.teacher.path`), read as YAML. ``allow_files``
    lets the recipe read files outside of its folder. ``environ`` is the environment whose variables
    may be named. ``second_opinion`` lets jsonschema check the data too, which takes longer than all
    the rest together. ``here`` warns of what a run needs and this machine lacks. Raises
    :class:`RecipeError` with every problem found, errors and warnings.
    """
    merged, wrong = load_extended(path, vocabulary.verbs, allow_files=allow_files)
    merged, more = overridden(merged, sets or {}, vocabulary.verbs)
    wrong += more
    merged, misspelt = as_meant(merged, lambda: recipe_schema_for(vocabulary, merged.data))
    wrong += (one.problem for one in with_migrations(misspelt))
    params = resolved(merged)
    places = params.places
    problems = Problems(places)
    problems.found += params.found
    schema = recipe_schema_for(vocabulary, places.data)
    wrong += check_language(places)
    structure = with_migrations(check_structure(places, schema, vocabulary))
    problems.found += (one for one in structure if not params.hides(one))
    made = draft(problems, vocabulary)
    if second_opinion and not problems.found:
        from sofrito.recipe.second_opinion import check_by_jsonschema

        wrong += check_by_jsonschema(places, schema)
    if made is not None:
        around = os.environ if environ is None else environ
        check_meaning(
            made, problems, vocabulary, environ=around, allow_files=allow_files, here=here
        )
    all_ = _all(places, [*wrong, *(one.problem for one in problems.found)], _columns(made))
    if made is None or any(problem.severity == "error" for problem in all_):
        raise RecipeError(all_)
    recipe = made.recipe
    if params.values:
        data = with_params(as_written(places), recipe, params.values)
        recipe = Recipe.model_validate(data, context=vocabulary)
    return Read(recipe, places.document, tuple(all_), places.folder, places)


def _columns(made: Draft | None) -> frozenset[str]:
    """Return the columns that the axes and the steps of a recipe make."""
    if made is None:
        return frozenset()
    steps = (name for step in made.recipe.steps for name in (*step.makes(), *step.rewrites()))
    return frozenset((*made.recipe.axes, *steps))


def _all(places: Places, found: list[Problem], columns: frozenset[str]) -> list[Problem]:
    """Return all problems, in the order of the file.

    Left out are warnings of how YAML reads a value that is wrong as it is, or is taken as written,
    as the names of ``columns`` are, and of what a recipe that is extended declares and this one does
    not need.
    """
    warnings = [*places.document.warnings]
    if any(base.warnings for base in places.bases):
        live = {*_spans(places, places.data, ())}  # of what is not overridden
        warnings += [one for base in places.bases for one in base.warnings if one.where in live]
    settled = {one.where for one in found}
    if warnings:
        texts = (*axis_texts(places), *choice_texts(places), *column_texts(places, columns))
        settled |= {places.span(path) for path in texts}
    files = {base.path for base in places.bases}
    own = [one for one in found if not (one.code == _UNUSED and one.where.file in files)]
    all_ = most_of([*(one for one in warnings if one.where not in settled), *own])
    return sorted(all_, key=lambda one: (one.where, one.code))


def _spans(places: Places, value: Any, path: Key) -> Iterator[Span]:
    yield places.span(path)
    yield places.key_span(path)
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inner if isinstance(value, dict | list) else ():
        yield from _spans(places, one, (*path, key))


def recipe_schema_for(vocabulary: Vocabulary, data: Any) -> Schema:
    """Return the JSON Schema that a recipe's data is checked with.

    Of the words that installed packages bring, it knows those that stand in the data.
    """
    builtin = vocabulary.builtin or vocabulary
    try:
        schema = schema_for(builtin, shipped("schemas"))
    except Trouble:
        schema = schema_for(builtin, None)
    if vocabulary.builtin is None:
        return schema
    from sofrito.recipe.schema_plugins import with_plugins, words_in

    return with_plugins(schema, vocabulary, words_in(data))

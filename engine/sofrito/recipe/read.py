"""Reads a recipe: a frozen model of it, or every problem that it has."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sofrito.problems import Problem, RecipeError, Trouble
from sofrito.recipe.base import Vocabulary
from sofrito.recipe.document import Document, load_document
from sofrito.recipe.draft import axis_texts, choice_texts, draft
from sofrito.recipe.meaning import check_meaning
from sofrito.recipe.model import Recipe
from sofrito.recipe.overrides import overridden
from sofrito.recipe.places import MOST, Places, Problems
from sofrito.recipe.schema import schema_for
from sofrito.recipe.second_opinion import check_by_jsonschema
from sofrito.recipe.structure import check_structure
from sofrito.shipped import shipped


@dataclass(frozen=True, slots=True)
class Read:
    """A recipe as read: the model, the file with its places, what to warn of, and its folder."""

    recipe: Recipe
    document: Document
    warnings: tuple[Problem, ...]
    folder: Path


def read_recipe(
    path: Path,
    vocabulary: Vocabulary,
    *,
    sets: Mapping[str, str] | None = None,
    allow_files: bool = False,
    environ: Mapping[str, str] | None = None,
    second_opinion: bool = False,
) -> Read:
    """Read a recipe's file, or the folder that has it, and check all that can be checked now.

    ``sets`` override values by dotted paths (`models.teacher.path`), read as YAML. ``allow_files``
    lets the recipe read files outside of its folder. ``environ`` is the environment whose variables
    may be named. ``second_opinion`` lets jsonschema check the data too, which takes longer than all
    the rest together. Raises :class:`RecipeError` with every problem found, errors and warnings.
    """
    document = load_document(path)
    places, wrong = overridden(document, sets or {})
    problems = Problems(places)
    schema = schema_for(vocabulary, _schemas())
    problems.found += check_structure(places, schema, vocabulary)
    if second_opinion and not problems.found:
        wrong += check_by_jsonschema(places, schema)
    made = draft(problems, vocabulary)
    if made is not None:
        around = os.environ if environ is None else environ
        check_meaning(made, problems, vocabulary, environ=around, allow_files=allow_files)
    all_ = _all(places, [*wrong, *(one.problem for one in problems.found)])
    if made is None or any(problem.severity == "error" for problem in all_):
        raise RecipeError(all_)
    return Read(made.recipe, document, tuple(all_), places.folder)


def _all(places: Places, found: list[Problem]) -> list[Problem]:
    """Return all problems, in the order of the file.

    Left out are warnings of how YAML reads a value that is wrong as it is, or is taken as written.
    """
    settled = {problem.where for problem in found} | {
        places.span(path) for path in (*axis_texts(places), *choice_texts(places))
    }
    all_ = [*(one for one in places.document.warnings if one.where not in settled), *found]
    return sorted(all_[:MOST], key=lambda one: (one.where, one.code))


def _schemas() -> Path | None:
    try:
        return shipped("schemas")
    except Trouble:
        return None

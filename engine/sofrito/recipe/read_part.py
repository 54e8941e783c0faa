"""Reads a YAML file that is one model: a head, a gallery card."""

from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sofrito.problems import Problem, RecipeError
from sofrito.recipe.base import Part
from sofrito.recipe.document import Document
from sofrito.recipe.fault import CODES
from sofrito.recipe.places import Places, Problems
from sofrito.recipe.reference_examples import flow
from sofrito.recipe.schema import model_schema
from sofrito.recipe.structure import check_structure
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.recipe.words import label, sentence

P = TypeVar("P", bound=Part)


def read_part(document: Document, cls: type[P], title: str) -> P:
    """Return the model that a document is; raises :class:`RecipeError` with every problem.

    ``title`` is what such a document is called: "gallery card".
    """
    if not isinstance(document.data, dict):
        fix = f"Such as `{flow(cls.example)}`."
        what = f"The {title} is not a mapping of keys."
        raise RecipeError([Problem("SOF004", document.span(), what, fix)])
    problems = Problems(Places(document))
    problems.found += check_structure(
        problems.places, model_schema(cls, title), Vocabulary({}, {}, {})
    )
    if not problems.found:
        try:
            return cls.model_validate(document.data)
        except ValidationError as error:
            for one in error.errors():
                _note(problems, one)
    raise RecipeError(problems.told())


def _note(problems: Problems, error: ErrorDetails) -> None:
    loc, kind, context = error["loc"], error["type"], error.get("ctx", {})
    what = f"{sentence(label(loc))} cannot be this."
    fix = f"See its description in the schema of a {problems.places.document.path.name}."
    if "fix" in context:
        what, fix = f"{sentence(error['msg'])}.", context["fix"]
    problems.add(CODES.get(kind, "SOF104"), loc, what, fix)

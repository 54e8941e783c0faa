"""Files of principles: a list in YAML, below a head like those of templates."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ValidationError, model_validator

from sofrito.problems import Problem, RecipeError
from sofrito.recipe.base import Part
from sofrito.recipe.document import Document, parse_document
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import Name
from sofrito.recipe.heads import Head, read_head
from sofrito.recipe.places import Origin, Places, Problems
from sofrito.recipe.schema import model_schema
from sofrito.recipe.structure import check_structure
from sofrito.recipe.value_types import Values
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.recipe.words import sentence

_LIST = "principles"
_FIX = "Such as `- {name: candour, text: Says what is not known.}`, one for each line."


class Principle(Part):
    """What a good text keeps to."""

    example: ClassVar[Mapping[str, Any]] = {"name": "candour", "text": "Says what is not known."}

    name: Name
    """What the principle is called."""

    text: str = ""
    """The principle, in one or two sentences."""

    critique: str = ""
    """What the critic is asked, in place of `text`."""

    revision: str = ""
    """What the reviser is asked, in place of `text`."""

    @model_validator(mode="after")
    def _sensible(self) -> "Principle":
        if not self.text and not (self.critique and self.revision):
            what = f"the principle `{self.name}` needs `text`, or `critique` and `revision`"
            fix = "Add `text`: the principle in one or two sentences."
            raise fault("missing", what, fix)
        return self


def principle_values() -> Values:
    """Return what is known of a principle as templates see it."""
    return Values(
        "record", fields=dict.fromkeys(Principle.model_fields, Values("text")), whole=True
    )


class _Principles(Part):
    principles: tuple[Principle, ...]


def read_principles(path: Path, text: str) -> tuple[Principle, ...]:
    """Read a file of principles; raises :class:`RecipeError` with every problem, each at its place."""
    headed = read_head(path, text, Head)
    document = parse_document(path, "\n" * headed.offset + headed.body, mapping=False)
    if not isinstance(document.data, list) or not document.data:
        what = "A file of principles is a list of them."
        raise RecipeError([Problem("SOF004", document.span(), what, _FIX)])
    return _checked(document)


def _checked(document: Document) -> tuple[Principle, ...]:
    data = {_LIST: document.data}
    problems = Problems(Places(document, data, {(_LIST,): Origin(document)}))
    schema = model_schema(_Principles, "principles")
    problems.found += check_structure(problems.places, schema, Vocabulary({}, {}, {}))
    principles: tuple[Principle, ...] = ()
    if not problems.found:
        try:
            principles = _Principles.model_validate(data).principles
        except ValidationError as error:
            for one in error.errors():
                fix = one.get("ctx", {}).get("fix", "")
                problems.add("SOF212", one["loc"], f"{sentence(one['msg'])}.", fix)
    names = [one.name for one in principles]
    for at, name in enumerate(names):
        if name in names[:at]:
            what, fix = f"Two principles are called `{name}`.", "Rename one of them."
            problems.add("SOF206", (_LIST, at, "name"), what, fix)
    if problems.found:
        raise RecipeError(problems.told())
    return principles

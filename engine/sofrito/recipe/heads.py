"""Heads of template files: what an operator or a rubric says of itself, in YAML between two lines `---`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import Field, model_validator

from sofrito.problems import Problem, RecipeError, Span
from sofrito.recipe.base import Part
from sofrito.recipe.document import parse_document
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import Name
from sofrito.recipe.front_matter import LINE, head_end
from sofrito.recipe.read_part import read_part


class Head(Part):
    """What a template file says of itself."""

    name: Name = ""
    """What recipes call it; the file's name without its ending where nothing is said."""

    title: str = ""
    """What it does, in one line."""

    description: str = ""
    """More about it."""

    source: str = ""
    """Where it comes from: a paper, a page, a code base."""

    license: str = ""
    """The licence of the file, as an SPDX identifier."""


class OperatorHead(Head):
    """The head of an evolution operator: a template that turns a text into a harder or another one."""

    example: ClassVar[Mapping[str, Any]] = {"title": "Add a constraint", "kind": "depth"}

    kind: Literal["depth", "breadth", "code"] = "depth"
    """`depth` makes the same task harder, `breadth` makes another task of the same field, `code` \
makes a programming task harder."""

    weight: float = Field(default=1, gt=0)
    """How often it is drawn beside others, where a recipe gives no weight."""

    variables: tuple[Name, ...] = ()
    """The names that its template reads beside the text that it evolves: a recipe needs columns, \
axes or seed columns of these names."""


class Scale(Part):
    """The numbers that a verdict's score may be."""

    example: ClassVar[Mapping[str, Any]] = {"min": 1, "max": 5}

    min: float
    """The worst score."""

    max: float
    """The best score."""

    whole: bool = True
    """Whether a score is a whole number."""

    @model_validator(mode="after")
    def _ordered(self) -> "Scale":
        if self.min >= self.max:
            fix = f"Swap them: `{{min: {self.max:g}, max: {self.min:g}}}`."
            fix = (
                fix if self.min > self.max else "A scale has two ends: such as `{min: 1, max: 5}`."
            )
            raise fault("clash", "the scale's `min` must be below its `max`", fix)
        return self


class Aspect(Part):
    """One thing that a judge looks at."""

    example: ClassVar[Mapping[str, Any]] = {"name": "honesty", "text": "Says what is not known."}

    name: Name
    """What the aspect is called; a verdict has a score by this name."""

    text: str = Field(min_length=1)
    """What a good answer is in this aspect, in words for the judge."""

    weight: float = Field(default=1, gt=0)
    """How much its score counts in the score of the whole."""


class RubricHead(Head):
    """The head of a rubric: what a judge looks at, and what its verdict looks like."""

    example: ClassVar[Mapping[str, Any]] = {"scale": {"min": 1, "max": 5}}

    scale: Scale | None = None
    """The numbers that a score may be. A rubric has a scale or labels."""

    labels: tuple[str, ...] = Field(default=(), json_schema_extra={"uniqueItems": True})
    """The words that a verdict may be, the worst first, in place of a scale."""

    aspects: tuple[Aspect, ...] = ()
    """What the judge looks at one by one; without aspects there is one score or label."""

    verdict: dict[Name, Literal["string", "integer", "number", "boolean"]] = {}
    """What the judge answers beside scores and labels, as fields with their types, such as \
`{reason: string}`. A reason is asked for before the score."""

    @model_validator(mode="after")
    def _sensible(self) -> "RubricHead":
        if self.scale and self.labels:
            fix = "Keep `scale` for numbers, or `labels` for words."
            raise fault("clash", "a rubric has a `scale` or `labels`, not both", fix)
        if len(self.labels) == 1:
            fix = f"Add what else a verdict may be, the worst first: `[…, {self.labels[0]}]`."
            raise fault("clash", "one label is no choice: `labels` needs two or more", fix)
        names = [aspect.name for aspect in self.aspects]
        twice = next((name for name in names if names.count(name) > 1), "")
        if twice:
            raise fault("clash", f"two aspects are called `{twice}`", "Rename one of them.")
        return self


H = TypeVar("H", bound=Head)


@dataclass(frozen=True, slots=True)
class Headed(Generic[H]):
    """A template file: its head, and its template, which begins after ``offset`` lines of the file."""

    head: H
    body: str
    offset: int


def read_head(path: Path, text: str, kind: type[H]) -> Headed[H]:
    """Read the head of a template file's text; without one, all is template and the head is empty.

    A head begins with `---` as the file's first line and ends with the next line `---`. Its name is
    the file's where it gives none. Raises :class:`RecipeError` with every problem of the head, each
    at its place in the file.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    end = head_end(text)
    if end == 0:
        return Headed(_named(kind(), path), text, 0)
    if end is None:
        fix = "End the head with a line `---`, or begin the template with another line."
        what = "The head that begins here has no end."
        raise RecipeError([Problem("SOF002", Span(path, length=len(LINE)), what, fix)])
    lines = text.split("\n")
    # An empty line in place of the first, so that the lines are those of the file.
    document = parse_document(path, "\n".join(["", *lines[1 : end - 1]]), mapping=False)
    head = kind() if document.data is None else read_part(document, kind, "head")
    return Headed(_named(head, path), "\n".join(lines[end:]), end)


def _named(head: H, path: Path) -> H:
    return head if head.name else head.model_copy(update={"name": path.name.partition(".")[0]})

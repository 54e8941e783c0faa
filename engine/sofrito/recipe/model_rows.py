"""What the rows of a recipe start from and spread over: seed pools, axes, trees of topics."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from sofrito.recipe.base import Part
from sofrito.recipe.field_types import NAME, Name

COLUMN_TYPE = r"^(string|integer|number|boolean|list|object|any)\??$"


class Seeds(Part):
    """A pool of rows that steps draw from or start with: a file, files, or rows written here."""

    example: ClassVar[Mapping[str, Any]] = {"file": "seeds/tasks.jsonl"}

    file: str = ""
    """One file: .jsonl, .json, .csv, .tsv, .parquet, .txt (a row a line), or a document (one row). In a .txt \
file a # begins no comment."""

    files: str = ""
    """A pattern of files below the recipe's folder, such as documents/**. A document (.pdf, .docx, \
.html, .md, .txt) is a row: `text`, with headings as Markdown has them, `file`, `title`; of a PDF \
also `pages`, a list: at which character of the `text` each page begins, and the \
last one ends. Of Markdown, the front matter is left out, but for the title. \
PDF, Word and HTML need the extra `documents`. Files of other kinds, and empty ones, are left out \
with a warning."""

    rows: tuple[dict[str, Any], ...] = ()
    """The rows themselves."""

    columns: dict[Name, Annotated[str, Field(pattern=COLUMN_TYPE)]] = {}
    """Columns that every row must have, with their types: string, integer, number, boolean, list, \
object, any; a `?` behind the type allows null."""


def _texts(value: Any) -> Any:
    return {str(v): 1 for v in value} if isinstance(value, list | tuple) else value


class Topics(Part):
    """A tree of topics that a model makes from a few words, level by level.

    It is made before the first row and kept as a file beside the runs, which you may edit: what
    stands there is used. A value of the axis is a record with a topic of each level.
    """

    example: ClassVar[Mapping[str, Any]] = {
        "from": "school physics",
        "levels": ["field", "topic"],
        "width": 6,
    }

    from_: Annotated[str, Field(alias="from", pattern=r"\S")]
    """What it is about, in a few words."""

    levels: Annotated[
        tuple[Name, ...],
        Field(min_length=1),
        WithJsonSchema(
            {
                "type": "array",
                "items": {"type": "string", "pattern": NAME},
                "minItems": 1,
                "uniqueItems": True,
            }
        ),
    ]
    """What the topics of each level are called, from the widest to the narrowest: `{{ topic.field }}`."""

    width: int = Field(default=6, ge=1, le=100)
    """Topics to ask for below each topic; equal and nearly equal ones below the same one count once."""

    model: str = ""
    """Which of the recipe's models is asked."""

    prompt: str = ""
    """The question for the topics below one, a template; it sees `subject` (the text of `from`), `level`, \
`above` (the topics above, a list), `width` and `known` (topics that are there already). One of \
Sofrito's own if empty."""


class Axis(Part):
    """A dimension along which the rows are spread."""

    example: ClassVar[Mapping[str, Any]] = {"values": ["plain", "playful"]}

    values: Annotated[
        dict[str, float],
        BeforeValidator(_texts),
        WithJsonSchema(
            {
                "type": ["array", "object"],
                "items": {"type": ["string", "number", "boolean"]},
                "minItems": 1,
                "minProperties": 1,
                "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
            }
        ),
    ] = {}
    """The values: a list, or a mapping from value to weight. They are texts, taken as written."""

    file: str = ""
    """A text file with a value a line, without the space around it. Blank lines are left out; a # begins no \
comment."""

    generate: Topics | None = None
    """Topics that a model makes."""


EACH_ONCE = ("full", "pairwise")
"""Designs that say by themselves which combinations there are, and need no number of rows."""


class Cover(Part):
    """How the axes' values are combined into cells."""

    design: Literal["weighted", "full", "balanced", "pairwise"] = "weighted"
    """`weighted`: every combination, by the product of the weights. `full`: every combination alike. \
`balanced`: each axis by its weights, in as many cells as there are rows. `pairwise`: the fewest \
cells in which every pair of values meets."""

    exclude: str = ""
    """An expression over the axes; combinations for which it is true are left out."""

"""What a recipe says of its dataset: formats, order, splits, a sample to review, real rows among it."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from sofrito.recipe.base import Part
from sofrito.recipe.entries import Writer
from sofrito.recipe.field_types import FIELD, NAME, Fields, Name
from sofrito.recipe.vocabulary import parse_writer

Formats = tuple[Annotated[Writer, BeforeValidator(parse_writer)], ...]

_GROUP_BY = {
    "description": "Rows with an equal value in this column, or field of a record, stay in one split.",
    "type": "string",
    "pattern": FIELD,
}


class Order(Part):
    """The order of the rows in the dataset; without one, that in which they were numbered."""

    example: ClassVar[Mapping[str, Any]] = {"by": ["difficulty"], "after": "needs"}

    by: Fields = ()
    """Columns or fields of records (`verdict.score`), the first one first. An axis goes by the order \
of its values, numbers by their size, texts by the alphabet; rows without a value come last."""

    after: str = Field(default="", pattern=rf"^$|{NAME}")
    """A column with the names of what must come before the row: a name, or a list. Rows keep their \
order where it allows that; a circle is told, and broken at its first row."""

    of: str = Field(default="", pattern=rf"^$|{NAME}")
    """The column that those names are of; the first one of the step that makes `after`, where \
nothing is said. A name means the rows of the same candidate, if one of them has it."""


class Review(Part):
    """A sample of the rows that were made, for an expert to look at.

    `review.csv` and `review.jsonl` lie beside the dataset, with a `verdict` (`ok` or another word)
    and a `note` to fill in, in one of them. What is filled in stays there, and the card counts it.
    `sofrito show RUN ROW` tells the story of a row; ROW as it is called there, such as '#12.0'.
    """

    example: ClassVar[Mapping[str, Any]] = {"sample": 59, "show": ["question", "answer"]}

    sample: int = Field(default=59, ge=1)
    """Rows to draw. 59 without a defect show, with 95 % confidence, that at most 5 % of all rows have \
one; 299 that at most 1 % have."""

    show: Fields = ()
    """The columns, or fields of records, to show; all columns where nothing is said."""


class Mix(Part):
    """Real rows that are written among those that were made."""

    example: ClassVar[Mapping[str, Any]] = {
        "real": "tasks",
        "share": 0.3,
        "columns": {"answer": "gold"},
    }

    real: Name
    """The seed pool of the real rows; drawn by the recipe's seed, none twice."""

    share: float = Field(gt=0, lt=1)
    """The share of all rows that are real."""

    columns: dict[Name, Name] = {}
    """The pool's columns by the names that they have in the dataset, where these differ: with \
`{answer: gold}` the column `answer` has what the pool has as `gold`."""


class Output(Part):
    """What is written when the rows are there."""

    write: Formats = Field(min_length=1)
    """The formats; each becomes a folder of the dataset."""

    order: Annotated[
        Order | Literal["shuffle"],
        WithJsonSchema(
            {
                "type": ["string", "object"],
                "if": {"type": "object"},
                "then": {"$ref": "#/$defs/Order"},
                "else": {"enum": ["shuffle"]},
            }
        ),
    ] = Order()
    """The order of the rows: `shuffle`, or by what and after what they come."""

    review: Review | None = None
    """A sample of the rows for an expert."""

    mix: Mix | None = None
    """Real rows among those that were made."""

    splits: Annotated[
        dict[str, Any],
        WithJsonSchema(
            {
                "type": "object",
                "properties": {"group_by": _GROUP_BY},
                "propertyNames": {"pattern": NAME},
                "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1},
            }
        ),
    ] = {}
    """Splits and their shares, `{train: 0.95, test: 0.05}`; `group_by: COLUMN` keeps equal values together, \
also those of a field (`topic.field`), and a row where it is null stands for itself."""

    files: Annotated[tuple[Literal["parquet", "jsonl"], ...], Field(min_length=1)] = ("parquet",)
    """The kinds of files to write."""

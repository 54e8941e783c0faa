"""The base of every output format's class: what a row becomes, and the types of its fields."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, TypeAlias

import orjson
from pydantic import Field

from sofrito.recipe.entries import Writer
from sofrito.recipe.expressions import ExpressionError, expression
from sofrito.recipe.field_types import FIELD

Values = Mapping[str, Any]
Column = Annotated[str, Field(pattern=FIELD)]
"""A column, or a field of a record."""

Type: TypeAlias = "str | list[Type] | dict[str, Type]"
"""A field's type: `string`, `integer`, `number`, `boolean`, `json` (a text that holds JSON), `any` \
(likewise, marked so that what reads the Parquet file gives the value back), `int32` and `float16` for \
numbers in bulk, `[type]` for a list, a mapping for an object; every value may be null."""


class Unfit(Exception):
    """A row cannot be written in a format; ``words`` say why and are the same for all such rows."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


class Format(Writer):
    """An output format that can write."""

    format: ClassVar[str] = ""

    def takes(self, values: Values) -> bool:
        """Say whether `where` lets a row in; raises ExpressionError."""
        return not self.where or expression(self.where).truth(values)

    def written(self, values: Values) -> Sequence[dict[str, Any]]:
        """Return all that a row becomes, nothing where `where` leaves it out; raises :class:`Unfit`."""
        try:
            taken = self.takes(values)
        except ExpressionError as error:
            raise Unfit(f"`where: {self.where}` fails: {error.words}") from error
        return self.records(values) if taken else []

    def shape(self) -> dict[str, Type] | None:
        """Return a record's fields with their types, in order; None leaves them to the rows."""
        raise NotImplementedError

    def record(self, values: Values) -> dict[str, Any]:
        """Return what a row becomes, with the fields of :meth:`shape`; raises :class:`Unfit`."""
        raise NotImplementedError

    def records(self, values: Values) -> Sequence[dict[str, Any]]:
        """Return all that a row becomes: one record, unless the format says otherwise."""
        return [self.record(values)]


def value_of(values: Values, path: str) -> Any:
    """Return a column, or a field of a record (`verdict.score`); None where there is none."""
    value: Any = values
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def text_of(values: Values, column: str) -> str:
    """Return a column's value as text: a string as it is, anything else as JSON.

    Raises :class:`Unfit` for a null, which no trainer can learn from.
    """
    value = value_of(values, column)
    if value is None:
        raise Unfit(f"`{column}` is null")
    return value if isinstance(value, str) else orjson.dumps(value).decode()

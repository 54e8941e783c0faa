"""Writes instructions with an input and an output."""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from sofrito.formats.base import Column, Format, Type, Values, text_of, value_of
from sofrito.recipe.field_types import FIELD

_NONE_OR_FIELD = rf"^$|{FIELD}"


class Alpaca(Format):
    """Writes `{"instruction": ..., "input": ..., "output": ...}`, the form of the Alpaca data set.

    An input that is null is written as an empty text, which is how the form says "no input". So is
    that of all rows where nothing makes a column `input`, and no other is named.
    """

    format: ClassVar[str] = "alpaca"
    apart: ClassVar[tuple[str, ...]] = ("instruction", "input", "output")
    answers: ClassVar[tuple[tuple[str, str], ...]] = (
        ("output", "instruction"),
        ("output", "input"),
    )

    instruction: Column = "instruction"
    """The column with the instruction."""

    input: Annotated[
        str,
        Field(pattern=_NONE_OR_FIELD),
        BeforeValidator(lambda value: "" if value is None else value),
        WithJsonSchema(
            {"type": ["string", "null"], "pattern": _NONE_OR_FIELD, "examples": ["input", None]}
        ),
    ] = "input"
    """The column with the input; null for none."""

    output: Column = "output"
    """The column with the output."""

    def uses(self) -> tuple[str, ...]:
        """The three columns, or two."""
        return tuple(filter(None, (self.instruction, self.input, self.output)))

    def texts(self) -> tuple[str, ...]:
        """All of them."""
        return self.uses()

    def needs_values(self) -> tuple[str, ...]:
        """All but the input."""
        return (self.instruction, self.output)

    def optional(self) -> tuple[str, ...]:
        """The input, unless its column is named."""
        return () if "input" in self.model_fields_set else (self.input,)

    def shape(self) -> dict[str, Type]:
        """Three texts."""
        return {"instruction": "string", "input": "string", "output": "string"}

    def record(self, values: Values) -> dict[str, Any]:
        """Return the row's three texts."""
        given = "" if value_of(values, self.input) is None else text_of(values, self.input)
        return {
            "instruction": text_of(values, self.instruction),
            "input": given,
            "output": text_of(values, self.output),
        }

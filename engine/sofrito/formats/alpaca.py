"""Writes instructions with an input and an output."""

from typing import Any, ClassVar

from sofrito.formats.base import Column, Format, Type, Values, text_of, value_of


class Alpaca(Format):
    """Writes `{"instruction": ..., "input": ..., "output": ...}`, the form of the Alpaca data set.

    An input that is null is written as an empty text, which is how the form says "no input".
    """

    format: ClassVar[str] = "alpaca"
    apart: ClassVar[tuple[str, ...]] = ("instruction", "input", "output")

    instruction: Column = "instruction"
    """The column with the instruction."""

    input: Column = "input"
    """The column with the input."""

    output: Column = "output"
    """The column with the output."""

    def uses(self) -> tuple[str, ...]:
        """The three columns."""
        return (self.instruction, self.input, self.output)

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

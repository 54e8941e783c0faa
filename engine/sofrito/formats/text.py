"""Writes plain texts."""

from typing import Any, ClassVar

from sofrito.formats.base import Column, Format, Type, Values, text_of


class Text(Format):
    """Writes `{"text": ...}`, for continued pretraining."""

    format: ClassVar[str] = "text"
    shorthand: ClassVar[str] = "text"

    text: Column = "text"
    """The column with the text."""

    def uses(self) -> tuple[str, ...]:
        """The column."""
        return (self.text,)

    def texts(self) -> tuple[str, ...]:
        """That column."""
        return self.uses()

    def needs_values(self) -> tuple[str, ...]:
        """That column."""
        return self.uses()

    def shape(self) -> dict[str, Type]:
        """One text."""
        return {"text": "string"}

    def record(self, values: Values) -> dict[str, Any]:
        """Return the row's text."""
        return {"text": text_of(values, self.text)}

"""Writes conversations as one text with ChatML's marks."""

from typing import Any, ClassVar

from sofrito.formats.base import Column, Format, Type, Values, text_of


class Chatml(Format):
    """Writes `{"text": ...}`: a prompt and its completion between ChatML's marks."""

    format: ClassVar[str] = "chatml"

    prompt: Column = "instruction"
    """The column with the user's turn."""

    completion: Column = "response"
    """The column with the assistant's turn."""

    def uses(self) -> tuple[str, ...]:
        """Both columns."""
        return (self.prompt, self.completion)

    def shape(self) -> dict[str, Type]:
        """One text."""
        return {"text": "string"}

    def record(self, values: Values) -> dict[str, Any]:
        """Return the row's text."""
        turns = {"user": self.prompt, "assistant": self.completion}
        said = (f"<|im_start|>{who}\n{text_of(values, c)}<|im_end|>\n" for who, c in turns.items())
        return {"text": "".join(said)}

"""Writes preference pairs."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from sofrito.formats.base import Column, Format, Type, Values, text_of
from sofrito.formats.messages import MESSAGES, conversational, conversational_columns
from sofrito.recipe.value_types import Listed


class Dpo(Format):
    """Writes `{"prompt": ..., "chosen": ..., "rejected": ...}`, as DPO trainers take it."""

    format: ClassVar[str] = "dpo"
    apart: ClassVar[tuple[str, ...]] = ("prompt", "chosen", "rejected")
    answers: ClassVar[tuple[tuple[str, str], ...]] = (("chosen", "prompt"),)

    prompt: Annotated[Column, Field(min_length=1)] = "prompt"
    """The column with the prompt."""

    chosen: Column = "chosen"
    """The column with the better answer."""

    rejected: Column = "rejected"
    """The column with the worse answer."""

    chat: bool = False
    """Whether the three are written as lists of messages with `role` and `content`."""

    def uses(self) -> tuple[str, ...]:
        """The three columns."""
        return (self.prompt, self.chosen, self.rejected)

    def texts(self) -> tuple[str, ...]:
        """All of them."""
        return self.uses()

    def needs_values(self) -> tuple[str, ...]:
        """All of them."""
        return self.uses()

    def lists(self) -> dict[str, Listed]:
        """With `chat`, lists are of messages."""
        return conversational_columns(self.uses()) if self.chat else {}

    def shape(self) -> dict[str, Type]:
        """Three texts, or three conversations."""
        return dict.fromkeys(("prompt", "chosen", "rejected"), MESSAGES if self.chat else "string")

    def record(self, values: Values) -> dict[str, Any]:
        """Return the row's pair."""
        if not self.chat:
            names = ("prompt", "chosen", "rejected")
            return {name: text_of(values, getattr(self, name)) for name in names}
        return {
            "prompt": conversational(values, self.prompt, "user"),
            "chosen": conversational(values, self.chosen, "assistant"),
            "rejected": conversational(values, self.rejected, "assistant"),
        }


class Orpo(Dpo):
    """Writes `{"prompt": ..., "chosen": ..., "rejected": ...}`, as ORPO trainers take it."""

    format: ClassVar[str] = "orpo"

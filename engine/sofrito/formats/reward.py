"""Writes pairs for reward models."""

from typing import Any, ClassVar

from sofrito.formats.base import Column, Format, Type, Values, text_of
from sofrito.formats.messages import MESSAGES, conversational, conversational_columns
from sofrito.recipe.value_types import Listed


class Reward(Format):
    """Writes `{"chosen": ..., "rejected": ...}`, as reward trainers take it.

    With a prompt each of the two is a conversation that begins with it.
    """

    format: ClassVar[str] = "reward"
    apart: ClassVar[tuple[str, ...]] = ("prompt", "chosen", "rejected")
    answers: ClassVar[tuple[tuple[str, str], ...]] = (("chosen", "prompt"),)

    prompt: Column = ""
    """The column with the prompt, if the two answers are answers to one."""

    chosen: Column = "chosen"
    """The column with the better answer."""

    rejected: Column = "rejected"
    """The column with the worse answer."""

    def uses(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(filter(None, (self.prompt, self.chosen, self.rejected)))

    def texts(self) -> tuple[str, ...]:
        """All of them."""
        return self.uses()

    def needs_values(self) -> tuple[str, ...]:
        """All of them."""
        return self.uses()

    def lists(self) -> dict[str, Listed]:
        """With a prompt, lists are of messages."""
        return conversational_columns(self.uses()) if self.prompt else {}

    def shape(self) -> dict[str, Type]:
        """Two texts, or two conversations."""
        return dict.fromkeys(("chosen", "rejected"), MESSAGES if self.prompt else "string")

    def record(self, values: Values) -> dict[str, Any]:
        """Return the row's pair."""
        if not self.prompt:
            return {name: text_of(values, getattr(self, name)) for name in ("chosen", "rejected")}
        asked = conversational(values, self.prompt, "user")
        return {
            name: [*asked, *conversational(values, getattr(self, name), "assistant")]
            for name in ("chosen", "rejected")
        }

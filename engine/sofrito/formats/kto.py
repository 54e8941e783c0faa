"""Writes answers that are labelled good or bad."""

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import model_validator

from sofrito.formats.base import Column, Format, Type, Unfit, Values, text_of, value_of
from sofrito.formats.messages import MESSAGES, conversational, conversational_columns
from sofrito.recipe.fault import fault
from sofrito.recipe.value_types import Listed, ValueType


class Kto(Format):
    """Writes `{"prompt": ..., "completion": ..., "label": true or false}`, as KTO trainers take it.

    Either of a pair, which makes two records with the row's id in both, or of an answer and a column
    that says whether it is good.
    """

    format: ClassVar[str] = "kto"
    apart: ClassVar[tuple[str, ...]] = ("prompt", "completion", "label", "chosen", "rejected")
    answers: ClassVar[tuple[tuple[str, str], ...]] = (("completion", "prompt"),)

    prompt: Column = "prompt"
    """The column with the prompt."""

    completion: Column = ""
    """The column with the answer, where `label` tells what it is worth."""

    label: Column = ""
    """The column that is true for a good answer and false for a bad one."""

    chosen: Column = ""
    """The column with the good answer of a pair; `chosen` if there is no `completion`."""

    rejected: Column = ""
    """The column with the bad answer of a pair; `rejected` if there is no `completion`."""

    chat: bool = False
    """Whether prompt and completion are written as lists of messages with `role` and `content`."""

    @model_validator(mode="after")
    def _one_source(self) -> "Kto":
        if bool(self.completion) != bool(self.label):
            fix = "Such as `kto: {completion: answer, label: good}`, where `good` is true or false."
            raise fault("missing", "`kto` needs `completion` and `label` together", fix)
        if self.completion and (self.chosen or self.rejected):
            what = "`kto` takes either `completion` and `label` or a pair, not both"
            raise fault("clash", what, "Remove `chosen` and `rejected`, or the other two.")
        return self

    @property
    def _pair(self) -> tuple[str, str]:
        return self.chosen or "chosen", self.rejected or "rejected"

    def uses(self) -> tuple[str, ...]:
        """The prompt, and the answer with its label or the pair."""
        return (*self.texts(), *((self.label,) if self.completion else ()))

    def texts(self) -> tuple[str, ...]:
        """The prompt, and the answer or the pair."""
        return (self.prompt, *((self.completion,) if self.completion else self._pair))

    def needs_values(self) -> tuple[str, ...]:
        """All of them."""
        return self.uses()

    def wants(self) -> dict[str, ValueType]:
        """The label, where there is one, is true or false."""
        return {self.label: "boolean"} if self.label else {}

    def lists(self) -> dict[str, Listed]:
        """With `chat`, lists are of messages."""
        return conversational_columns(self.texts()) if self.chat else {}

    def shape(self) -> dict[str, Type]:
        """Two texts or conversations, and the label."""
        text: Type = MESSAGES if self.chat else "string"
        return {"prompt": text, "completion": text, "label": "boolean"}

    def records(self, values: Values) -> Sequence[dict[str, Any]]:
        """Return the row's answer, or the good and the bad one of its pair."""
        if not self.completion:
            chosen, rejected = self._pair
            return [
                self._record(values, chosen, label=True),
                self._record(values, rejected, label=False),
            ]
        label = value_of(values, self.label)
        if not isinstance(label, bool):
            raise Unfit(f"`{self.label}` is neither true nor false")
        return [self._record(values, self.completion, label=label)]

    def _record(self, values: Values, column: str, *, label: bool) -> dict[str, Any]:
        if self.chat:
            prompt: Any = conversational(values, self.prompt, "user")
            completion: Any = conversational(values, column, "assistant")
        else:
            prompt, completion = text_of(values, self.prompt), text_of(values, column)
        return {"prompt": prompt, "completion": completion, "label": label}

"""Writes conversations with the soft labels of the answers, for a student to learn from."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeGuard

from pydantic import model_validator

from sofrito.formats.base import Column, Format, Type, Unfit, Values, text_of, value_of
from sofrito.formats.messages import conversation
from sofrito.recipe.fault import fault

_ENDING = "_soft"
_SOFT: dict[str, Type] = {
    "token_ids": [["int32"]],
    "logprobs": [["float16"]],
    "written": ["int32"],
    "written_logprobs": ["float16"],
    "tokenizer": "string",
    "texts": [["string"]],
    "written_texts": ["string"],
}


class Distill(Format):
    """Writes an answer with what the teacher found likely at each of its tokens.

    The fields are `messages` (or, with `chat: false`, `prompt` and `completion`) and, of the record
    that `soft_labels` made: `written`, the ids of the answer's tokens, the last of them the one that
    ended it where the model itself ended it; `written_logprobs`, their natural log-probabilities;
    `token_ids` and `logprobs`, at each token the likeliest ones; `tokenizer`, a fingerprint of the
    vocabulary that the ids belong to. A server tells texts in place of ids: `texts` and
    `written_texts`; where it told fewer tokens than were asked for, the rest are empty texts at -65504,
    which stands for minus infinity. In Parquet ids are int32 and log-probabilities float16.

    The labels hold for the prompt that the teacher saw: let it be the column written here, and no
    more. docs/distillation.md shows how to load and use them.
    """

    format: ClassVar[str] = "distill"
    answers: ClassVar[tuple[tuple[str, str], ...]] = (("completion", "prompt"),)

    prompt: Column
    """The column that becomes the user's message."""

    completion: Column
    """The column that becomes the assistant's message."""

    system: Column = ""
    """The column that becomes the system's message; none is written where it is null or empty."""

    soft: Column = ""
    """The column with the soft labels; `<completion>_soft` if not given."""

    chat: bool = True
    """Whether to write `messages`, or the two texts `prompt` and `completion`, as is right for an \
answer made with `raw: true`."""

    @model_validator(mode="after")
    def _sensible(self) -> "Distill":
        if self.system and not self.chat:
            raise fault("clash", "`chat: false` writes no `system`", "Remove one of the two.")
        return self

    def uses(self) -> tuple[str, ...]:
        """The texts' columns and that of the soft labels."""
        return tuple(filter(None, (self.system, self.prompt, self.completion, self._labels)))

    def texts(self) -> tuple[str, ...]:
        """All but the soft labels."""
        return tuple(filter(None, (self.system, self.prompt, self.completion)))

    def needs_values(self) -> tuple[str, ...]:
        """All but the system's message."""
        return (self.prompt, self.completion, self._labels)

    def holds_for(self) -> Mapping[str, str]:
        """The soft labels are those of the answer as it was written."""
        return {self._labels: self.completion}

    def remedies(self) -> Mapping[str, str]:
        """Soft labels are made by an option of the step."""
        if self.soft:
            return {}
        fix = f"Add `soft_labels: 20` to the step that generates `{self.completion}`."
        return {self._labels: fix}

    @property
    def _labels(self) -> str:
        return self.soft or f"{self.completion}{_ENDING}"

    def shape(self) -> dict[str, Type]:
        """The texts, then the labels."""
        if self.chat:
            return {"messages": [{"role": "string", "content": "string"}], **_SOFT}
        return {"prompt": "string", "completion": "string", **_SOFT}

    def record(self, values: Values) -> dict[str, Any]:
        """Return the row's texts and labels."""
        soft = value_of(values, self._labels)
        if not holds_soft_labels(soft):
            raise Unfit(f"`{self._labels}` holds no soft labels")
        labels = {name: soft.get(name) for name in _SOFT}
        if self.chat:
            said = conversation(values, self.prompt, self.completion, self.system)
            return {"messages": said, **labels}
        texts = {name: text_of(values, getattr(self, name)) for name in ("prompt", "completion")}
        return {**texts, **labels}


def holds_soft_labels(value: Any) -> TypeGuard[dict[str, Any]]:
    """Say whether a column's value is the record that `soft_labels` makes."""
    return isinstance(value, dict) and "written_logprobs" in value

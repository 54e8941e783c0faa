"""Writes conversations: a list of messages with role and content."""

from typing import Any, ClassVar

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from sofrito.formats.base import Column, Format, Type, Unfit, Values, text_of

_FIELDS = frozenset({"role", "content"})

MESSAGES: Type = [{"role": "string", "content": "string"}]


class Messages(Format):
    """Writes `{"messages": [{"role": ..., "content": ...}, ...]}`, which chat trainers take.

    Either from a prompt and its completion, or from a column that holds the messages already.
    """

    format: ClassVar[str] = "messages"
    shorthand: ClassVar[str] = "messages"

    prompt: Column = ""
    """The column that becomes the user's message."""

    completion: Column = ""
    """The column that becomes the assistant's message."""

    system: Column = ""
    """The column that becomes the system's message; none is written where it is null or empty."""

    messages: Column = ""
    """The column that holds the messages: a list of objects with `role` and `content`."""

    @model_validator(mode="after")
    def _one_source(self) -> "Messages":
        if self.messages and (self.prompt or self.completion or self.system):
            raise PydanticCustomError(
                "clash", "`messages` takes either `messages` or `prompt` and `completion`, not both"
            )
        if not self.messages and not (self.prompt and self.completion):
            raise PydanticCustomError(
                "missing",
                "`messages` needs `prompt` and `completion`, or `messages`: the names of columns",
            )
        return self

    def uses(self) -> tuple[str, ...]:
        """The columns that become messages."""
        return tuple(filter(None, (self.system, self.prompt, self.completion, self.messages)))

    def shape(self) -> dict[str, Type]:
        """A list of messages."""
        return {"messages": MESSAGES}

    def record(self, values: Values) -> dict[str, Any]:
        """Return the row as a conversation."""
        if self.messages:
            return {"messages": _conversation(values.get(self.messages), self.messages)}
        return {"messages": conversation(values, self.prompt, self.completion, self.system)}


def conversation(
    values: Values, prompt: str, completion: str, system: str = ""
) -> list[dict[str, str]]:
    """Return the messages that these columns make, without a system message that is null or empty.

    Raises :class:`Unfit` for a prompt or completion that is null.
    """
    messages = [
        {"role": "user", "content": text_of(values, prompt)},
        {"role": "assistant", "content": text_of(values, completion)},
    ]
    if system and values.get(system):
        messages.insert(0, {"role": "system", "content": text_of(values, system)})
    return messages


def conversational(values: Values, column: str, role: str) -> list[dict[str, str]]:
    """Return a column as messages: a list of them as it is, a text as the one message of a role.

    Raises :class:`Unfit` for a null and for a list of something else.
    """
    value = values.get(column)
    if isinstance(value, list):
        return _conversation(value, column)
    return [{"role": role, "content": text_of(values, column)}]


def _conversation(value: Any, column: str) -> list[dict[str, str]]:
    if not isinstance(value, list) or not value:
        raise Unfit(f"`{column}` is not a list of messages")
    return [_message(message, column) for message in value]


def _message(message: Any, column: str) -> dict[str, str]:
    is_message = isinstance(message, dict) and all(
        isinstance(message.get(field), str) for field in _FIELDS
    )
    if not is_message:
        raise Unfit(f"a message in `{column}` lacks `role` or `content`, or they are not texts")
    if any(value is not None for key, value in message.items() if key not in _FIELDS):
        raise Unfit(f"a message in `{column}` has more than `role` and `content`")
    return {"role": message["role"], "content": message["content"]}

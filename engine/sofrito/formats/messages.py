"""Writes conversations: a list of messages with role and content."""

from collections.abc import Iterable
from typing import Any, ClassVar

from pydantic import model_validator

from sofrito.formats.base import Column, Format, Type, Unfit, Values, text_of, value_of
from sofrito.formats.roles import role_of
from sofrito.formats.tool_calls import (
    MESSAGES_WITH_CALLS,
    called,
    conversation_with_calls,
    functions,
)
from sofrito.recipe.fault import fault
from sofrito.recipe.value_types import Listed

_FIELDS = frozenset({"role", "content"})

MESSAGES: Type = [{"role": "string", "content": "string"}]

_TALK = Listed(
    "a list of messages",
    "For single texts, name their columns: `{prompt: question, completion: answer}`; `converse` makes "
    "a list of messages.",
)
_TEXT_OR_TALK = Listed(
    "a text or a list of messages",
    "Make one text of its items by a step `set`, with `| join(', ')`.",
    ("text", "number", "boolean", "record"),
)
_CALLS = Listed(
    "a list of calls",
    "`parse: json` with `schema: {COLUMN: {type: objects, calls_of: TOOLS}}` makes them.",
    ("record",),
)
_TOOLS = Listed(
    "a list of tools",
    "A tool is an object with `name`, `description` and `parameters`, a JSON Schema.",
)


class Messages(Format):
    """Writes `{"messages": [{"role": ..., "content": ...}, ...]}`, which chat trainers take.

    Either from a prompt and its completion, or from a column that holds the messages already. With
    `tool_calls` or `tools` the assistant's message has the calls of functions that it makes, and the
    functions stand beside the messages as `tools`. Their schemas and the calls' arguments have no
    common type: they are JSON text, which `datasets` turns back into objects when it loads the Parquet
    files.
    """

    format: ClassVar[str] = "messages"
    apart: ClassVar[tuple[str, ...]] = ("system", "prompt", "completion")
    answers: ClassVar[tuple[tuple[str, str], ...]] = (("completion", "prompt"),)
    one_of: ClassVar[tuple[str, ...]] = ("prompt", "messages")
    shorthand: ClassVar[str] = "messages"

    prompt: Column = ""
    """The column that becomes the user's message."""

    completion: Column = ""
    """The column that becomes the assistant's message."""

    system: Column = ""
    """The column that becomes the system's message; none is written where it is null or empty."""

    messages: Column = ""
    """The column that holds the messages: a list of objects with `role` and `content`, with `tools` \
also with `tool_calls`. A role is `system`, `user`, `assistant` or `tool`."""

    tool_calls: Column = ""
    """The column with the assistant's calls, instead of the `completion` or beside it: a list of \
objects with `name` and `arguments`."""

    tools: Column = ""
    """The column with the functions that may be called: a list of objects with `name`, `description` \
and `parameters` (a JSON Schema)."""

    @model_validator(mode="after")
    def _one_source(self) -> "Messages":
        answer = self.completion or self.tool_calls
        if self.messages and (self.prompt or answer or self.system):
            what = f"`{self.format}` takes either `messages` or `prompt` and `completion`, not both"
            fix = "Keep `messages` for a conversation in one column, the others for single texts."
            raise fault("clash", what, fix)
        if not self.messages and not (self.prompt and answer):
            what = f"`{self.format}` needs `prompt` and `completion`, or `messages`: the names of columns"
            raise fault("missing", what, "Such as `{prompt: question, completion: answer}`.")
        return self

    def uses(self) -> tuple[str, ...]:
        """The columns that become messages, calls and tools."""
        columns = (self.system, self.prompt, self.completion, self.messages)
        return tuple(filter(None, (*columns, self.tool_calls, self.tools)))

    def texts(self) -> tuple[str, ...]:
        """The columns that become the content of a message."""
        return tuple(filter(None, (self.system, self.prompt, self.completion)))

    def needs_values(self) -> tuple[str, ...]:
        """The messages, the prompt, the tools, and the answer where it is no choice of two columns."""
        answers = (self.completion, self.tool_calls)
        answer = () if all(answers) else answers
        return tuple(filter(None, (self.messages, self.prompt, *answer, self.tools)))

    def lists(self) -> dict[str, Listed]:
        """The messages, the calls (or one of them) and the tools, where columns hold them."""
        listed = {self.messages: _TALK, self.tool_calls: _CALLS, self.tools: _TOOLS}
        return {column: wanted for column, wanted in listed.items() if column}

    def shape(self) -> dict[str, Type]:
        """A list of messages, and the tools."""
        messages = MESSAGES_WITH_CALLS if self._with_calls else MESSAGES
        return {"messages": messages} | ({"tools": "any"} if self.tools else {})

    def record(self, values: Values) -> dict[str, Any]:
        """Return the row as a conversation."""
        record = {"messages": self._messages(values)}
        if self.tools:
            record["tools"] = functions(values, self.tools)
        return record

    @property
    def _with_calls(self) -> bool:
        return bool(self.tool_calls or self.tools)

    def _messages(self, values: Values) -> Any:
        if self.messages and self._with_calls:
            return conversation_with_calls(values, self.messages)
        if self.messages:
            return _conversation(value_of(values, self.messages), self.messages)
        if not self._with_calls:
            return conversation(values, self.prompt, self.completion, self.system)
        said = text_of(values, self.completion) if self._is_said(values) else None
        calls = called(values, self.tool_calls, needed=said is None) if self.tool_calls else None
        asked: list[dict[str, Any]] = [{"role": "user", "content": text_of(values, self.prompt)}]
        if self.system and value_of(values, self.system):
            asked.insert(0, {"role": "system", "content": text_of(values, self.system)})
        plain = [{**message, "tool_calls": None} for message in asked]
        return [*plain, {"role": "assistant", "content": said, "tool_calls": calls}]

    def _is_said(self, values: Values) -> bool:
        """Whether the assistant's message has a content: it must where it makes no calls."""
        said = bool(self.completion) and value_of(values, self.completion) not in (None, "")
        return (
            said
            or not self.tool_calls
            or (bool(self.completion) and not value_of(values, self.tool_calls))
        )


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
    if system and value_of(values, system):
        messages.insert(0, {"role": "system", "content": text_of(values, system)})
    return messages


def conversational_columns(columns: Iterable[str]) -> dict[str, Listed]:
    """Return that columns which :func:`conversational` reads hold lists of messages or no lists."""
    return dict.fromkeys(columns, _TEXT_OR_TALK)


def conversational(values: Values, column: str, role: str) -> list[dict[str, str]]:
    """Return a column as messages: a list of them as it is, a text as the one message of a role.

    Raises :class:`Unfit` for a null and for a list of something else.
    """
    value = value_of(values, column)
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
    return {"role": role_of(message, column), "content": message["content"]}

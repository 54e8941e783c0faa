"""Calls of functions in conversations, and the functions that may be called, as chat trainers take them."""

from typing import Any

import orjson

from sofrito.formats.base import Type, Unfit, Values, value_of
from sofrito.formats.roles import role_of

_CALL: Type = {"type": "string", "function": {"name": "string", "arguments": "any"}}

MESSAGES_WITH_CALLS: Type = [{"role": "string", "content": "string", "tool_calls": [_CALL]}]


def called(values: Values, column: str, *, needed: bool = True) -> list[dict[str, Any]] | None:
    """Return a column's calls, None where it has none and none is ``needed``; raises :class:`Unfit`."""
    calls = value_of(values, column)
    if not calls and not needed:
        return None
    return _calls(calls, column)


def functions(values: Values, column: str) -> str:
    """Return a column's functions as JSON: `[{"type": "function", "function": {...}}, ...]`.

    Raises :class:`Unfit` for what is no list of objects with a name.
    """
    tools = value_of(values, column)
    if not isinstance(tools, list) or not tools:
        raise Unfit(f"`{column}` is not a list of tools")
    return orjson.dumps([_function(tool, column) for tool in tools]).decode()


def conversation_with_calls(values: Values, column: str) -> list[dict[str, Any]]:
    """Return a column of messages, those of the assistant with their calls; raises :class:`Unfit`."""
    messages = value_of(values, column)
    if not isinstance(messages, list) or not messages:
        raise Unfit(f"`{column}` is not a list of messages")
    return [_message(message, column) for message in messages]


def _message(message: Any, column: str) -> dict[str, Any]:
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        raise Unfit(f"a message in `{column}` has no `role`")
    content, calls = message.get("content"), message.get("tool_calls")
    if not (isinstance(content, str) or (content is None and calls)):
        raise Unfit(f"a message in `{column}` has neither a text as `content` nor `tool_calls`")
    made = _calls(calls, column) if calls else None
    return {"role": role_of(message, column), "content": content, "tool_calls": made}


def _calls(calls: Any, column: str) -> list[dict[str, Any]]:
    several = [calls] if isinstance(calls, dict) else calls
    if not isinstance(several, list) or not several:
        raise Unfit(f"`{column}` is not a list of calls")
    return [{"type": "function", "function": _call(call, column)} for call in several]


def _call(call: Any, column: str) -> dict[str, str]:
    inner = call.get("function", call) if isinstance(call, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        raise Unfit(f"a call in `{column}` has no `name`")
    arguments = inner.get("arguments", {})
    if isinstance(arguments, str):
        try:
            arguments = orjson.loads(arguments)
        except orjson.JSONDecodeError:
            arguments = None
    if not isinstance(arguments, dict):
        raise Unfit(f"the `arguments` of a call in `{column}` are no object")
    return {"name": inner["name"], "arguments": orjson.dumps(arguments).decode()}


def _function(tool: Any, column: str) -> dict[str, Any]:
    inner = tool.get("function", tool) if isinstance(tool, dict) else None
    if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
        raise Unfit(f"a tool in `{column}` has no `name`")
    return {"type": "function", "function": inner}

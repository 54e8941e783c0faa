"""The shape of calls of functions, which differs from row to row as the functions do."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sofrito.steps.json_schema import JsonSchema
from sofrito.steps.shape import Type
from sofrito.steps.simpler_schema import simpler
from sofrito.steps.verify_tools import called, functions_of


class Uncallable(Exception):
    """A row's functions cannot be called: ``reason`` is a class, ``detail`` is about this row."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")


def held(
    schema: Mapping[str, Any], types: Mapping[str, Type], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the schema of an answer with its calls held to the row's functions.

    What a teacher may be unable to be held to, such as a pattern, is left out: :func:`checks` look
    at it afterwards. Raises :class:`Uncallable` where a column that `calls_of` names has no function,
    or one whose parameters are no JSON Schema.
    """
    properties = dict(schema["properties"])
    for column, kind in types.items():
        if kind.calls_of:
            functions = functions_of(values.get(kind.calls_of))
            if not functions:
                raise Uncallable("no tools", f"`{kind.calls_of}` has no function to call")
            for name, arguments in functions.items():
                if fault := JsonSchema(arguments).fault:
                    where = f"`{kind.calls_of}`, function `{name[:80]}`"
                    raise Uncallable("tool schema", f"{where}: {fault}")
            options = [_call(name, arguments) for name, arguments in functions.items()]
            properties[column] = {**properties[column], "items": {"anyOf": options}}
    return {**schema, "properties": properties}


def checks(types: Mapping[str, Type], values: Mapping[str, Any]) -> dict[str, Callable[[Any], str]]:
    """Return for each column of calls what tells in words why some do not fit the row's functions.

    It says "" of those that `verify` with `tools` passes, and of none at all.
    """
    return {
        column: partial(_unfit, values.get(kind.calls_of))
        for column, kind in types.items()
        if kind.calls_of
    }


def _unfit(tools: Any, calls: Any) -> str:
    return called(calls, tools).detail if calls else ""


def _call(name: str, arguments: Mapping[str, Any] | bool) -> dict[str, Any]:
    said = simpler(arguments)
    several = said.get("anyOf", [said])
    if not all(one.get("type") == "object" for one in several):
        said = {"type": "object"}
    return {
        "type": "object",
        "properties": {"name": {"const": name}, "arguments": said},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }

"""The shape of calls of functions, which differs from row to row as the functions do."""

from collections.abc import Mapping
from typing import Any

from sofrito.steps.shape import Type
from sofrito.steps.verify_tools import functions_of

_KEPT = frozenset(
    {"type", "enum", "const", "required", "additionalProperties", "description"}
    | {"minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength"}
)
_DEEPEST = 16


def held(
    schema: Mapping[str, Any], types: Mapping[str, Type], values: Mapping[str, Any]
) -> tuple[dict[str, Any], str]:
    """Return the schema of an answer with its calls held to the row's functions, and "".

    Or the column, of those that `calls_of` names, that has no function. What a teacher may be unable
    to be held to, such as a pattern or a reference, is left out: `verify` looks at it afterwards.
    """
    properties = dict(schema["properties"])
    for column, kind in types.items():
        if kind.calls_of:
            functions = functions_of(values.get(kind.calls_of))
            if not functions:
                return dict(schema), kind.calls_of
            options = [_call(name, arguments) for name, arguments in functions.items()]
            properties[column] = {**properties[column], "items": {"anyOf": options}}
    return {**schema, "properties": properties}, ""


def _call(name: str, arguments: Mapping[str, Any] | bool) -> dict[str, Any]:
    said = _plain(arguments, 0)
    said = said if said.get("type") == "object" else {"type": "object"}
    return {
        "type": "object",
        "properties": {"name": {"const": name}, "arguments": said},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def _plain(schema: Any, depth: int) -> dict[str, Any]:
    """Return what of a schema any teacher can be held to."""
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return {}
    kept = {key: value for key, value in schema.items() if key in _KEPT}
    if isinstance(properties := schema.get("properties"), Mapping):
        kept["properties"] = {key: _plain(one, depth + 1) for key, one in properties.items()}
    if isinstance(items := schema.get("items"), Mapping):
        kept["items"] = _plain(items, depth + 1)
    return kept

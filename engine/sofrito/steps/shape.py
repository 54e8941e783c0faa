"""The shape an answer must have: columns and their types, as JSON Schema."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from sofrito.recipe.base import Part

TypeName = Literal["string", "integer", "number", "boolean", "strings", "objects", "object"]

_SCHEMAS: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "strings": {"type": "array", "items": {"type": "string"}},
    "objects": {"type": "array", "items": {"type": "object"}},
    "object": {"type": "object"},
}


class Type(Part):
    """A column's type, with bounds."""

    type: TypeName = "string"
    """The type."""

    min_length: Annotated[int, Field(ge=0)] | None = None
    """Least characters of a string, or least items of a list."""

    max_length: Annotated[int, Field(ge=1)] | None = None
    """Most characters of a string, or most items of a list."""

    minimum: float | None = None
    """The least number."""

    maximum: float | None = None
    """The greatest number."""

    enum: tuple[str | int | float, ...] | None = None
    """The only values allowed."""

    def schema_of(self) -> dict[str, Any]:
        """Return the JSON Schema of one value."""
        schema = dict(_SCHEMAS[self.type])
        length = ("minItems", "maxItems") if schema["type"] == "array" else ("minLength", "maxLength")
        bounds = {
            length[0]: self.min_length, length[1]: self.max_length,
            "minimum": self.minimum, "maximum": self.maximum,
            "enum": list(self.enum) if self.enum else None,
        }
        return schema | {key: value for key, value in bounds.items() if value is not None}


ColumnType = Annotated[
    Type,
    BeforeValidator(lambda value: {"type": value} if isinstance(value, str) else value),
    WithJsonSchema(
        {
            "type": ["string", "object"],
            "if": {"type": "object"},
            "then": {"$ref": "#/$defs/Type"},
            "else": {"enum": list(_SCHEMAS)},
        }
    ),
]


def object_schema(columns: tuple[str, ...], types: Mapping[str, Type]) -> dict[str, Any]:
    """Return the schema of an object that has exactly these columns."""
    return {
        "type": "object",
        "properties": {name: types.get(name, Type()).schema_of() for name in columns},
        "required": list(columns),
        "additionalProperties": False,
    }


def list_schema(
    columns: tuple[str, ...], types: Mapping[str, Type], items: tuple[int, int] | None
) -> dict[str, Any]:
    """Return the schema of `{"items": [...]}`: objects, or plain values where there is one column."""
    (one, *more) = columns
    item = object_schema(columns, types) if more else types.get(one, Type()).schema_of()
    bounds = {"minItems": items[0], "maxItems": items[1]} if items else {}
    return {
        "type": "object",
        "properties": {"items": {"type": "array", "items": item, **bounds}},
        "required": ["items"],
        "additionalProperties": False,
    }

"""The shape an answer must have: columns and their types, as JSON Schema."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from sofrito.recipe.base import Part
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import NAME
from sofrito.recipe.regex import regex
from sofrito.recipe.regex_width import text_width
from sofrito.recipe.regex_words import mended
from sofrito.recipe.value_types import Values, ValueType

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

_WORDS: dict[str, str] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "strings": "a list of texts",
    "objects": "a list of objects",
    "object": "an object",
}
_VALUES: dict[str, ValueType] = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "strings": "list",
    "objects": "list",
    "object": "record",
}
_ITEMS: dict[str, ValueType] = {"strings": "text", "objects": "record"}
_UNCOUNTED = ("integer", "number", "boolean", "object")


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

    enum: Annotated[tuple[str | int | float, ...], Field(min_length=1)] | None = None
    """The only values allowed."""

    pattern: str = ""
    """A regular expression that must be found in a string (no look-around, no back-references)."""

    calls_of: Annotated[str, Field(pattern=f"^$|{NAME}")] = ""
    """For `objects` that are calls of functions: the column with these. Each call has the name of one \
of them and arguments that fit, as `verify` with `tools` wants them; others are asked for again."""

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            regex(value)
        except ValueError as error:
            what = f"`{value}` is not a regular expression: {error}"
            raise fault("pattern", what, mended(value, str(error))) from error
        return value

    @model_validator(mode="after")
    def _sensible(self) -> "Type":
        counted, numeric = self.type not in _UNCOUNTED, self.type in ("integer", "number")
        bounds = (
            ("length", "min_length", "max_length", counted),
            ("number", "minimum", "maximum", numeric),
        )
        for what, least, most, fits in bounds:
            low, high = getattr(self, least), getattr(self, most)
            if (low is not None or high is not None) and not fits:
                key = least if low is not None else most
                fix = f"Remove `{key}`, or change the `type`."
                raise fault("clash", f"a column of type {self.type} has no {what}", fix, at=key)
            if low is not None and high is not None and low > high:
                fix = f"Swap them: `{{{least}: {high:g}, {most}: {low:g}}}`."
                never = f"no {what} is at least {low:g} and at most {high:g}"
                raise fault("never", never, fix, at=least)
        if self.type == "integer" and _between_two(self.minimum, self.maximum):
            what = f"no whole number is at least {self.minimum} and at most {self.maximum}"
            raise fault("never", what, "Widen the bounds, or write `type: number`.", at="minimum")
        if self.pattern and self.type != "string":
            fix = "Remove `pattern`, or write `type: string`."
            raise fault("clash", f"a column of type {self.type} has no pattern", fix, at="pattern")
        self._long_enough()
        if self.calls_of and self.type != "objects":
            what = f"calls are `objects`, and a column of type {self.type} has none"
            raise fault("clash", what, "Write `type: objects`.", at="calls_of")
        for one in self.enum or ():
            if why := self.fault(one):
                what = f"`enum` has a value that can never be: {why}"
                fix = "Remove it from `enum`, or change the type or the bounds beside it."
                raise fault("never", what, fix, at="enum")
        return self

    def _long_enough(self) -> None:
        """Raise the error of a length that no text with the pattern has."""
        least, most = text_width(self.pattern)
        for key, side, bound, text in (
            ("max_length", "more", self.max_length, least),
            ("min_length", "fewer", self.min_length, most),
        ):
            if bound is not None and (text > bound if side == "more" else text < bound):
                many = "characters" if least == most else f"characters or {side}"
                what = f"a text with this `pattern` has {text:,} {many}, and `{key}` is {bound:,}"
                fix = f"Change `{key}`, or the counts in the `pattern`."
                raise fault("never", what, fix, at=key)

    @property
    def range(self) -> tuple[float, float] | None:
        """The least and the most number allowed, None where both are open."""
        numbers = [one for one in self.enum or () if isinstance(one, int | float)]
        if numbers:
            return min(numbers), max(numbers)
        if self.minimum is None and self.maximum is None:
            return None
        low = -math.inf if self.minimum is None else self.minimum
        return low, math.inf if self.maximum is None else self.maximum

    def values(self) -> Values:
        """Return what is known of the values of such a column."""
        texts = tuple(one for one in self.enum or () if isinstance(one, str))
        items = _ITEMS.get(self.type)
        return Values(_VALUES[self.type], texts, items, characters=self._characters)

    def closed(self) -> tuple[Any, ...]:
        """Return all values there can be, () where they are not listed."""
        return (True, False) if self.type == "boolean" else self.enum or ()

    @property
    def _characters(self) -> tuple[float, float]:
        """The least and the most characters, if it is a string."""
        if self.type != "string":
            return 0, math.inf
        least, most = text_width(self.pattern)
        longest = math.inf if self.max_length is None else self.max_length
        return max(least, self.min_length or 0), min(most, longest)

    def schema_of(self) -> dict[str, Any]:
        """Return the JSON Schema of one value."""
        schema = dict(_SCHEMAS[self.type])
        array = schema["type"] == "array"
        bounds = {
            "minItems" if array else "minLength": self.min_length,
            "maxItems" if array else "maxLength": self.max_length,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "enum": list(self.enum) if self.enum else None,
            "pattern": self.pattern or None,
        }
        return schema | {key: value for key, value in bounds.items() if value is not None}

    def fault(self, value: Any) -> str:
        """Return in words what :meth:`schema_of` does not allow about a value, "" if it fits."""
        if why := self._fault_of_type(value):
            return why
        if self.enum and value not in self.enum:
            return f"{_short(value)} is not one of those allowed"
        if self.pattern and not regex(self.pattern).found_in(value):
            return f"{_short(value)} does not have the pattern {self.pattern}"
        if isinstance(value, str | list):
            size, what = len(value), "characters" if isinstance(value, str) else "items"
            return _outside(size, what, self.min_length, self.max_length)
        if isinstance(value, int | float):
            return _outside(value, "", self.minimum, self.maximum)
        return ""

    def _fault_of_type(self, value: Any) -> str:
        match self.type:
            case "string":
                fits = isinstance(value, str)
            case "integer":
                fits = _is_number(value) and float(value).is_integer()
            case "number":
                fits = _is_number(value)
            case "boolean":
                fits = isinstance(value, bool)
            case "object":
                fits = isinstance(value, dict)
            case "strings" | "objects":
                kind = str if self.type == "strings" else dict
                fits = isinstance(value, list) and all(isinstance(one, kind) for one in value)
        return "" if fits else f"{_short(value)} is not {_WORDS[self.type]}"


def _between_two(low: float | None, high: float | None) -> bool:
    """Whether both bounds lie between one whole number and the next."""
    return low is not None and high is not None and math.ceil(low) > math.floor(high)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _outside(size: float, what: str, low: float | None, high: float | None) -> str:
    said = f"{_written(size)} {what}".strip()
    if low is not None and size < low:
        return f"{said}, {'fewer' if what else 'less'} than {_written(low)}"
    if high is not None and size > high:
        return f"{said}, more than {_written(high)}"
    return ""


def _written(number: float) -> str:
    return f"{int(number) if float(number).is_integer() else number:,}"


def _short(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= 60 else f"{said[:60]}…"


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
    """Return the schema of `{"items": [...]}`: of objects, or of plain values for one column."""
    (one, *more) = columns
    item = object_schema(columns, types) if more else types.get(one, Type()).schema_of()
    bounds = {"minItems": items[0], "maxItems": items[1]} if items else {}
    return {
        "type": "object",
        "properties": {"items": {"type": "array", "items": item, **bounds}},
        "required": ["items"],
        "additionalProperties": False,
    }

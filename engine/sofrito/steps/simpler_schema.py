"""A stranger's JSON Schema as one of few keywords, to which any teacher's answers can be held."""

import math
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

_KEPT = frozenset(
    {"type", "enum", "const", "required", "description"}
    | {"minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength"}
)
_TYPES = frozenset(("object", "array", "string", "number", "integer", "boolean", "null"))
_TELLING = {
    "object": ("properties", "required", "additionalProperties"),
    "array": ("items", "minItems", "maxItems"),
    "string": ("minLength", "maxLength"),
    "number": ("minimum", "maximum"),
}
"""What tells the type of a schema that does not name it."""

_BOUNDS = (("minimum", "maximum"), ("minItems", "maxItems"), ("minLength", "maxLength"))
_LARGEST = 1e300
_DEEPEST = 16
_MOST = 2000


def simpler(schema: Any) -> dict[str, Any]:
    """Return a schema that says of a valid one's demands what can be said in few words.

    These are types, enums, bounds, properties and items; `anyOf`, alone or beside a description, of
    which `oneOf` becomes one and into whose options goes what stands beside it. References are
    replaced by what they lead to, one that leads back to where it stands by the type of that. What
    cannot be said so is left out, and so is what is nested deeper than 16 levels or comes after
    2,000 schemas, or is no schema though a reference leads there: {} allows every value.
    """
    return _Simpler(schema).of(schema, 0)


class _Simpler:
    def __init__(self, root: Any) -> None:
        self._root, self._left = root, _MOST
        self._open: list[str] = []

    def of(self, schema: Any, depth: int) -> dict[str, Any]:
        self._left -= 1
        if not isinstance(schema, Mapping) or depth > _DEEPEST or self._left < 0:
            return {}
        if isinstance(reference := schema.get("$ref"), str):
            return self._led(reference, depth + 1)
        kept = {key: value for key, value in schema.items() if key in _KEPT}
        if not all(_sound(key, value) for key, value in kept.items()):
            return {}
        kept = _possible(kept | self._nested(schema, depth + 1))
        if "const" in kept or "enum" in kept:
            return kept
        options = schema.get("anyOf") or schema.get("oneOf")
        if isinstance(options, list) and options:
            words = {key: kept.pop(key) for key in ("description",) if key in kept}
            each = [_both(kept, self.of(one, depth + 1)) for one in options]
            return {} if {} in each else {**words, "anyOf": [*_flat(each)]}
        return _typed(kept)

    def _nested(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Return what a schema says of the properties and items within."""
        found: dict[str, Any] = {}
        if isinstance(properties := schema.get("properties"), Mapping):
            asked = [key for key in schema.get("required", ()) if key not in properties]
            all_ = {**properties, **{key: {} for key in asked}}
            found["properties"] = {key: self.of(one, depth) for key, one in all_.items()}
            found["required"] = [*schema.get("required", ())]
        more = schema.get("additionalProperties")
        if more is not None:
            found["additionalProperties"] = more if more is False else self.of(more, depth)
        if isinstance(items := schema.get("items"), Mapping):
            found["items"] = self.of(items, depth)
        return found

    def _led(self, reference: str, depth: int) -> dict[str, Any]:
        """Return what a reference into the schema itself leads to."""
        inside = reference == "#" or reference.startswith("#/")
        target = self._root if inside else None
        for step in reference[1:].split("/")[1:]:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            target = target.get(key) if isinstance(target, Mapping) else None
        if reference in self._open:
            kind = target.get("type") if isinstance(target, Mapping) else None
            return {"type": kind} if _sound("type", kind) else {}
        self._open.append(reference)
        found = self.of(target, depth)
        self._open.pop()
        return found


def _sound(key: str, value: Any) -> bool:
    """Say whether a keyword has a value of its kind; where a reference leads nobody has looked."""
    if key == "const":
        return True
    if key == "description":
        return isinstance(value, str)
    if key == "enum":
        return isinstance(value, list) and bool(value)
    if key == "required":
        return isinstance(value, list) and all(isinstance(one, str) for one in value)
    if key == "type":
        named = value if isinstance(value, list) else [value]
        return bool(named) and all(isinstance(one, str) and one in _TYPES for one in named)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not -_LARGEST <= value <= _LARGEST:
        return False
    return key in _BOUNDS[0] or (value >= 0 and value == int(value))


def _both(base: dict[str, Any], option: dict[str, Any]) -> dict[str, Any]:
    """Return an option with what stands beside all options."""
    if "anyOf" in option or not base:
        return option
    properties = {**base.get("properties", {}), **option.get("properties", {})}
    required = [*dict.fromkeys((*base.get("required", ()), *option.get("required", ())))]
    merged = {**base, **option}
    merged |= {"properties": properties} if properties else {}
    return _typed(merged | ({"required": required} if required else {}))


def _possible(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema without the bounds that nothing is within."""
    counts = [key for pair in _BOUNDS[1:] for key in pair if key in schema]
    schema = schema | {key: int(schema[key]) for key in counts}
    whole = "integer" in schema.get("type", ())
    for least, most in _BOUNDS:
        low, high = schema.get(least, -math.inf), schema.get(most, math.inf)
        if low > high or (whole and math.isfinite(high - low) and math.ceil(low) > high):
            schema = {key: one for key, one in schema.items() if key not in (least, most)}
    return schema


def _flat(options: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in options:
        yield from one.get("anyOf", [one])


def _typed(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with its type, which its other words may tell; {} where none does."""
    if "type" in schema:
        return schema
    kind = next((kind for kind, words in _TELLING.items() if schema.keys() & set(words)), "")
    return {"type": kind, **schema} if kind else {}

"""The order of a recipe's keys: that of the JSON Schema, which is that of the models."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sofrito.recipe.schema_models import Schema

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shape:
    """The schema of a value, with the definitions that it may refer to."""

    schema: Schema
    defs: Schema

    def of(self, keys: Sequence[str] | None) -> "Shape":
        """Return the schema that applies to a mapping of these keys, or to a list or scalar (None)."""
        schema = self.schema
        names = None if keys is None else [_unquoted(key) for key in keys]
        for _ in range(100):
            if ref := schema.get("$ref"):
                schema = self.defs.get(ref.removeprefix("#/$defs/"), {})
            elif "if" in schema:
                rest = {key: schema[key] for key in schema if key not in ("if", "then", "else")}
                branch = "then" if _holds(schema["if"], names) else "else"
                schema = _both(rest, schema.get(branch, {}))
            elif "properties" in schema:  # a choice beside them is only of those needed
                return Shape(schema, self.defs)
            elif branches := schema.get("anyOf") or schema.get("oneOf"):
                fitting = (one for one in branches if self._fits(one, names))
                schema = next(fitting, {})
            else:
                return Shape(schema, self.defs)
        return ANY

    def _fits(self, schema: Schema, names: list[str] | None) -> bool:
        schema = self.defs.get(schema.get("$ref", "").removeprefix("#/$defs/"), schema)
        types = schema.get("type", ())
        return ("object" in types) == (names is not None)

    def inside(self, key: str) -> "Shape":
        """Return the schema of the value of a key; only of what :meth:`of` returned."""
        more = self.schema.get("additionalProperties")
        otherwise: Any = more if isinstance(more, dict) else {}
        return Shape(self.schema.get("properties", {}).get(_unquoted(key), otherwise), self.defs)

    def item(self) -> "Shape":
        """Return the schema of a list's items; only of what :meth:`of` returned."""
        return Shape(self.schema.get("items", {}), self.defs)

    def sorted(self, entries: Iterable[T], key: Callable[[T], str]) -> list[T]:
        """Return entries in the order of their keys; one that is not known stays behind its neighbour."""
        order = {name: number for number, name in enumerate(self.schema.get("properties", ()))}
        place, placed = -1, []
        for entry in entries:
            place = order.get(_unquoted(key(entry)), place)
            placed.append((place, entry))
        return [entry for _, entry in sorted(placed, key=lambda one: one[0])]


ANY = Shape({}, {})
"""The schema of what may be anything: its keys stay as they are."""


def _both(base: Schema, more: Schema) -> Schema:
    """Return a schema with what a branch of it adds."""
    if "properties" not in base or "properties" not in more:
        return {**base, **more}
    properties = dict(base["properties"])
    for key, schema in more["properties"].items():
        own = properties.get(key, {})
        properties[key] = {**own, **schema}
        entry = own.get("additionalProperties")
        if isinstance(entry, dict) and "additionalProperties" in schema:
            properties[key]["additionalProperties"] = {**entry, **schema["additionalProperties"]}
    return {**base, **more, "properties": properties}


def _holds(condition: Schema, names: list[str] | None) -> bool:
    if "required" in condition:
        return names is not None and all(name in names for name in condition["required"])
    return (condition.get("type") == "object") == (names is not None)


def _unquoted(key: str) -> str:
    return key[1:-1] if key[:1] in "'\"" and key[-1:] == key[:1] else key

"""Where in a file the mappings of a JSON Schema stand: a text for each, up to where its keys go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class MappingPlace:
    """A mapping of a schema; ``text`` is the YAML that leads to it, ``indent`` what its keys have.

    ``keys`` are the keys that it may still have, each with its schema.
    """

    name: str
    text: str
    indent: str
    keys: Mapping[str, Schema]


@dataclass(frozen=True)
class _Here:
    text: str
    indent: int = 0
    dash: bool = False

    def line(self, content: str) -> "_Here":
        """Return the place below a line at this one, at the indentation of the line's content."""
        indent = self.indent + 2 * self.dash
        pad = " " * self.indent + "- " * self.dash
        return _Here(f"{self.text}{pad}{content}\n", indent)

    def deeper(self, *, dash: bool = False) -> "_Here":
        return _Here(self.text, self.indent + 2, dash)


def places(schema: Schema) -> Iterator[MappingPlace]:
    """Yield a place for every mapping with known keys that a schema knows, each definition once."""
    yield from _Walk(schema).places("", schema, _Here(""))


class _Walk:
    def __init__(self, schema: Schema) -> None:
        self._defs = schema["$defs"]
        self._seen: set[str] = set()

    def places(self, name: str, schema: Schema, here: _Here) -> Iterator[MappingPlace]:
        if ref := schema.get("$ref", "").removeprefix("#/$defs/"):
            if ref not in self._seen:
                self._seen.add(ref)
                yield from self.places(ref, self._defs[ref], here)
            return
        if name == "Verb":
            for verb in (one for one in self._defs if one.startswith("verb.")):
                yield from self._step(verb, here)
            return
        for branch in ("then", "else"):
            if branch in schema and "properties" not in schema:
                yield from self.places(name, schema[branch], here)
        if isinstance(inner := schema.get("additionalProperties"), dict):
            yield from self.places(name, inner, here.line("some:").deeper())
        if "items" in schema:
            yield from self.places(name, schema["items"], _Here(here.text, here.indent, dash=True))
        if properties := schema.get("properties"):
            yield from self._mapping(name, properties, here)

    def _described(self, schema: Schema) -> Schema:
        """Return a key's schema, its help from where it leads if it has none of its own."""
        ref = schema.get("$ref", "").removeprefix("#/$defs/")
        return {"description": self._defs[ref]["description"], **schema} if ref else schema

    def _step(self, name: str, here: _Here) -> Iterator[MappingPlace]:
        verb = name.removeprefix("verb.")
        own = {key: one for key, one in self._defs[name]["properties"].items() if key != verb}
        yield from self._mapping(name, own, here.line(f"{verb}: x"))

    def _mapping(
        self, name: str, keys: Mapping[str, Schema], here: _Here
    ) -> Iterator[MappingPlace]:
        pad = " " * here.indent + "- " * here.dash
        described = {key: self._described(one) for key, one in keys.items()}
        yield MappingPlace(name, here.text, pad, described)
        for key, one in keys.items():
            yield from self.places(name, one, here.line(f"{key}:").deeper())

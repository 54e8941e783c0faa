"""The regular expressions of a schema, which each backend holds answers to in its own way."""

from collections.abc import Iterator, Mapping
from typing import Any


def patterns_of(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the patterns of a JSON Schema, of its properties and of its items."""
    if pattern := schema.get("pattern"):
        yield pattern
    for inner in schema.get("properties", {}).values():
        yield from patterns_of(inner)
    if isinstance(schema.get("items"), dict):
        yield from patterns_of(schema["items"])

"""Made-up answers: words, and JSON that satisfies a schema, drawn from a given generator."""

import json
import math
from collections.abc import Mapping
from random import Random
from typing import Any

from sofrito.teachers.scripted.pattern import matching_text
from sofrito.teachers.scripted.words import WORDS


def some_text(rng: Random) -> str:
    """Return a sentence of 8 to 20 words."""
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(8, 20))).capitalize() + "."


def value_for(schema: Mapping[str, Any], rng: Random) -> str:
    """Return JSON text that satisfies ``schema``: the subset that recipes make.

    Types, enum, const, properties, items, bounds of items, lengths and numbers, the first of
    anyOf or oneOf; a pattern, in place of lengths. Raises NotImplementedError for a type it does not know.
    """
    return json.dumps(_value(schema, rng), ensure_ascii=False)


def _value(schema: Mapping[str, Any], rng: Random) -> Any:
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return rng.choice(schema["enum"])
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return _value(options[0], rng)
    kind = schema.get("type", "object")
    return _of_kind(kind[0] if isinstance(kind, list) else kind, schema, rng)


def _of_kind(kind: str, schema: Mapping[str, Any], rng: Random) -> Any:
    match kind:
        case "object":
            return {k: _value(v, rng) for k, v in schema.get("properties", {}).items()}
        case "array":
            return [
                _value(schema.get("items", {"type": "string"}), rng) for _ in _items(schema, rng)
            ]
        case "string":
            return _string(schema, rng)
        case "integer":
            low, high = _bounds(schema)
            return rng.randint(math.ceil(low), math.floor(high))
        case "number":
            low, high = _bounds(schema)
            return low + (high - low) * rng.randint(0, 4) / 4
        case "boolean":
            return rng.random() < 0.5
        case "null":
            return None
    raise NotImplementedError(f"a value of type {kind}")


def _items(schema: Mapping[str, Any], rng: Random) -> range:
    least = schema.get("minItems", 1)
    return range(rng.randint(min(least, schema.get("maxItems", least)), _most(schema, least)))


def _most(schema: Mapping[str, Any], least: int) -> int:
    most: int = min(schema.get("maxItems", least + 2), least + 4)
    return most


def _string(schema: Mapping[str, Any], rng: Random) -> str:
    if "pattern" in schema:
        return matching_text(schema["pattern"], rng)
    least: int = schema.get("minLength", 0)
    most: float = schema.get("maxLength", math.inf)
    text = some_text(rng)
    while len(text) < least:
        text += " " + some_text(rng)
    if len(text) <= most:
        return text
    cut = text[: int(most)].rstrip()
    return cut + "." * (least - len(cut))


def _bounds(schema: Mapping[str, Any]) -> tuple[float, float]:
    """Return the least and greatest value allowed; where none is said, within 100 of the other."""
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None and "minimum" not in schema:
        low += 1
    if high is not None and "maximum" not in schema:
        high -= 1
    if low is None:
        low = 0 if high is None or high >= 0 else high - 100
    return low, low + 100 if high is None else high

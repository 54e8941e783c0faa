"""Values that a schema allows, as near to what was written as can be told."""

from typing import Any

from sofrito.recipe.base import Key
from sofrito.recipe.reference_examples import flow
from sofrito.recipe.schema_models import Schema
from sofrito.recipe.words import type_words

_ENDS = ("least", "most")
_WIDER = 10
"""How many times as much the upper end of an example of a range is."""

_STEP = 5
"""How far above its bound an example of a number is that has no other bound."""


def such_as(value: Any, schema: Schema, path: Key) -> str:
    """Return a sentence that shows what may stand at a path in the place of a value.

    It says at least of which type that is.
    """
    sample = _sample(value, schema)
    if sample is None:
        return f"Write {type_words(schema['type'])}." if "type" in schema else ""
    key = f"{path[-1]}: " if path and isinstance(path[-1], str) else ""
    return f"Such as `{key}{flow(sample)}`."


def type_list(schema: Schema) -> list[str]:
    """Return the types that a schema allows, none where it does not tell."""
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _sample(value: Any, schema: Schema) -> Any:
    """Return a value that a schema allows, None where nothing tells one."""
    if examples := schema.get("examples"):
        return examples[0]
    if words := schema.get("enum"):
        return words[0]
    types = type_list(schema)
    if "array" in types:
        return _list(value, schema)
    if "integer" in types or "number" in types:
        return _number(schema, whole="number" not in types)
    if types == ["boolean"]:
        return True
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return value[0] if "string" in types and "pattern" not in schema else None
    return None


def _list(value: Any, schema: Schema) -> list[Any] | None:
    """Return a list as long as one must be, of the items that are there as far as they fit."""
    items, least = schema.get("items", {}), schema.get("minItems", 1)
    given = value if isinstance(value, list) else [value]
    if least == schema.get("maxItems") == len(_ENDS):
        if ends := _ends(value, items):
            return ends
        given = []
    kept = [one for one in given if _fits(one, items)][: schema.get("maxItems", len(given))]
    filler = kept[-1] if kept else _sample(None, items)
    if filler is None:
        return None
    if not kept and least > 1 and isinstance(filler, int) and _fits(filler * 2, items):
        return [filler, *[filler * 2] * (least - 1)]
    return [*kept, *[filler] * (max(least, 1) - len(kept))]


def _ends(value: Any, items: Schema) -> list[Any] | None:
    """Return a range that a number alone, or too few or too many in a list, may be meant for."""
    given = value if isinstance(value, list) else [value]
    if not given or not all(isinstance(one, int | float) and _fits(one, items) for one in given):
        return None
    first, last = min(given), max(given)
    if not isinstance(value, list):
        low = 1 if "number" not in type_list(items) and first > 1 else 0
        return [low, last] if _fits(low, items) and low < last else None
    if len(given) > 1:
        return [first, last] if first < last else None
    high = first * _WIDER or _WIDER
    return [first, high] if _fits(high, items) and first < high else None


def _fits(value: Any, schema: Schema) -> bool:
    types = type_list(schema)
    if isinstance(value, bool) or "enum" in schema or "pattern" in schema:
        return False
    if isinstance(value, str):
        return "string" in types and bool(value)
    if isinstance(value, int) or (isinstance(value, float) and "number" in types):
        return bool({"integer", "number"}.intersection(types)) and _within(value, schema)
    return False


def _within(value: float, schema: Schema) -> bool:
    least, most = schema.get("minimum", value), schema.get("maximum", value)
    above, below = schema.get("exclusiveMinimum", value - 1), schema.get("exclusiveMaximum")
    return bool(least <= value <= most and value > above and (below is None or value < below))


def _number(schema: Schema, *, whole: bool) -> float:
    default = schema.get("default")
    if isinstance(default, int | float) and not isinstance(default, bool):
        return default
    low = schema.get("minimum", schema.get("exclusiveMinimum")) or 0
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if high is None:
        return int(low + _STEP)
    return int((low + high) // 2) if whole or high - low > _STEP else (low + high) / 2

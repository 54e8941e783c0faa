"""Finds the types of columns by looking at all their values."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import orjson

from sofrito.formats import Type

# Beside the names of `Type`: "null" has no value yet, "long" is an integer that a float cannot
# hold, and "json" is what has no type of its own.
_Kind: TypeAlias = "str | list[_Kind] | dict[str, _Kind]"

_EXACT_IN_A_FLOAT = 2**53
_INT64 = 2**63
_DEEPEST = 8
_MOST_FIELDS = 64


class Inferred:
    """The types of columns, learnt row by row and kept in the order in which they first came.

    Integers and floats together are numbers. Objects have the fields of all objects seen. Lists
    that are always empty hold texts, columns that are always null are texts. What remains (values
    of different kinds, integers beyond 64 bits, empty objects, nesting deeper than 8, objects with
    more than 64 fields) makes the whole column ``json``.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}

    def learn(self, record: Mapping[str, Any]) -> None:
        """Look at one more record."""
        for name, value in record.items():
            known = self._kinds.get(name, "null")
            if value is not None and known != "json":
                self._kinds[name] = _merged(known, _kind(value, _DEEPEST))
            else:
                self._kinds.setdefault(name, known)

    def shape(self) -> dict[str, Type]:
        """Return the types found so far."""
        return {
            name: "json" if _has_json(kind) else _settled(kind)
            for name, kind in self._kinds.items()
        }


def fit(value: Any, to: Type) -> Any:
    """Return a value as its inferred type wants it: every field present, floats as floats."""
    if value is None:
        return None
    if to == "json":
        return orjson.dumps(value).decode()
    if to == "number":
        return float(value)
    if isinstance(to, list):
        return [fit(item, to[0]) for item in value]
    if isinstance(to, dict):
        return {name: fit(value.get(name), type_) for name, type_ in to.items()}
    return value


def _kind(value: Any, depth: int) -> _Kind:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        if abs(value) <= _EXACT_IN_A_FLOAT:
            return "integer"
        return "long" if -_INT64 <= value < _INT64 else "json"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return _nested_kind(value, depth - 1) if depth else "json"


def _nested_kind(value: Any, depth: int) -> _Kind:
    if isinstance(value, list):
        item: _Kind = "null"
        for element in value:
            item = _merged(item, _kind(element, depth))
        return [item]
    fields: dict[str, _Kind] = {name: _kind(field, depth) for name, field in value.items()}
    return fields if len(fields) <= _MOST_FIELDS else "json"


def _merged(one: _Kind, other: _Kind) -> _Kind:
    if other in (one, "null"):
        return one
    if one == "null":
        return other
    if isinstance(one, list) and isinstance(other, list):
        return [_merged(one[0], other[0])]
    if isinstance(one, dict) and isinstance(other, dict):
        fields = {
            name: _merged(one.get(name, "null"), other.get(name, "null")) for name in one | other
        }
        return fields if len(fields) <= _MOST_FIELDS else "json"
    numbers = {one, other} if isinstance(one, str) and isinstance(other, str) else set()
    if numbers == {"integer", "number"}:
        return "number"
    return "long" if numbers == {"integer", "long"} else "json"


def _has_json(kind: _Kind) -> bool:
    if isinstance(kind, list):
        return _has_json(kind[0])
    if isinstance(kind, dict):
        return not kind or any(map(_has_json, kind.values()))
    return kind == "json"


def _settled(kind: _Kind) -> Type:
    if isinstance(kind, list):
        return [_settled(kind[0])]
    if isinstance(kind, dict):
        return {name: _settled(field) for name, field in kind.items()}
    return {"null": "string", "long": "integer"}.get(kind, kind)

"""What is certain of the values in a seed pool's columns, and which of these cannot be named."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sofrito.recipe.field_types import NAME
from sofrito.recipe.inference import list_of
from sofrito.recipe.model_rows import Seeds
from sofrito.recipe.value_types import Values, ValueType, type_of_value

_DECLARED: Mapping[str, ValueType] = {
    "string": "text",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "list": "list",
    "object": "record",
}
_TEXTS = (".csv", ".tsv")
_DEPTH = 8
_EXACT = 2.0**53
"""No whole number up to here is rounded as a float."""


def unnameable(columns: Iterable[str]) -> dict[str, str]:
    """Return the columns that templates and expressions cannot name, by a name that would do."""
    odd = (column for column in sorted(columns) if not re.search(NAME, column))
    return {_as_name(column): column for column in odd}


def _as_name(column: str) -> str:
    name = re.sub(r"\W+", "_", column).strip("_") or "column"
    return f"c_{name}" if name[0].isdigit() else name


def seed_values(
    seeds: Seeds, rows: Sequence[Mapping[str, object]], *, complete: bool
) -> dict[str, Values]:
    """Return the types of a pool's columns: those declared, and where all values have the same.

    ``complete``: ``rows`` are all that there are, and their texts are told. In a CSV file every value
    is a text.
    """
    found: dict[str, Values] = {}
    texts = seeds.file.lower().endswith(_TEXTS) or seeds.files.lower().endswith(_TEXTS)
    for column in dict.fromkeys(name for row in rows for name in row):
        if known := _known((row.get(column) for row in rows), _DEPTH):
            found.update({column: known} if texts or complete else {})
    for column, kind in seeds.columns.items():
        as_read = found.pop(column, None)
        if declared := _DECLARED.get(kind.removesuffix("?")):
            same = as_read and as_read.type == declared
            found[column] = as_read if as_read and same else Values(declared)
    for column, known in found.items() if complete else ():
        seen = _texts_of(rows, column) if known.type == "text" else ()
        found[column] = replace(known, seen=seen) if seen else known
    return found


def _texts_of(rows: Sequence[Mapping[str, object]], column: str) -> tuple[str, ...]:
    """Return the texts in a column, each once, "" for null; none where a value is no text."""
    values = ["" if (value := row.get(column)) is None else value for row in rows]
    texts = dict.fromkeys(one for one in values if isinstance(one, str))
    return tuple(texts) if all(isinstance(one, str) for one in values) else ()


def seed_ranges(rows: Sequence[Mapping[str, object]]) -> dict[str, tuple[float, float]]:
    """Return the least and the most in the columns of which all values are numbers, or null."""
    found: dict[str, tuple[float, float]] = {}
    for column in dict.fromkeys(name for row in rows for name in row):
        values = [value for row in rows if (value := row.get(column)) is not None]
        numbers = [one for one in values if isinstance(one, int | float)]
        if len(numbers) == len(values) and not any(isinstance(one, bool) for one in numbers):
            known = [one for one in numbers if abs(one) <= _EXACT]
            if known and len(known) == len(numbers):
                found[column] = float(min(known)), float(max(known))
    return found


def _known(values: Iterable[object], depth: int) -> Values | None:
    """Return what is known of values that are of one type, null apart; None if they are not.

    Fields are those that any record has; what lies deeper than ``depth`` is not looked into.
    """
    some = [value for value in values if value is not None]
    types = {type_of_value(value) for value in some}
    kind = types.pop() if len(types) == 1 else None
    if kind is None or not depth:
        return Values(kind) if kind else None
    if kind == "list":
        items = [item for one in some if isinstance(one, list) for item in one]
        return list_of(None if None in items else _known(items, depth - 1))
    if kind != "record":
        return Values(kind)
    fields: dict[str, list[object]] = {}
    for name, value in ((k, v) for one in some if isinstance(one, dict) for k, v in one.items()):
        if not isinstance(name, str):
            return Values(kind)
        fields.setdefault(name, []).append(value)
    known = {name: _known(several, depth - 1) for name, several in fields.items()}
    return Values(kind, fields=known, whole=True)

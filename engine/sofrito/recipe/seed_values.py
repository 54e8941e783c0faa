"""What is certain of the values in a seed pool's columns, and which of these cannot be named."""

import re
from collections.abc import Iterable, Mapping, Sequence

from sofrito.recipe.base import NAME
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

    ``complete``: ``rows`` are all that there are. In a CSV file every value is a text.
    """
    found: dict[str, Values] = {}
    texts = seeds.file.lower().endswith(_TEXTS) or seeds.files.lower().endswith(_TEXTS)
    for column in dict.fromkeys(name for row in rows for name in row):
        types = {type_of_value(row.get(column)) for row in rows} - {None}
        (one, *more) = types or {None}
        if one and not more and (texts or complete):
            found[column] = Values(one, items=_items(rows, column) if one == "list" else None)
    for column, kind in seeds.columns.items():
        found.pop(column, None)
        if declared := _DECLARED.get(kind.removesuffix("?")):
            found[column] = Values(declared)
    return found


def _items(rows: Sequence[Mapping[str, object]], column: str) -> ValueType | None:
    """Return the type of all items of the lists in a column, None where they differ or are none."""
    lists = (row.get(column) for row in rows)
    types = {type_of_value(item) for one in lists if isinstance(one, list) for item in one}
    return types.pop() if len(types) == 1 else None

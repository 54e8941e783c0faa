"""Rows of seeds beside the columns that the recipe declares."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from sofrito.problems import Problem, did_you_mean
from sofrito.recipe.seed_rows import SeedRow


@dataclass(frozen=True, slots=True)
class Misfit:
    """A row that is not as its columns are declared, and what is wrong with it by column."""

    row: SeedRow
    problems: Mapping[str, Problem]


_FITS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "any": lambda value: value is not None,
}


def _integer(text: str) -> int:
    number = int(text)
    if not -(2**63) <= number < 2**64:
        raise ValueError("beyond 64 bits")
    return number


def _number(text: str) -> float:
    number = float(text)
    if not isfinite(number):
        raise ValueError("infinite, or none at all")
    return number


_READ: dict[str, Callable[[str], Any]] = {
    "integer": _integer,
    "number": _number,
    "boolean": lambda text: {"true": True, "false": False}[text.strip().lower()],
}


def fitted(row: SeedRow, columns: Mapping[str, str], *, from_text: bool) -> SeedRow | Misfit:
    """Return a row with its columns as declared, or what is wrong with it.

    ``columns`` are types by column; ``from_text``: values are texts, to be read as these types.
    """
    values = dict(row.values)
    problems: dict[str, Problem] = {}
    for column, declared in columns.items():
        nullable = declared.endswith("?")
        kind = declared.removesuffix("?")
        if from_text and column in values:
            values[column] = _from_text(values[column], kind, nullable=nullable)
        if column not in values and not nullable:
            fix = did_you_mean(column, values, otherwise=optional(column, declared))
            what = f"The row has no column `{column}`."
            problems[column] = Problem("SOF209", row.where, what, fix)
            continue
        value = values.setdefault(column, None)
        if not (nullable and value is None) and not _FITS[kind](value):
            said = "empty" if _empty(value) and from_text else shown(value)
            what = f"Column `{column}` is {said}; the recipe declares it as {declared}."
            fix = _wrong_fix(column, declared, value)
            problems[column] = Problem("SOF209", row.where, what, fix)
    return Misfit(row, problems) if problems else SeedRow(values, row.where)


def optional(column: str, declared: str) -> str:
    """Return how to declare a column that rows may lack."""
    return f"If it may be missing: `{column}: {declared}?`."


def kind_of(values: Iterable[Any], *, from_text: bool) -> str:
    """Return the narrowest type that all of some values have, or can be read as, null aside."""
    some = [value for value in values if value is not None]
    for kind, fits in _FITS.items() if not from_text else ():
        if all(map(fits, some)):
            return kind
    read = (kind for kind in _READ if all(_FITS[kind](_from_text(one, kind)) for one in some))
    return next(read, "string") if from_text else "any"


def shown(value: Any) -> str:
    """Return a value with its type, to be read."""
    if value is None:
        return "null"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"the {_kind(value)} `{text if len(text) <= 40 else text[:40] + ' ...'}`"


def _wrong_fix(column: str, declared: str, value: Any) -> str:
    if value is None or (_empty(value) and not declared.endswith("?")):
        return f"Correct the row, or allow null: `{column}: {declared}?`."
    mark = "?" if declared.endswith("?") else ""
    return f"Correct the row, or declare `{column}: {_kind(value)}{mark}`."


def _empty(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _from_text(text: str, kind: str, *, nullable: bool = False) -> Any:
    if nullable and not text.strip():
        return None
    try:
        return _READ[kind](text) if kind in _READ else text
    except (ValueError, KeyError):
        return text


def _kind(value: Any) -> str:
    return next(kind for kind, fits in _FITS.items() if fits(value))

"""Seeds from JSON: an object a line, or a list of objects."""

import json
import re
from pathlib import Path
from typing import Any

import orjson

from sofrito.problems import Problem, Span
from sofrito.recipe.seed_rows import BOM, BadLine, Items, SeedRow, lines, utf8

_LARGEST_JSON = 512_000_000
_SHOWN = 40
"""Digits of a number that a message shows."""

_LONG_INTEGER = re.compile(rb"\d{19}")


class _Spread(BadLine):
    """An object over several lines, each of which would be a problem of its own."""


def jsonl_rows(path: Path) -> Items:
    """Yield the object of each line."""
    for line, raw in lines(path):
        try:
            if isinstance(raw, BadLine) or raw.strip():
                yield SeedRow(_object(_json(raw)), Span(path, line))
        except BadLine as bad:
            yield bad.at(path, line)
            if isinstance(bad, _Spread):
                return


def json_rows(path: Path) -> Items:
    """Yield the objects of a list; the file is held in memory whole."""
    if path.stat().st_size > _LARGEST_JSON:
        what = "A .json file is read whole, and this one is larger than 512 MB."
        yield BadLine(1, what, "Write it as .jsonl, one object a line.").at(path, 1)
        return
    raw = path.read_bytes().removeprefix(BOM)
    try:
        rows = _json(raw)
    except BadLine as bad:
        yield _json_place(path, raw, bad)
        return
    if not isinstance(rows, list):
        what = f"The file is {_kind(rows)}, not a list of objects."
        fix = "Put the objects in [ ], or write one a line in a .jsonl file."
        yield BadLine(1, what, fix).at(path, 1)
        return
    for at, row in enumerate(rows, 1):
        try:
            yield SeedRow(_object(row), Span(path))
        except BadLine as bad:
            what = f"Item {at} is {_kind(row)}, not an object."
            yield Problem("SOF209", Span(path), what, bad.fix)


def _json(raw: bytes | BadLine) -> Any:
    if isinstance(raw, BadLine):
        raise raw
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        utf8(raw)
        raise _json_words(raw.strip(), error) from None
    # orjson reads an integer beyond 64 bits as a float, which would change it silently
    if _LONG_INTEGER.search(raw):
        _check_integers(raw)
    return value


def _json_words(raw: bytes, error: orjson.JSONDecodeError) -> BadLine:
    if raw in (b"{", b"["):
        fix = "Write each object on one line; a list of objects goes in a .json file."
        return _Spread(1, "The object is spread over several lines.", fix)
    if raw.startswith(b"{'"):
        return BadLine(error.pos + 1, "JSON's quotes are double.", 'Write {"key": "value"}.')
    if "memory" in error.msg or "depth" in error.msg:
        return BadLine(1, "The object is nested too deeply.", "Flatten it.")
    what = f"This is not JSON: {error.msg}."
    if "unexpected end" in what:
        fix = "Close what is open: a quote, `]` or `}`."
        return BadLine(min(error.pos, len(error.doc.rstrip())) + 1, what, fix)
    return BadLine(error.pos + 1, what, 'Write {"key": "value"}, with double quotes.')


def _check_integers(raw: bytes) -> None:
    def whole(digits: str) -> int:
        if len(digits) > 20 or not -(2**63) <= int(digits) < 2**63:
            shown = digits if len(digits) <= _SHOWN else f"{digits[:_SHOWN]}…"
            what = f"The number {shown} is larger than 64 bits hold."
            raise BadLine(1, what, "Write it as a text, in quotes.")
        return int(digits)

    try:
        json.loads(raw, parse_int=whole)
    except RecursionError:
        raise BadLine(1, "The object is nested too deeply.", "Flatten it.") from None


def _json_place(path: Path, raw: bytes, bad: BadLine) -> Problem:
    """Return the problem at its line; ``bad`` counts its column from the start of the file."""
    before = raw.decode("utf-8", "replace")[: bad.column - 1]
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    return Problem("SOF209", Span(path, line, column), bad.what, bad.fix)


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise BadLine(1, f"The line is {_kind(value)}, not an object.", 'Write {"column": value, ...}.')


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return names.get(type(value), "null" if value is None else "a number")

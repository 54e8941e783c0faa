"""Made-up texts that match a regular expression."""

import re
from functools import cache
from random import Random
from typing import Any

_PRINTABLE = [chr(c) for c in range(32, 127)]
_MORE = 12


def matching_text(pattern: str, rng: Random) -> str:
    """Return a text that ``pattern`` matches whole: literals, classes, groups, alternatives, counts.

    An open-ended count is taken at most 12 above its least. Raises NotImplementedError for
    anything else, such as a look-ahead.
    """
    return "".join(_part(op, value, rng) for op, value in _parsed(pattern))


@cache
def _parsed(pattern: str) -> list[tuple[str, Any]]:
    # The standard library's own parser: private, but the only one that reads all of `re`.
    from re import _parser as parser  # type: ignore[attr-defined]

    return [(str(op), value) for op, value in parser.parse(pattern)]


def _part(op: str, value: Any, rng: Random) -> str:
    match op:
        case "LITERAL":
            return chr(value)
        case "ANY" | "NOT_LITERAL":
            return rng.choice([c for c in _PRINTABLE if c != chr(value or 0)])
        case "AT":
            return ""
        case "IN":
            return rng.choice(_members(value))
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = value
            times = rng.randint(least, min(int(most), least + _MORE))
            return "".join(_sequence(inner, rng) for _ in range(times))
        case "SUBPATTERN":
            return _sequence(value[-1], rng)
        case "BRANCH":
            return _sequence(rng.choice(value[1]), rng)
    raise NotImplementedError(f"a text for {op.lower()} in a pattern")


def _sequence(parts: Any, rng: Random) -> str:
    return "".join(_part(str(op), value, rng) for op, value in parts)


def _members(parts: Any) -> list[str]:
    """Return the printable characters of a class."""
    source = "".join(_class_text(str(op), value) for op, value in parts)
    found = re.compile(f"[{source}]")
    return [c for c in _PRINTABLE if found.match(c)]


def _class_text(op: str, value: Any) -> str:
    match op:
        case "NEGATE":
            return "^"
        case "LITERAL":
            return re.escape(chr(value))
        case "RANGE":
            return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
        case "CATEGORY":
            name = str(value).removeprefix("CATEGORY_")
            letter = {"DIGIT": "d", "SPACE": "s", "WORD": "w"}[name.removeprefix("NOT_")]
            return "\\" + (letter.upper() if name.startswith("NOT_") else letter)
    raise NotImplementedError(f"a text for {op.lower()} in a class")

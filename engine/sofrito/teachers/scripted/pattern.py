"""Made-up texts that match a regular expression."""

import re
from functools import cache
from random import Random
from string import ascii_lowercase
from typing import Any

from sofrito.teachers.scripted.words import WORDS

_PRINTABLE = [chr(c) for c in range(32, 127)]
_MORE = 12


def matching_text(pattern: str, rng: Random) -> str:
    """Return a text that ``pattern`` matches whole: literals, classes, groups, alternatives, counts.

    An open-ended count is taken at most 12 above its least, of letters and spaces, which become
    words, at most 60. Raises NotImplementedError for
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
            if _is_prose(inner):
                return _prose(rng.randint(least, min(int(most), least + 5 * _MORE)), rng)
            times = rng.randint(least, min(int(most), least + _MORE))
            return "".join(_sequence(inner, rng) for _ in range(times))
        case "SUBPATTERN":
            return _sequence(value[-1], rng)
        case "BRANCH":
            return _sequence(rng.choice(value[1]), rng)
    raise NotImplementedError(f"a text for {op.lower()} in a pattern")


def _is_prose(parts: Any) -> bool:
    """Whether what is repeated is a class of letters and spaces: a sentence, in all likelihood."""
    if len(parts) != 1 or str(parts[0][0]) != "IN":
        return False
    return {" ", *ascii_lowercase} <= set(_members(parts[0][1]))


def _prose(length: int, rng: Random) -> str:
    """Return words, so many characters of them, the last of which is a letter."""
    text = rng.choice(WORDS)
    while len(text) < length:
        text += f" {rng.choice(WORDS)}"
    text = text[:length]
    return f"{text[:-1]}s" if text.endswith(" ") else text


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

"""Made-up texts that match a regular expression."""

import re
from collections.abc import Mapping
from functools import cache
from random import Random
from string import ascii_lowercase
from typing import Any
from warnings import catch_warnings, simplefilter

from sofrito.teachers.patterns import patterns_of
from sofrito.teachers.scripted.words import WORDS

_PRINTABLE = [chr(c) for c in range(32, 127)]
_MORE = 12
_SHOWN = 64
"""So many characters of a range of another script are ever written."""

_RUST = {
    "L": "a-zA-Z", "Letter": "a-zA-Z", "Alphabetic": "a-zA-Z", "Latin": "a-zA-Z",
    "Lu": "A-Z", "Uppercase": "A-Z", "Ll": "a-z", "Lowercase": "a-z",
    "N": "0-9", "Nd": "0-9", "P": ".,;:!?", "Z": " ", "Zs": " ",
    "Greek": "\u03b1-\u03c9", "Cyrillic": "\u0430-\u044f", "Han": "\u4e00-\u4e40",
    "Hiragana": "\u3041-\u3080", "Katakana": "\u30a1-\u30e0", "Arabic": "\u0627-\u0640",
    "Hebrew": "\u05d0-\u05ea", "Devanagari": "\u0905-\u0939", "Hangul": "\uac00-\uac40",
}  # fmt: skip
"""Some characters of the classes that Rust's expressions know and Python's do not."""

_TOKEN = re.compile(
    r"\\p\{(?:Script=|sc=)?(?P<long>\w+)\}|\\p(?P<short>\w)|\\[xuU]\{(?P<hex>[0-9A-Fa-f]{1,6})\}"
    r"|\\.|\(\?<(?=\w)|.",
    re.DOTALL,
)


def matching_text(pattern: str, rng: Random) -> str:
    """Return a text that ``pattern`` matches whole: literals, classes, groups, alternatives, counts.

    An open-ended count is taken at most 12 above its least, of letters and spaces, which become
    words, at most 60. Raises NotImplementedError for anything else, such as a look-ahead.
    """
    return "".join(_part(op, value, rng) for op, value in _parsed(pattern))


def unwritable(schema: Mapping[str, Any]) -> str:
    """Return the first pattern in a schema that no text is made up for, "" if there is none."""
    beyond = (one for one in patterns_of(schema) if not _is_writable(one))
    return next((f"`pattern: {one}`" for one in beyond), "")


def _is_writable(pattern: str) -> bool:
    try:
        matching_text(pattern, Random(0))
    except NotImplementedError:
        return False
    return True


@cache
def _parsed(pattern: str) -> list[tuple[str, Any]]:
    # The standard library's own parser: private, but the only one that reads all of `re`.
    from re import _parser as parser  # type: ignore[attr-defined]

    try:
        with catch_warnings():
            simplefilter("error", FutureWarning)  # of `[a--b]`: sets of sets, which Rust's have
            return [(str(op), value) for op, value in parser.parse(_as_python(pattern))]
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        raise NotImplementedError(f"a text for {pattern}: {error}") from error


def _as_python(pattern: str) -> str:
    """Return a pattern with what only Rust's expressions have as Python writes it."""
    written, inside = "", False
    for token in _TOKEN.finditer(pattern):
        text = token[0]
        if name := token["long"] or token["short"]:
            if name not in _RUST:
                raise NotImplementedError(f"a text for {text}")
            text = _RUST[name] if inside else f"[{_RUST[name]}]"
        elif token["hex"]:
            text = re.escape(chr(int(token["hex"], 16)))
        elif text in "[]":
            inside = text == "["
        written += "(?P<" if text == "(?<" else text
    return written


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
    """Return the printable characters of a class; of other scripts' where it has none of ASCII."""
    source = "".join(_class_text(str(op), value) for op, value in parts)
    found = re.compile(f"[{source}]")
    members = [c for c in _PRINTABLE if found.match(c)]
    negated = any(str(op) == "NEGATE" for op, _ in parts)
    for op, value in () if members or negated else parts:
        if str(op) == "LITERAL":
            members.append(chr(value))
        elif str(op) == "RANGE":
            members += map(chr, range(value[0], min(value[1], value[0] + _SHOWN) + 1))
    if not members:
        raise NotImplementedError(f"a text for [{source}]")
    return members


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

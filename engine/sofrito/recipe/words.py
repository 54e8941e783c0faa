"""The words in which a recipe's problems are told."""

import math
import re
from collections.abc import Iterable
from typing import Any

from sofrito.recipe.base import Key

_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
_LONGEST = 60


def ticked(names: Iterable[str]) -> str:
    """Return names as a list to read: `a`, `b`."""
    return ", ".join(f"`{name}`" for name in names)


def either(words: Iterable[str], last: str = "or") -> str:
    """Return words as a choice: a, b or c."""
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end


def from_to(low: float, high: float) -> str:
    """Return in words what a number is that lies between two, ends included."""
    if low == high:
        return f"{low:g}"
    if low == -math.inf:
        return f"at most {high:g}"
    return f"at least {low:g}" if high == math.inf else f"from {low:g} to {high:g}"


def type_words(types: str | list[str]) -> str:
    """Return what a value must be, in words."""
    names = [types] if isinstance(types, str) else types
    return either(_TYPES[name] for name in names)


def described(value: Any) -> str:
    """Return what a value is, in words and short."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"`{str(value).lower()}`"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {quoted(value)}"
        case list():
            return "a list"
    return "a mapping"


def quoted(text: str) -> str:
    """Return a text in quotes, cut where it is long."""
    line = re.sub(r"\s+", " ", text)
    return f"«{line[:_LONGEST]}…»" if len(line) > _LONGEST else f"«{line}»"


def label(path: Key) -> str:
    """Return what to call the value at a path: its key, or its number in the list of that key."""
    if not path:
        return "a recipe"
    last = path[-1]
    return f"item {last + 1} of {label(path[:-1])}" if isinstance(last, int) else f"`{last}`"


def sentence(text: str) -> str:
    """Return a text with a capital letter first."""
    return text[:1].upper() + text[1:]

"""How large what a text's method, an operator or a format makes would be, before it is made."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sofrito.recipe.effort import spend
from sofrito.recipe.values import LARGEST, TooLarge, bounded, text_of, weight

BITS = 4096
"""Bits of the largest whole number."""

WIDTH = 1000
"""Characters that are looked for at once, or that a format may fill up."""

_PADDING = frozenset({"center", "ljust", "rjust", "zfill"})
_STRIPPING = frozenset({"strip", "lstrip", "rstrip"})
# Searching backwards, Python compares every place of a text with every character looked for, some
# hundred in the time of a step.
_COMPARED = 256
_PERCENT_WIDTH = re.compile(r"%[^a-zA-Z%]*(?:\*|\d{4})")


def bearable(text: str, method: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments of a text's method; raises TooLarge where it would make too much."""
    if method in _PADDING and isinstance(args[0], int):
        bounded(args[0])
    elif method in _STRIPPING:
        few_characters(args[0])
    elif method == "replace" and len(args) > 1:
        bounded(replaced_size(text, args[0], args[1]))
    elif method == "join":
        parts = [*args[0]]
        bounded(sum(map(len, parts)) + len(parts) * len(text))
        return (parts,)
    return args


def searched_backwards(text: str, args: tuple[Any, ...]) -> None:
    """Count what a search from the end of a text takes."""
    for sought in args:
        if isinstance(sought, str):
            spend(len(text) * len(sought) // _COMPARED)


def few_characters(characters: Any) -> None:
    """Raise TooLarge for more characters than are looked for at once."""
    if isinstance(characters, str) and len(characters) > WIDTH:
        raise TooLarge(f"a search for more than {WIDTH} characters at once")


def replaced_size(text: str, old: Any, new: Any) -> int:
    """Return about how many characters a replacement leaves."""
    return len(text) + text.count(text_of(old)) * len(text_of(new))


def percent(text: str, values: Any) -> str:
    """Return ``text % values``, if it is not too large."""
    bounded(operated_size("%", text, values))
    return str(text % values)


def operated_size(operator: str, left: Any, right: Any) -> int:
    """Return about how large the result of an operator is, 0 where it cannot be large."""
    match operator, left, right:
        case "+", str() | list() | tuple(), str() | list() | tuple():
            return len(left) + len(right)
        case "*", int(), str() | list() | tuple():
            return left * weight(right)
        case "*", str() | list() | tuple(), int():
            return weight(left) * right
        case "*", int(), int() if left.bit_length() + right.bit_length() > BITS:
            return LARGEST + 1
        case "**", int(), int() if left.bit_length() * right > BITS:
            return LARGEST + 1
        case "%", str(), _:
            return _percent_size(left, right)
    return 0


def _percent_size(text: str, values: Any) -> int:
    if _PERCENT_WIDTH.search(text):
        return LARGEST + 1
    several: Iterable[Any] = (values,)
    if isinstance(values, Mapping):
        several = values.values()
    elif isinstance(values, tuple):
        several = values
    longest = max((len(text_of(value)) for value in several), default=0)
    return len(text) + text.count("%") * longest

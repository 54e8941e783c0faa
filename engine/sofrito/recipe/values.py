"""What a recipe's expressions and templates may make: plain data of a bearable size."""

from collections.abc import ItemsView, Iterator, KeysView, Mapping, ValuesView
from datetime import date, time
from math import isfinite
from typing import Any

from jinja2 import TemplateRuntimeError, Undefined

from sofrito.recipe.effort import spend

LARGEST = 1_000_000
"""Characters of the longest text, and items of the longest list, that a recipe may make."""

_ITEM = 100
"""Characters that an item counts for in a value that is kept or printed: looking at it takes time."""
_SIMPLE = (str, int, float, Undefined)


class TooLarge(TemplateRuntimeError):
    """A value would be too large; says which."""

    def __init__(self, what: str = f"more than {LARGEST:,} characters or items") -> None:
        super().__init__(f"it makes {what}")


def bounded(size: int) -> None:
    """Raise TooLarge for a size, in characters or items, that is above LARGEST; else count it."""
    if size > LARGEST:
        raise TooLarge
    spend(size)


def weight(value: Any) -> int:
    """Return how many characters and items a value has, all that it holds included.

    What stands in it several times counts as often. Counting stops above LARGEST.
    """
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, list | tuple | dict):
        return 1
    waiting: list[Any] = [value]
    total = 0
    while waiting and total <= LARGEST:
        one = waiting.pop()
        if isinstance(one, str):
            total += len(one)
        elif isinstance(one, list | tuple | dict):
            total += len(one) + 1
            if total <= LARGEST:
                waiting.extend(one.values() if isinstance(one, dict) else one)
    return total


def plain(value: Any) -> Any:
    """Return a value as what a column can hold: texts, numbers, truths, nulls, lists and mappings.

    Lazy sequences become lists. Raises TooLarge, and TemplateRuntimeError for what is no data.
    """
    return _plain(value, [LARGEST])


def _plain(value: Any, left: list[int]) -> Any:
    left[0] -= len(value) if isinstance(value, str) else _ITEM
    if left[0] < 0:
        raise TooLarge
    match value:
        case None | bool() | date() | time():
            return value
        case str():
            return whole(str(value))
        case int():
            if not -(2**63) <= value < 2**64:
                raise TooLarge("a whole number of more than 64 bits")
            return value
        case float():
            if not isfinite(value):
                raise TemplateRuntimeError("it makes a number that is infinite or none at all")
            return value
        case Undefined():
            return str(value)  # raises, and the message names what is missing
        case Mapping():
            return {_key(key): _plain(one, left) for key, one in value.items()}
        case list() | tuple() | Iterator() | KeysView() | ValuesView() | ItemsView():
            return [_plain(one, left) for one in value]
    raise TemplateRuntimeError(_not_data(value))


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TemplateRuntimeError(f"it makes a mapping with the key {key!r}, which is no text")
    return whole(str(key))


def whole(text: str) -> str:
    """Return a text; raises TemplateRuntimeError for one that no file could take."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise TemplateRuntimeError("it writes half of a character (a lone surrogate)") from None
    return text


def text_of(value: Any) -> str:
    """Return a value as it stands in a text: a null as nothing, the rest as Python writes it."""
    if type(value) is str:
        return value
    return "" if value is None else str(printed(value))


def printed(value: Any) -> Any:
    """Return what `{{ value }}` prints; raises TemplateRuntimeError for what is no data."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, _SIMPLE):
        return value
    if isinstance(value, Iterator | KeysView | ValuesView | ItemsView):
        raise TemplateRuntimeError("a sequence is not a text yet: write `| join(', ')` behind it")
    return plain(value)


def _not_data(value: Any) -> str:
    if callable(value):
        name = getattr(value, "__name__", type(value).__name__)
        return f"`{name}` is not a value: to call it, write `{name}()`"
    return f"{type(value).__name__} is not a value that a column can hold"

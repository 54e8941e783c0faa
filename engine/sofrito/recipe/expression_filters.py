"""The filters of the expression language that Jinja does not have, or has without bounds."""

import json
import re
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from jinja2 import Environment, pass_environment
from jinja2.filters import (
    do_batch,
    do_indent,
    do_int,
    do_round,
    do_trim,
    make_attrgetter,
    sync_do_slice,
)

from sofrito.recipe.sandbox_sizes import few_characters, percent, replaced_size
from sofrito.recipe.untag import untag
from sofrito.recipe.values import TooLarge, bounded, plain, text_of

_NUMBER = re.compile(r"(?:(?<!\w)[-−])?\d[\d,]*(?:\.\d+)?")
_MOST = 1000
_DIGITS = 1000


def last_number(text: Any) -> str:
    """Return the last number of a text without thousands separators, or "" where there is none.

    A hyphen that follows a letter or digit, as in 3-5, is no sign.
    """
    found = _NUMBER.findall(text_of(text))
    return found[-1].replace(",", "").replace("−", "-") if found else ""


def _tojson(value: Any, indent: int | None = None) -> str:
    if indent is not None:
        _few(indent)
    return json.dumps(plain(value), ensure_ascii=False, indent=indent)


def _replace(value: Any, old: Any, new: Any, count: int | None = None) -> str:
    text = text_of(value)
    bounded(replaced_size(text, old, new))
    return text.replace(text_of(old), text_of(new), -1 if count is None else count)


@pass_environment
def _join(
    environment: Environment, value: Iterable[Any], d: Any = "", attribute: str | int | None = None
) -> str:
    get = make_attrgetter(environment, attribute) if attribute is not None else None
    parts = [text_of(get(one) if get else one) for one in value]
    between = text_of(d)
    bounded(sum(map(len, parts)) + len(between) * len(parts))
    return between.join(parts)


def _indent(value: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    text = text_of(value)
    size = width if isinstance(width, int) else len(width)
    bounded(len(text) + (text.count("\n") + 1) * size)
    return do_indent(text, width, first, blank)


def _format(value: Any, *args: Any, **kwargs: Any) -> str:
    return percent(text_of(value), kwargs or args)


def _int(value: Any, default: int = 0, base: int = 10) -> int:
    return default if len(text_of(value)) > _DIGITS else do_int(value, default, base)


@pass_environment
def _sum(
    environment: Environment,
    value: Iterable[Any],
    attribute: str | int | None = None,
    start: float = 0,
) -> Any:
    get = make_attrgetter(environment, attribute) if attribute is not None else None
    return sum((_number(get(one) if get else one) for one in value), _number(start))


def _number(value: Any) -> Any:
    if isinstance(value, list | tuple):  # the sum of many lists copies each of them as often
        raise TypeError("sum adds numbers, not lists")
    return value


def _trim(value: Any, chars: str | None = None) -> str:
    few_characters(chars)
    return do_trim(text_of(value), chars)


def _few(number: Any) -> None:
    if isinstance(number, int) and abs(number) > _MOST:
        raise TooLarge(f"something of {number}, where at most {_MOST} are allowed")


def _with_few(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def checked(value: Any, *args: Any, **kwargs: Any) -> Any:
        for number in (*args, *kwargs.values()):
            _few(number)
        return function(value, *args, **kwargs)

    return checked


FILTERS: dict[str, Callable[..., Any]] = {
    "batch": _with_few(do_batch),
    "format": _format,
    "indent": _indent,
    "int": _int,
    "join": _join,
    "last_number": last_number,
    "replace": _replace,
    "round": _with_few(do_round),
    "slice": _with_few(sync_do_slice),
    "string": text_of,
    "sum": _sum,
    "tojson": _tojson,
    "trim": _trim,
    "untag": untag,
}

"""What templates and expressions may name: filters, tests, functions, and the attributes of values."""

from datetime import date, datetime, time, timedelta
from typing import Any

from jinja2.environment import TemplateModule
from jinja2.runtime import BlockReference, LoopContext, Macro, TemplateReference


def _words(text: str) -> list[str]:
    return text.split()


# What else Jinja has builds large texts from small ones (range, center, wordwrap), gives other
# results on every run (random, lipsum, pprint) or makes HTML, which then spreads by concatenation
# (escape, safe, xmlattr).
FILTERS = frozenset(
    _words("""abs batch capitalize count d default dictsort first float format groupby indent int items
    join last length list lower map max min reject rejectattr replace reverse round select
    selectattr slice sort string striptags sum title tojson trim truncate unique upper
    wordcount""")
)
TESTS = frozenset(
    _words("""boolean defined divisibleby eq equalto even false float ge greaterthan gt in integer iterable
    le lessthan lower lt mapping ne none number odd sameas sequence string true undefined upper
    == != > >= < <=""")
)
GLOBALS = frozenset({"dict"})

_TEXT = """capitalize casefold center count endswith find format format_map index isalnum isalpha
    isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle isupper
    join ljust lower lstrip partition removeprefix removesuffix replace rfind rindex rjust
    rpartition rsplit rstrip split splitlines startswith strip swapcase title upper zfill"""
_DAY = "year month day isoformat isocalendar isoweekday strftime toordinal weekday"
_TIME = "hour minute second microsecond isoformat strftime"

# Bytes are no column's type; a clock, a time zone and the inside of a function are nobody's data.
_ATTRIBUTES: dict[type, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        str: _TEXT,
        int: "bit_length is_integer real imag numerator denominator",
        bool: "",
        float: "is_integer real imag",
        list: "copy count index",
        tuple: "count index",
        dict: "copy get items keys values",
        date: _DAY,
        time: _TIME,
        datetime: f"{_DAY} {_TIME} date time",
        timedelta: "days seconds microseconds total_seconds",
        LoopContext: """changed cycle depth depth0 first index index0 last length nextitem previtem
            revindex revindex0""",
        Macro: "arguments catch_kwargs catch_varargs caller name",
        BlockReference: "super",
        TemplateReference: "",
    }.items()
}
OF_DICT, OF_LOOP = _ATTRIBUTES[dict], _ATTRIBUTES[LoopContext]


def readable(kind: type) -> frozenset[str]:
    """Return the attributes of values of a type that a recipe may read."""
    return _ATTRIBUTES.get(kind, frozenset())


def may_read(value: Any, attribute: str) -> bool:
    """Say whether a recipe may read an attribute of a value.

    Of an imported file it may read the macros, of a group that `groupby` makes its two parts.
    """
    allowed = _ATTRIBUTES.get(type(value))
    if allowed is not None:
        return attribute in allowed
    if isinstance(value, TemplateModule):
        return not attribute.startswith("_")
    return isinstance(value, tuple) and attribute in getattr(type(value), "_fields", ())

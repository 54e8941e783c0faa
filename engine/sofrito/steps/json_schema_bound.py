"""A bound on what the check of a JSON Schema may cost, by counting what it visits."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

MOST = 200_000
"""Visits in one check: of a keyword of the schema, and of each part that it or the value has there."""

DEEPEST = 150
"""Keywords within each other in one check, by references or by the value: well within Python's stack.

At its end the check would not fail but panic, in the Rust below jsonschema.
"""

PARTS = 1000
"""Schemas that a schema may consist of."""

NESTED = 64
"""Objects and lists within each other in a schema: far fewer than Python's stack has room to check."""

_REFERENCE = 20
_REFERENCES = frozenset(("$ref", "$dynamicRef", "$recursiveRef"))
Keyword = Callable[[Any, Any, Any, Any], Any]


class TooMuch(Exception):
    """A check would take too long, or go too deep."""


class Meter:
    """Counts visits; raises TooMuch where there are more than ``MOST``, or ``DEEPEST`` at once."""

    def __init__(self) -> None:
        self._left, self._within = MOST, 0

    def reset(self) -> None:
        """Begin a check."""
        self._left, self._within = MOST, 0

    @contextmanager
    def visit(self, visits: int) -> Iterator[None]:
        """Count so many visits, and all inside as within this one."""
        self.count(visits)
        self._within += 1
        if self._within > DEEPEST:
            raise TooMuch(f"the schema goes deeper than {DEEPEST} levels there, or never ends")
        try:
            yield
        finally:
            self._within -= 1

    def count(self, visits: int) -> None:
        """Count so many visits."""
        self._left -= visits
        if self._left < 0:
            raise TooMuch(f"the schema takes more than {MOST:,} comparisons")


def bounded(keywords: Mapping[str, Keyword], meter: Meter, parts: int) -> dict[str, Keyword]:
    """Return jsonschema's functions for keywords, each of which counts.

    A `$ref` may name a part of the schema any number of times, and so a short schema take years. It
    counts as the ``parts`` of the schema that may be searched for it. The characters of errors count
    too: each quotes a value that is as long as it likes.
    """

    def counting(keyword: Keyword, least: int = 1) -> Keyword:
        def counted(validator: Any, said: Any, instance: Any, schema: Any) -> Iterator[Any]:
            with meter.visit(least + _parts(said) + _parts(instance)):
                for error in keyword(validator, said, instance, schema) or ():
                    meter.count(1 + len(error.message) // 100)
                    yield error

        return counted

    reference = _REFERENCE + parts
    made = {
        name: counting(keyword, reference if name in _REFERENCES else 1)
        for name, keyword in keywords.items()
    }
    return {**made, "uniqueItems": counting(_unique)}


def _parts(value: Any) -> int:
    return len(value) if isinstance(value, list | tuple | dict) else 0


def _unique(validator: Any, said: Any, instance: Any, _: Any) -> Iterator[Any]:
    """Find items that are equal in one pass; jsonschema compares each with each."""
    from jsonschema.exceptions import ValidationError

    if said and validator.is_type(instance, "array"):
        known = {frozen(one) for one in instance}
        if len(known) < len(instance):
            yield ValidationError(f"{instance!r} has non-unique elements")


def frozen(value: Any) -> Any:
    """Return what is equal, and hashed alike, where JSON's values are equal: 1 and 1.0, not 1 and true."""
    if isinstance(value, dict):
        return dict, frozenset((key, frozen(one)) for key, one in value.items())
    if isinstance(value, list | tuple):
        return list, tuple(map(frozen, value))
    return (bool, value) if isinstance(value, bool) else value

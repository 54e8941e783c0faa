"""JSON Schemas that come with the data: checked where nothing is fetched and no pattern runs away."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any

import orjson

from sofrito.recipe.regex import regex
from sofrito.steps.json_schema_bound import PARTS, Meter, TooMuch, bounded

_SHOWN = 200
_LONGEST = 200_000
_PATTERNS = 100
_ERRORS = 100
"""Errors among which the most telling one is searched."""
_MISSING = frozenset(("patternProperties", "unevaluatedItems", "unevaluatedProperties"))
_NAMED = ("properties", "$defs", "definitions", "dependentSchemas")


class JsonSchema:
    """A schema of draft 2020-12, or the draft it names.

    Differs from the standard in some ways, as a stranger may have written it: a `$ref` leads nowhere
    but into the schema itself; patterns are those of :mod:`sofrito.recipe.regex`, for which reason
    there is no `patternProperties`; a check takes so many comparisons and no more, for which reason
    there is no `unevaluatedItems` and no `unevaluatedProperties`.
    """

    def __init__(self, schema: Any) -> None:
        self._schema = schema

    @cached_property
    def fault(self) -> str:
        """What makes it no schema, or ""."""
        from jsonschema.exceptions import SchemaError

        if not isinstance(self._schema, Mapping | bool):
            return "it is no object"
        try:
            _readable(self._schema)
            type(self._validator).check_schema(self._schema)
        except SchemaError as error:
            return f"{_path(error.absolute_path)}{error.message}"[:_SHOWN]
        except (ValueError, RecursionError) as error:
            return (str(error) or "it is nested too deeply")[:_SHOWN]
        return ""

    def misfit(self, value: Any) -> str:
        """Return in words the first thing in which a value does not fit, or ""."""
        from jsonschema.exceptions import best_match
        from referencing.exceptions import Unresolvable

        self._meter.reset()
        try:
            error = best_match(islice(self._validator.iter_errors(value), _ERRORS))
        except Unresolvable as unresolvable:
            return f"`{unresolvable.ref}` is not in the schema"[:_SHOWN]
        except RecursionError:
            return "the schema never ends"
        except TooMuch as much:
            return str(much)
        return "" if error is None else f"{_path(error.absolute_path)}{error.message}"[:_SHOWN]

    @cached_property
    def _meter(self) -> Meter:
        return Meter()

    @cached_property
    def _validator(self) -> Any:
        from jsonschema.validators import Draft202012Validator, extend, validator_for
        from referencing import Registry

        kind = validator_for(self._schema, default=Draft202012Validator)
        known = {**kind.VALIDATORS, "pattern": _pattern}
        keywords = bounded(known, self._meter, len(list(_parts(self._schema))))
        made: Any = extend(kind, keywords)  # type: ignore[no-untyped-call]
        return made(self._schema, registry=Registry())


def read_json(value: Any) -> tuple[Any, str]:
    """Return a value, a text read as JSON, and what kept it from being read or ""."""
    if not isinstance(value, str):
        return value, ""
    try:
        return orjson.loads(value), ""
    except orjson.JSONDecodeError as error:
        return None, str(error)[:_SHOWN]


def _readable(schema: Any) -> None:
    """Raise ValueError where a schema is too large, or has what cannot be bounded."""
    if len(list(islice(_parts(schema), PARTS + 1))) > PARTS:
        raise ValueError(f"it has more than {PARTS:,} parts")
    if len(orjson.dumps(schema, default=str)) > _LONGEST:
        raise ValueError(f"it has more than {_LONGEST:,} characters")
    if sum("pattern" in part for part in _parts(schema)) > _PATTERNS:
        raise ValueError(f"it has more than {_PATTERNS} patterns")
    for part in _parts(schema):
        for keyword in _MISSING & part.keys():
            raise ValueError(f"`{keyword}` is not supported")
        if isinstance(source := part.get("pattern"), str):
            regex(source)


def _parts(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Yield a schema and all within it."""
    if isinstance(schema, list | tuple):
        for one in schema:
            yield from _parts(one)
    if not isinstance(schema, Mapping):
        return
    yield schema
    for key, one in schema.items():
        named = key in _NAMED and isinstance(one, Mapping)
        yield from _parts(list(one.values()) if named else one)


def _pattern(validator: Any, source: str, instance: Any, _: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if validator.is_type(instance, "string") and not regex(source).found_in(instance):
        yield ValidationError(f"{instance!r} does not match {source!r}")


def _path(path: Any) -> str:
    where = ".".join(map(str, path))
    return f"{where}: " if where else ""

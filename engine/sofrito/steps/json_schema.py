"""JSON Schemas that come with the data: checked where nothing is fetched and no pattern runs away."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import orjson

from sofrito.recipe.regex import regex

_SHOWN = 200
_NAMED = ("properties", "$defs", "definitions", "dependentSchemas")


class JsonSchema:
    """A schema of draft 2020-12, or the draft it names.

    Differs from the standard in two ways, as a stranger may have written it: a `$ref` leads nowhere
    but into the schema itself, and patterns are those of :mod:`sofrito.recipe.regex`, for which reason
    there is no `patternProperties`.
    """

    def __init__(self, schema: Mapping[str, Any] | bool) -> None:
        self._schema = schema

    @cached_property
    def fault(self) -> str:
        """What makes it no schema, or ""."""
        from jsonschema.exceptions import SchemaError

        try:
            type(self._validator).check_schema(self._schema)
            for source in _patterns(self._schema):
                regex(source)
        except SchemaError as error:
            return f"{_path(error.absolute_path)}{error.message}"[:_SHOWN]
        except (ValueError, RecursionError) as error:
            return (str(error) or "it is nested too deeply")[:_SHOWN]
        return ""

    def misfit(self, value: Any) -> str:
        """Return in words the first thing in which a value does not fit, or ""."""
        from jsonschema.exceptions import best_match
        from referencing.exceptions import Unresolvable

        try:
            error = best_match(self._validator.iter_errors(value))
        except Unresolvable as unresolvable:
            return f"`{unresolvable.ref}` is not in the schema"[:_SHOWN]
        except RecursionError:
            return "the schema never ends"
        return "" if error is None else f"{_path(error.absolute_path)}{error.message}"[:_SHOWN]

    @cached_property
    def _validator(self) -> Any:
        from jsonschema.validators import Draft202012Validator, extend, validator_for
        from referencing import Registry

        kind = validator_for(self._schema, default=Draft202012Validator)
        bounded: Any = extend(kind, {"pattern": _pattern})  # type: ignore[no-untyped-call]
        return bounded(self._schema, registry=Registry())


def read_json(value: Any) -> tuple[Any, str]:
    """Return a value, a text read as JSON, and what kept it from being read or ""."""
    if not isinstance(value, str):
        return value, ""
    try:
        return orjson.loads(value), ""
    except orjson.JSONDecodeError as error:
        return None, str(error)[:_SHOWN]


def _patterns(schema: Any) -> Iterator[str]:
    """Yield the patterns of a schema; raises ValueError for what jsonschema searches by itself."""
    if isinstance(schema, list | tuple):
        for one in schema:
            yield from _patterns(one)
    if not isinstance(schema, Mapping):
        return
    if "patternProperties" in schema:
        raise ValueError("`patternProperties` is not supported")
    if isinstance(schema.get("pattern"), str):
        yield schema["pattern"]
    for key, one in schema.items():
        named = key in _NAMED and isinstance(one, Mapping)
        yield from _patterns(list(one.values()) if named else one)


def _pattern(validator: Any, source: str, instance: Any, _: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if validator.is_type(instance, "string") and not regex(source).found_in(instance):
        yield ValidationError(f"{instance!r} does not match {source!r}")


def _path(path: Any) -> str:
    where = ".".join(map(str, path))
    return f"{where}: " if where else ""

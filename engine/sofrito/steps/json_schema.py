"""JSON Schemas that come with the data: checked where nothing is fetched and no pattern runs away."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any

import orjson

from sofrito.recipe.regex import regex
from sofrito.steps.json_schema_bound import NESTED, PARTS, Meter, TooMuch, bounded

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
    but into the schema itself; `$schema` stands at its top alone; patterns are those of
    :mod:`sofrito.recipe.regex`, for which reason there is no `patternProperties`; a check takes so
    many comparisons and no more, for which reason there is no `unevaluatedItems` and no
    `unevaluatedProperties`.
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
            self._kind.check_schema(self._schema)
        except SchemaError as error:
            return f"{_path(error.absolute_path)}{error.message}"[:_SHOWN]
        except ValueError as error:
            return (str(error) or "it cannot be read")[:_SHOWN]
        except RecursionError:
            return "it is nested too deeply"
        except Exception as error:  # whatever a stranger's schema makes jsonschema raise
            return f"it cannot be read ({type(error).__name__})"
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
        except Exception as error:
            # A `$ref` may lead to what no metaschema has checked; of that jsonschema raises anything.
            return f"the schema cannot be applied ({type(error).__name__})"
        return "" if error is None else f"{_path(error.absolute_path)}{error.message}"[:_SHOWN]

    @cached_property
    def _meter(self) -> Meter:
        return Meter()

    @cached_property
    def _kind(self) -> Any:
        return _draft(self._schema)

    @cached_property
    def _validator(self) -> Any:
        from jsonschema.validators import extend
        from referencing import Registry

        known = {**self._kind.VALIDATORS, "pattern": _pattern}
        keywords = bounded(known, self._meter, len(list(_parts(self._schema))))
        made: Any = extend(self._kind, keywords)  # type: ignore[no-untyped-call]
        # Where jsonschema meets `$schema`, it goes on with keywords of its own, that do not count.
        return made(_undated(self._schema), registry=Registry())


def read_json(value: Any) -> tuple[Any, str]:
    """Return a value, a text read as JSON, and what kept it from being read or ""."""
    if not isinstance(value, str):
        return value, ""
    try:
        return orjson.loads(value), ""
    except orjson.JSONDecodeError as error:
        return None, str(error)[:_SHOWN]


def _draft(schema: Any) -> Any:
    """Return jsonschema's class for the draft that a schema names; ValueError where it is unknown."""
    from jsonschema.validators import Draft202012Validator, validator_for

    if isinstance(schema, bool) or "$schema" not in schema:
        return Draft202012Validator
    named = schema["$schema"]
    if not isinstance(named, str):
        raise ValueError("`$schema` is no text")
    named = named.replace("https://json-schema.org/draft-0", "http://json-schema.org/draft-0")
    unknown: Any = None
    kind = validator_for({"$schema": named}, default=unknown)
    if kind is None:
        raise ValueError(f"`$schema` names no known draft: {named}")
    return kind


def _undated(schema: Any) -> Any:
    if isinstance(schema, bool):
        return schema
    return {key: one for key, one in schema.items() if key != "$schema"}


def _readable(schema: Any) -> None:
    """Raise ValueError where a schema is too large, or has what cannot be bounded."""
    _shallow(schema)
    if len(list(islice(_parts(schema), PARTS + 1))) > PARTS:
        raise ValueError(f"it has more than {PARTS:,} parts")
    if len(json.dumps(schema, default=str, ensure_ascii=False)) > _LONGEST:
        raise ValueError(f"it has more than {_LONGEST:,} characters")
    if sum("pattern" in part for part in _parts(schema)) > _PATTERNS:
        raise ValueError(f"it has more than {_PATTERNS} patterns")
    for part in _parts(schema):
        for keyword in _MISSING & part.keys():
            raise ValueError(f"`{keyword}` is not supported")
        if part is not schema and "$schema" in part:
            raise ValueError("`$schema` stands within it, and not at its top")
        if isinstance(source := part.get("pattern"), str):
            regex(source)


def _shallow(schema: Any) -> None:
    """Raise ValueError where a schema is nested too deeply, or is no JSON for what its keys are."""
    within = [schema]
    for _ in range(NESTED):
        objects = [one for one in within if isinstance(one, Mapping)]
        for key in (key for one in objects for key in one if not isinstance(key, str)):
            raise ValueError(f"the key {str(key)[:80]} is no text: put it between quotes")
        lists: list[Any] = [one for one in within if isinstance(one, list | tuple)]
        within = [inner for one in (*lists, *(one.values() for one in objects)) for inner in one]
        if not within:
            return
    raise ValueError(f"it is nested deeper than {NESTED} levels")


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

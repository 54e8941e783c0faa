"""What the JSON Schema says of recipes that extend others, and of values that are parameters'."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sofrito.recipe.schema_models import Schema

REFERENCE = r"^\$\{\s*params\.[^{}]+\}$"
"""A value that is a parameter's, as the pattern of a text."""

_REFERS: Schema = {"pattern": REFERENCE}
_FILE = "recipe"
_NOT_TEXT = ("integer", "number", "boolean", "array")
_MAPS = ("properties", "$defs")
_INNER = ("items", "additionalProperties", "then", "else")
_NEVER_REMOVED = ("recipe", "extends", "steps", "sofrito")


def extensible(root: Schema) -> Schema:
    """Return a recipe's schema in which one that extends another needs only what is its own."""
    own = [key for key in root["required"] if key == _FILE]
    rest = [key for key in root["required"] if key != _FILE]
    steps = root["properties"]["steps"]
    by_name = {
        **steps,
        "type": ["array", "object"],
        "additionalProperties": {"type": ["object", "null"]},
    }
    return {
        **root,
        "required": own,
        "properties": {**root["properties"], "steps": by_name},
        "if": {"type": "object", "required": ["extends"]},
        "then": {},
        "else": {"required": rest, "properties": {"steps": {"type": "array"}}},
    }


def removable(schema: Schema) -> Schema:
    """Return a schema in which null may stand for what one that extends another leaves out.

    That is any key of the recipe, and any entry of those that are mappings by name. Where nothing is
    extended, null is no value.
    """
    defs, strict = dict(schema["$defs"]), dict(schema["else"]["properties"])
    properties = dict(schema["properties"])
    for key, one in properties.items():
        if key not in _NEVER_REMOVED:
            properties[key], strict[key] = _or_null(one, defs)
            if isinstance(entry := one.get("additionalProperties"), dict):
                loose, typed = _or_null(entry, defs)
                properties[key] = {**properties[key], "additionalProperties": loose}
                strict[key] = {**strict[key], "additionalProperties": typed}
    otherwise = {**schema["else"], "properties": strict}
    return {**schema, "properties": properties, "else": otherwise, "$defs": defs}


def _or_null(one: Schema, defs: dict[str, Schema]) -> tuple[Schema, Schema]:
    """Return a schema that allows null, and what forbids it again; a definition is changed in place."""
    name = one.get("$ref", "").removeprefix("#/$defs/")
    types = _types(defs[name] if name else one)
    kept = [each for each in types if each != "null"]
    strict = {"type": kept[0] if len(kept) == 1 else kept}
    if not kept:
        return one, {}
    if name:
        defs[name] = {**defs[name], "type": [*kept, "null"]}
        return one, strict
    return {**one, "type": [*kept, "null"]}, strict


def parametrised(schema: Any) -> Any:
    """Return a schema in which a parameter may stand for any number, list, choice, true or false."""
    return _each(schema, _or_parameter)


def _or_parameter(one: Schema) -> Schema:
    types = _types(one)
    if types == ["string"] and "enum" in one and "if" not in one:
        rest = {key: value for key, value in one.items() if key != "enum"}
        words = {"enum": one["enum"]}
        return {**rest, "examples": one["enum"], "if": _REFERS, "then": {}, "else": words}
    if one.get("if") == {"type": "object"} and one.get("else", {}).keys() == {"enum"}:
        return {**one, "else": {"if": _REFERS, "then": {}, "else": one["else"]}}
    if not any(each in _NOT_TEXT for each in types) or "$ref" in one.get("items", {}):
        return one
    if "string" not in types:
        return {**one, "type": [*types, "string"], "pattern": REFERENCE}
    if "pattern" in one:
        return {**one, "pattern": f"{one['pattern']}|{REFERENCE}"}
    return one


def settled(schema: Schema) -> Schema:
    """Return a published schema as it is once nothing is extended and no parameter is left.

    Null is then a value only where it stands among the examples of a schema.
    """
    plain: Schema = _each(schema, _without)
    return plain


class _Settled(Mapping[str, Schema]):
    """The definitions of a published schema, each settled when it is first asked for."""

    def __init__(self, published: Mapping[str, Schema]) -> None:
        self._published, self._found = published, dict[str, Schema]()

    def __getitem__(self, name: str) -> Schema:
        if name not in self._found:
            self._found[name] = settled(self._published[name])
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._published)

    def __len__(self) -> int:
        return len(self._published)


def _without(one: Schema) -> Schema:
    if one.get("if") == _REFERS:
        kept = {key: one[key] for key in one if key not in ("examples", "if", "then", "else")}
        one = {**kept, **one["else"]}
    own = None in one.get("examples", ())
    types = [each for each in _types(one) if each != "null" or own]
    pattern = one.get("pattern", "")
    aside = ("type", "pattern", "anyOf") if _of_keys(one) else ("type", "pattern")
    rest = {key: value for key, value in one.items() if key not in aside}
    if pattern == REFERENCE:
        types.remove("string")
        pattern = ""
    pattern = pattern.removesuffix(f"|{REFERENCE}")
    head: Schema = {"type": types[0] if len(types) == 1 else types} if types else {}
    return {**rest, **head, **({"pattern": pattern} if pattern else {})}


def _of_keys(one: Schema) -> bool:
    """Say whether a choice is only of the keys that are needed: the models tell it in better words."""
    return all(branch.keys() == {"required"} for branch in one.get("anyOf", ()))


def _types(one: Schema) -> list[str]:
    types = one.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _each(schema: Any, change: Callable[[Schema], Schema]) -> Any:
    """Return a schema with a change made to it and to all within, but for its conditions."""
    if not isinstance(schema, dict):
        return schema
    inner = dict(schema)
    for key, value in schema.items():
        if key in _MAPS:
            inner[key] = {name: _each(one, change) for name, one in value.items()}
        elif key in _INNER:
            inner[key] = _each(value, change)
    return change(inner)


def whole(schema: Schema) -> Schema:
    """Return the schema of a recipe that what it extends is merged into, its parameters put in.

    A recipe needs few of the definitions: of `$defs`, only those that are looked up are made.
    """
    if "else" not in schema:
        return schema
    top = {key: one for key, one in schema.items() if key != "$defs"}
    schema = {**settled(top), "$defs": _Settled(schema["$defs"])}
    rest = schema["else"]
    steps = {**schema["properties"]["steps"], **rest["properties"]["steps"]}
    steps.pop("additionalProperties", None)
    kept = {key: one for key, one in schema.items() if key not in ("if", "then", "else")}
    return {
        **kept,
        "required": [*schema["required"], *rest["required"]],
        "properties": {**schema["properties"], "steps": steps},
    }

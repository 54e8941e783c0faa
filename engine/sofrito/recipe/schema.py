"""The JSON Schema of recipes, generated from the models: what editors complete and check with."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from sofrito.problems import Trouble
from sofrito.recipe.base import Check, Part, Verb, Vocabulary, Writer
from sofrito.recipe.docs import class_doc, field_docs
from sofrito.recipe.model import Model, Recipe

FILE = "recipe.schema.json"

Schema = dict[str, Any]

_MAPS_OF_SCHEMAS = ("properties", "$defs", "patternProperties")
_DATA = ("default", "enum", "const", "examples", "required")
_SHARED = ("name", "when", "keep")


def recipe_schema(vocabulary: Vocabulary) -> Schema:
    """Return the JSON Schema (draft 2020-12) of the recipes that a vocabulary allows.

    A step, a filter and a format are never a union: each is told by its one key, so that an editor
    completes the keys of that very verb and a validator names the key that is wrong. Raises Trouble
    where the vocabulary contradicts itself.
    """
    check_vocabulary(vocabulary)
    definitions = _Definitions()
    root = definitions.of(Recipe)
    for kind, classes in _kinds(vocabulary):
        for name, cls in classes.items():
            definitions.entries[f"{kind}.{name}"] = definitions.of(cls)
    definitions.entries["Verb"] = _step(vocabulary, definitions.entries)
    definitions.entries["Check"] = _entry("filter", vocabulary.filters, definitions.entries)
    definitions.entries["Writer"] = _entry("format", vocabulary.formats, definitions.entries)
    if vocabulary.backends:
        model = definitions.entries[Model.__name__]
        model["properties"]["backend"]["enum"] = list(vocabulary.backends)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sofrito recipe",
        **root,
        "$defs": dict(sorted(definitions.entries.items())),
    }


def check_vocabulary(vocabulary: Vocabulary) -> None:
    """Raise Trouble where an option of a verb bears a verb's name: the step's verb would be unclear."""
    for name, cls in vocabulary.verbs.items():
        for option in options(cls):
            if option != name and option in vocabulary.verbs:
                raise Trouble(
                    f"The verb `{name}` has an option `{option}`, and `{option}` is a verb.",
                    f"Rename the option in {cls.__module__}.{cls.__qualname__}.",
                )


def options(cls: type[Part]) -> tuple[str, ...]:
    """Return the keys that a mapping of this kind may have, as written in YAML."""
    return tuple(field.alias or name for name, field in cls.model_fields.items())


def write_schemas(folder: Path, vocabulary: Vocabulary) -> Path:
    """Write the published schema into a folder, and return its file."""
    file = folder / FILE
    file.write_text(published(vocabulary), encoding="utf-8")
    return file


def published(vocabulary: Vocabulary) -> str:
    """Return the text of the published schema."""
    return json.dumps(recipe_schema(vocabulary), indent=2, ensure_ascii=False) + "\n"


def schema_for(vocabulary: Vocabulary, folder: Path | None) -> Schema:
    """Return the schema of a vocabulary: the published one in ``folder`` where it is about the same.

    Reading it takes a hundredth of the time of generating it.
    """
    file = folder / FILE if folder else None
    if file and file.is_file():
        schema = _read(file)
        if _covers(schema["$defs"], vocabulary):
            return schema
    return recipe_schema(vocabulary)


@cache
def _read(file: Path) -> Schema:
    schema: Schema = json.loads(file.read_bytes())
    return schema


def _covers(entries: Mapping[str, Schema], vocabulary: Vocabulary) -> bool:
    words = {
        f"{kind}.{name}": cls
        for kind, classes in _kinds(vocabulary)
        for name, cls in classes.items()
    }
    classes: tuple[type[Part], ...] = (Recipe, *words.values())
    parts = {part.__name__: part for cls in classes for part in _all_parts(cls)}
    backends = entries[Model.__name__]["properties"]["backend"].get("enum", [])
    return (
        words.keys() == {name for name in entries if "." in name}
        and backends == list(vocabulary.backends)
        and all(
            name in entries and entries[name]["properties"].keys() == {*options(cls)}
            for name, cls in {**words, **parts}.items()
        )
    )


def _kinds(vocabulary: Vocabulary) -> Iterator[tuple[str, Mapping[str, type[Part]]]]:
    yield "verb", vocabulary.verbs
    yield "filter", vocabulary.filters
    yield "format", vocabulary.formats


def _step(vocabulary: Vocabulary, entries: Mapping[str, Schema]) -> Schema:
    """Return the schema of a step: verb by verb, the last `else` completing and listing them all."""
    words = {
        name: {"description": entries[f"verb.{name}"].get("description", "")}
        for name in vocabulary.verbs
    }
    chain: Schema = {"properties": words, "additionalProperties": False, "minProperties": 1}
    for name in reversed(vocabulary.verbs):
        found = {"required": [name]}
        chain = {"if": found, "then": {"$ref": f"#/$defs/verb.{name}"}, "else": chain}
    return {"description": class_doc(Verb), "type": "object", **chain}


def _entry(kind: str, classes: Mapping[str, type[Part]], entries: Mapping[str, Schema]) -> Schema:
    """Return the schema of a filter or a format: a bare name, or one key with its options."""
    bare = [name for name in classes if not entries[f"{kind}.{name}"].get("required")]
    keys = {
        name: _options(cls, f"{kind}.{name}", entries[f"{kind}.{name}"])
        for name, cls in classes.items()
    }
    one = {
        "properties": keys,
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    return {
        "description": class_doc(Check if kind == "filter" else Writer),
        "type": ["string", "object"],
        "if": {"type": "string"},
        "then": {"enum": bare},
        "else": one,
    }


def _options(cls: type[Part], name: str, entry: Schema) -> Schema:
    shorthand = getattr(cls, "shorthand", "")
    ref = {"$ref": f"#/$defs/{name}"}
    if not shorthand:
        return ref
    short = {
        key: value for key, value in entry["properties"][shorthand].items() if key != "default"
    }
    return {"if": {"type": "object"}, "then": ref, "else": short}


class _Definitions:
    """The `$defs`, filled as classes are asked for."""

    def __init__(self) -> None:
        self.entries: dict[str, Schema] = {}
        self._classes: dict[str, type[Part]] = {}

    def of(self, cls: type[Part]) -> Schema:
        """Return a class's own schema; the models it refers to become entries."""
        for part in _parts(cls):
            if part not in (Verb, Check, Writer) and part.__name__ not in self.entries:
                self.entries[part.__name__] = self.of(part)
                self._classes[part.__name__] = part
            elif self._classes.get(part.__name__, part) is not part:
                raise Trouble(
                    f"Two models are called {part.__name__}: in {part.__module__} and in "
                    f"{self._classes[part.__name__].__module__}.",
                    "Rename one of them.",
                )
        raw = cls.model_json_schema(by_alias=True, schema_generator=_Generator)
        raw.pop("$defs", None)
        schema: Schema = _tidy(raw)
        return _documented(schema, cls)


def _all_parts(cls: type[Part]) -> Iterator[type[Part]]:
    """Yield the models that a model's fields are made of, and theirs, apart from the vocabulary."""
    for part in _parts(cls):
        if part not in (Verb, Check, Writer):
            yield part
            yield from _all_parts(part)


def _parts(cls: type[Part]) -> Iterator[type[Part]]:
    """Yield the models that a model's fields are made of."""
    for field in cls.model_fields.values():
        yield from _parts_of(field.annotation)


def _parts_of(annotation: Any) -> Iterator[type[Part]]:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        yield annotation
    for argument in get_args(annotation):
        yield from _parts_of(argument)


def _documented(schema: Schema, cls: type[Part]) -> Schema:
    """Return a model's schema with its help, the verb first and what all steps share last."""
    names = {field.alias or name: name for name, field in cls.model_fields.items()}
    docs = field_docs(cls)
    keys = sorted(schema["properties"], key=lambda key: _rank(key, cls))
    properties = {
        key: ({"description": docs[names[key]]} if docs.get(names[key]) else {})
        | schema["properties"][key]
        for key in keys
    }
    example = {"examples": [cls.example]} if issubclass(cls, Verb) and cls.example else {}
    rest = {key: value for key, value in schema.items() if key not in ("description", "type")}
    head = {"description": class_doc(cls), **example, "type": "object"}
    return {**head, **rest, "properties": properties}


def _rank(key: str, cls: type[Part]) -> int:
    if not issubclass(cls, Verb):
        return 0
    return 0 if key == cls.verb else 2 + _SHARED.index(key) if key in _SHARED else 1


def _tidy(schema: Any) -> Any:
    """Return a schema without titles and nulls, which say nothing to who writes YAML."""
    if not isinstance(schema, dict):
        return [_tidy(one) for one in schema] if isinstance(schema, list) else schema
    tidy: Schema = {}
    for key, value in schema.items():
        if key in _MAPS_OF_SCHEMAS:
            tidy[key] = {name: _tidy(one) for name, one in value.items()}
        elif key in _DATA:
            tidy[key] = value
        elif key != "title":
            tidy[_KEYS.get(key, key)] = _tidy(value)
    if tidy.get("default", 0) is None:
        del tidy["default"]
    return _without_union(_plain_map(tidy))


def _without_union(schema: Schema) -> Schema:
    branches = [one for one in schema.pop("anyOf", ()) if one != {"type": "null"}]
    if len(branches) == 1:
        return {**branches[0], **schema}
    if branches and all(one.keys() == {"type"} for one in branches):
        return {"type": [one["type"] for one in branches], **schema}
    return {**schema, "anyOf": branches} if branches else schema


def _plain_map(schema: Schema) -> Schema:
    """Return a mapping by pattern as one that checks its names apart from its values."""
    if len(patterns := schema.get("patternProperties", {})) != 1:
        return schema
    ((pattern, value),) = patterns.items()
    rest = {key: one for key, one in schema.items() if key != "patternProperties"}
    return {**rest, "propertyNames": {"pattern": pattern}, "additionalProperties": value}


_FOREIGN = "$foreign"
_KEYS = {_FOREIGN: "$ref"}


class _Generator(GenerateJsonSchema):
    """Pydantic's generator, which lets fields refer to definitions that it has not made itself."""

    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> Schema:
        return super().generate(schema, mode)

    def get_json_ref_counts(self, json_schema: Any) -> Any:
        self._hide(json_schema)
        self._hide(self.definitions)
        return super().get_json_ref_counts(json_schema)

    def encode_default(self, dft: Any) -> Any:
        return super().encode_default(_written(dft))

    def _hide(self, schema: Any) -> None:
        for value in schema.values() if isinstance(schema, dict) else schema:
            if isinstance(value, dict | list):
                self._hide(value)
        if isinstance(schema, dict) and isinstance(ref := schema.get("$ref"), str):
            if ref not in self.json_to_defs_refs:
                schema[_FOREIGN] = schema.pop("$ref")


def _written(default: Any) -> Any:
    """Return a default as one would write it: models without what they leave unsaid."""
    if isinstance(default, BaseModel):
        return default.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if isinstance(default, dict):
        return {key: _written(value) for key, value in default.items()}
    return default

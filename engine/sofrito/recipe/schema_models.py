"""The JSON Schema of single models: pydantic's, made fit for people who write YAML."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from sofrito.problems import Trouble
from sofrito.recipe.base import Part
from sofrito.recipe.docs import class_doc, field_docs
from sofrito.recipe.entries import Check, Writer
from sofrito.recipe.verb import Verb

Schema = dict[str, Any]

_MAPS_OF_SCHEMAS = ("properties", "$defs", "patternProperties")
_DATA = ("default", "enum", "const", "examples", "required")
_SHARED = ("name", "when", "keep")


class Definitions:
    """The `$defs`, filled as classes are asked for."""

    def __init__(self) -> None:
        self.entries: dict[str, Schema] = {}
        self.classes: dict[str, type[Part]] = {}

    def of(self, cls: type[Part]) -> Schema:
        """Return a class's own schema; the models it refers to become entries."""
        for part in _parts(cls):
            if part not in (Verb, Check, Writer) and part.__name__ not in self.entries:
                self.entries[part.__name__] = self.of(part)
                self.classes[part.__name__] = part
            elif self.classes.get(part.__name__, part) is not part:
                raise Trouble(
                    f"Two models are called {part.__name__}: in {part.__module__} and in "
                    f"{self.classes[part.__name__].__module__}.",
                    "Rename one of them.",
                )
        raw = cls.model_json_schema(by_alias=True, schema_generator=_Generator)
        raw.pop("$defs", None)
        schema: Schema = _tidy(raw)
        return _documented(schema, cls)


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
    if issubclass(cls, Verb) and cls.verb in properties:
        properties[cls.verb] = told_first(class_doc(cls), properties[cls.verb])
    example = {"examples": [dict(cls.example)]} if cls.example else {}
    rest = {key: value for key, value in schema.items() if key not in ("description", "type")}
    head = {"description": class_doc(cls), **example, "type": "object"}
    needed = {"anyOf": [{"required": [key]} for key in cls.one_of]} if cls.one_of else {}
    return {**head, **rest, "properties": properties, **needed}


def told_first(help_: str, schema: Schema) -> Schema:
    """Return a schema of which an editor shows other help before its own."""
    own = schema.get("description", "")
    return {**schema, "markdownDescription": f"{help_}\n\n{own}".strip()}


def _rank(key: str, cls: type[Part]) -> int:
    if not issubclass(cls, Verb):
        return 0
    return 0 if key == cls.verb else 2 + _SHARED.index(key) if key in _SHARED else 1


def _tidy(schema: Any) -> Any:
    """Return a schema without titles and empty defaults, which say nothing to who writes YAML."""
    if not isinstance(schema, dict):
        return [_tidy(one) for one in schema] if isinstance(schema, list) else schema
    tidy: Schema = {}
    for key, value in schema.items():
        if key in _MAPS_OF_SCHEMAS:
            tidy[key] = {name: _tidy(one) for name, one in value.items()}
        elif key in _DATA:
            tidy[key] = value
        elif key != "title":
            tidy["$ref" if key == _FOREIGN else key] = _tidy(value)
    if tidy.get("default", 0) in (None, "", [], {}):
        del tidy["default"]
    return _with_words(_without_union(_plain_map(tidy)))


def _with_words(schema: Schema) -> Schema:
    """Return a schema that is a word or a mapping with the words as examples: editors offer those."""
    words = schema.get("else", {}).get("enum") if "if" in schema else None
    return {**schema, "examples": words} if words else schema


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
        ref = schema.get("$ref") if isinstance(schema, dict) else None
        if isinstance(ref, str) and ref not in self.json_to_defs_refs:
            schema[_FOREIGN] = schema.pop("$ref")


def _written(default: Any) -> Any:
    """Return a default as one would write it: models without what they leave unsaid."""
    if isinstance(default, BaseModel):
        return default.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if isinstance(default, dict):
        return {key: _written(value) for key, value in default.items()}
    return default

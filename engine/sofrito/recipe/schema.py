"""The JSON Schema of recipes, generated from the models: what editors complete and check with."""

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

from sofrito.problems import Trouble
from sofrito.recipe.base import Part
from sofrito.recipe.classes import Classes
from sofrito.recipe.docs import class_doc
from sofrito.recipe.entries import Check, Writer
from sofrito.recipe.model import Model, Recipe
from sofrito.recipe.schema_layers import extensible, parametrised, removable
from sofrito.recipe.schema_models import Definitions, Schema, told_first
from sofrito.recipe.verb import Verb
from sofrito.recipe.vocabulary import Vocabulary

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FILE = "recipe.schema.json"
_NEEDING = {"required", "anyOf"}


def recipe_schema(vocabulary: Vocabulary) -> Schema:
    """Return the JSON Schema (draft 2020-12) of the recipes that a vocabulary allows.

    A step, a filter and a format are never a union: each is told by its one key, so that an editor
    completes the keys of that very verb and a validator names the key that is wrong. Raises Trouble
    where the vocabulary contradicts itself.
    """
    check_vocabulary(vocabulary)
    definitions = Definitions()
    root = extensible(definitions.of(Recipe))
    for kind, classes in kinds(vocabulary):
        for name, cls in classes.items():
            definitions.entries[f"{kind}.{name}"] = definitions.of(cls)
    definitions.entries["Verb"] = _step(vocabulary, definitions.entries)
    definitions.entries["Check"] = named_entry("filter", vocabulary.filters, definitions.entries)
    definitions.entries["Writer"] = named_entry("format", vocabulary.formats, definitions.entries)
    if vocabulary.backends:
        model = definitions.entries[Model.__name__]
        model["properties"]["backend"]["enum"] = list(vocabulary.backends)
    schema: Schema = parametrised(removable(_whole("recipe", root, definitions)))
    return schema


def model_schema(cls: type[Part], title: str = "file") -> Schema:
    """Return the JSON Schema of a file that is one model: a head, a card, a manifest."""
    definitions = Definitions()
    return _whole(title, definitions.of(cls), definitions)


def _whole(title: str, root: Schema, definitions: Definitions) -> Schema:
    entries = dict(sorted(definitions.entries.items()))
    return {"$schema": DRAFT, "title": f"Sofrito {title}", **root, "$defs": entries}


def check_vocabulary(vocabulary: Vocabulary) -> None:
    """Raise Trouble where a verb's option bears a verb's name: which is the step's is unclear."""
    for name, cls in vocabulary.verbs.items():
        check_verb(name, cls, vocabulary.verbs)


def check_verb(name: str, cls: type[Part], verbs: Collection[str]) -> None:
    """Raise Trouble where an option of this verb bears the name of another one."""
    for option in options(cls):
        if option != name and option in verbs:
            raise Trouble(
                f"The verb `{name}` has an option `{option}`, and `{option}` is a verb.",
                f"Rename the option in {cls.__module__}.{cls.__qualname__}.",
            )


def options(cls: type[Part]) -> tuple[str, ...]:
    """Return the keys that a mapping of this kind may have, as written in YAML."""
    return tuple(field.alias or name for name, field in cls.model_fields.items())


def write_schemas(folder: Path, schemas: Mapping[str, Schema]) -> list[Path]:
    """Write schemas by their names into the folder of the published ones, and return the files."""
    files = []
    for name, schema in schemas.items():
        files.append(folder / f"{name}.schema.json")
        files[-1].write_text(published(schema), encoding="utf-8")
    return files


def published(schema: Schema) -> str:
    """Return the text of a schema as it is published."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def schema_for(vocabulary: Vocabulary, folder: Path | None) -> Schema:
    """Return the schema of a vocabulary: the published one in ``folder``, where it covers it.

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
    """Tell whether the published entries are of this vocabulary.

    Classes that are not loaded yet are told by their names alone: the schema is published with
    them, and loading all to compare them would take as long as the rest of a `validate`.
    """
    found = list(kinds(vocabulary))
    names = {f"{kind}.{name}" for kind, classes in found for name in classes}
    backend = entries[Model.__name__]["properties"]["backend"]
    backends = backend.get("else", backend).get("enum", [])
    return (
        names == {name for name in entries if "." in name}
        and backends == list(vocabulary.backends)
        and all(
            entries[f"{kind}.{name}"]["properties"].keys() == {*options(cls)}
            for kind, classes in found
            if not isinstance(classes, Classes)
            for name, cls in classes.items()
        )
    )


def kinds(vocabulary: Vocabulary) -> Iterator[tuple[str, Mapping[str, type[Part]]]]:
    """Yield the classes of a vocabulary by their kind."""
    yield "verb", vocabulary.verbs
    yield "filter", vocabulary.filters
    yield "format", vocabulary.formats


def _step(vocabulary: Vocabulary, entries: Mapping[str, Schema]) -> Schema:
    """Return the schema of a step: verb by verb; the last `else` completes to all of them."""
    words = {name: verb_word(name, entries[f"verb.{name}"]) for name in vocabulary.verbs}
    chain: Schema = {"properties": words, "additionalProperties": False, "minProperties": 1}
    for name in reversed(list(vocabulary.verbs)):
        found = {"type": "object", "required": [name]}
        chain = {"if": found, "then": {"$ref": f"#/$defs/verb.{name}"}, "else": chain}
    return {"description": class_doc(Verb), "type": "object", **chain}


def verb_word(verb: str, entry: Schema) -> Schema:
    """Return what an empty step is told of a verb; by the type an editor knows what may follow it."""
    types = {key: one for key, one in entry["properties"].get(verb, {}).items() if key == "type"}
    return {"description": entry.get("description", ""), **types}


def named_entry(
    kind: str, classes: Mapping[str, type[Part]], entries: Mapping[str, Schema]
) -> Schema:
    """Return the schema of a filter or a format: a bare name, or one key with its options."""
    bare = [name for name in classes if not entries[f"{kind}.{name}"].keys() & _NEEDING]
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
        "examples": bare,
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
    types = short.pop("type", [])
    help_ = entry.get("description", "")
    head = {
        "description": help_,
        "type": [*([types] if isinstance(types, str) else types), "object"],
    }
    shown = told_first(help_, short)
    return {**head, "if": {"type": "object"}, "then": ref, "else": shown}

"""The JSON Schema of recipes with the words of installed packages: the published one, and theirs."""

from collections.abc import Collection, Mapping
from typing import Any

from sofrito.problems import Trouble
from sofrito.recipe.base import Part
from sofrito.recipe.model import Model
from sofrito.recipe.schema import check_verb, kinds, named_entry, verb_word
from sofrito.recipe.schema_layers import parametrised
from sofrito.recipe.schema_models import Definitions, Schema
from sofrito.recipe.vocabulary import Vocabulary

_Classes = dict[str, type[Part]]
_CHOICES = {"filter": "Check", "format": "Writer"}
_UNREAD: Schema = {"description": "", "type": "object", "properties": {}}
"""What is known of a word of a package that was not imported: that there is one."""


def with_plugins(
    schema: Schema, vocabulary: Vocabulary, words: Collection[str] | None = None
) -> Schema:
    """Return the schema of a vocabulary's built-in part with what installed packages add to it.

    Given are the ``words`` that may matter: others are known by their names alone, and their packages
    are not imported. A broken one is known by its name as well, so that only who uses it is told.
    Without ``words`` all matter, and a broken one raises Trouble.
    """
    builtin = vocabulary.builtin
    if builtin is None:
        return schema
    definitions, added = Definitions(), dict[str, _Classes]()
    for (kind, classes), (_, ours) in zip(kinds(vocabulary), kinds(builtin), strict=True):
        names = [name for name in classes if name not in ours]
        added[kind] = {name: _loaded(classes, name, words) for name in names}
    more: dict[str, Schema] = {}
    for kind, classes in added.items():
        for name, cls in classes.items():
            if kind == "verb":
                check_verb(name, cls, vocabulary.verbs)
            more[f"{kind}.{name}"] = _UNREAD if cls is Part else _entry(cls, definitions)
    verbs = {name: verb_word(name, more[f"verb.{name}"]) for name in added["verb"]}
    fresh = {key: parametrised(one) for key, one in more.items()}
    entries = {**schema["$defs"], **fresh, **_models(schema["$defs"], definitions)}
    entries["Verb"] = _verbs_added(entries["Verb"], verbs)
    for kind, choice in _CHOICES.items():
        chosen = parametrised(named_entry(kind, added[kind], more))
        entries[choice] = _entries_added(entries[choice], chosen)
    entries[Model.__name__] = _backends_added(entries[Model.__name__], vocabulary.backends)
    return {**schema, "$defs": dict(sorted(entries.items()))}


def _loaded(
    classes: Mapping[str, type[Part]], name: str, words: Collection[str] | None
) -> type[Part]:
    """Return a class of a package, or in its place one without options."""
    if words is not None and name not in words:
        return Part
    try:
        return classes[name]
    except Trouble:
        if words is None:
            raise
        return Part


def words_in(data: Any) -> frozenset[str]:
    """Return all that may be a verb, a filter or a format in a recipe's data: keys and texts."""
    if isinstance(data, dict):
        return frozenset(map(str, data)).union(*map(words_in, data.values()))
    if isinstance(data, list):
        return frozenset[str]().union(*map(words_in, data))
    return frozenset((data,)) if isinstance(data, str) else frozenset()


def _entry(cls: type[Part], definitions: Definitions) -> Schema:
    try:
        return definitions.of(cls)
    except Trouble:
        raise
    except Exception as error:
        said = " ".join(str(error).split())
        what = f"The fields of {cls.__module__}.{cls.__qualname__} cannot be described: {said}"
        raise Trouble(what, "Each has a type that a JSON Schema can tell.") from error


def _models(known: Mapping[str, Schema], definitions: Definitions) -> dict[str, Schema]:
    """Return the models that classes of packages are made of; those of Sofrito are known."""
    found: dict[str, Schema] = {}
    for name, cls in definitions.classes.items():
        ours = cls.__module__.partition(".")[0] == __name__.partition(".")[0]
        if name in known and not ours:
            what = f"Two models are called {name}: one of Sofrito, and one in {cls.__module__}."
            raise Trouble(what, "Rename the latter.")
        found[name] = known.get(name) or parametrised(definitions.entries[name])
    return found


def _backends_added(model: Schema, backends: Collection[str]) -> Schema:
    backend, known = model["properties"]["backend"], list(backends)
    words = {**backend, "examples": known, "else": {**backend["else"], "enum": known}}
    return {**model, "properties": {**model["properties"], "backend": words}}


def _verbs_added(chain: Schema, words: Mapping[str, Schema]) -> Schema:
    """Return the chain of verbs with more at its end, where an empty step completes to all."""
    if "else" in chain:
        return {**chain, "else": _verbs_added(chain["else"], words)}
    more = {name: parametrised(word) for name, word in words.items()}
    last: Schema = {**chain, "properties": {**chain["properties"], **more}}
    for name in reversed(list(words)):
        found = {"type": "object", "required": [name]}
        last = {"if": found, "then": {"$ref": f"#/$defs/verb.{name}"}, "else": last}
    return last


def _entries_added(entry: Schema, more: Schema) -> Schema:
    """Return the choice of filters, or of formats, with more to choose from."""
    bare = [*entry["then"]["enum"], *more["then"]["enum"]]
    properties = {**entry["else"]["properties"], **more["else"]["properties"]}
    return {
        **entry,
        "examples": bare,
        "then": {**entry["then"], "enum": bare},
        "else": {**entry["else"], "properties": properties},
    }

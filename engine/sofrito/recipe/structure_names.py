"""Keys that are not known where they stand, and where they would be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sofrito.problems import did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.schema_models import Schema
from sofrito.recipe.synonyms import KEYS, by_another_name
from sofrito.recipe.words import either, ticked

_OF_RUBRICS = ("scale", "labels", "aspects", "verdict")
"""What the head of a rubric says, and no step that judges by it."""

_KINDS = {"verb": "Verb", "filter": "Check", "format": "Writer"}


@dataclass(frozen=True, slots=True)
class Owner:
    """The verb, filter or format whose options are looked at, and where they stand."""

    kind: str
    name: str
    path: Key | None


NOBODY = Owner("", "", None)


class Entries:
    """The verbs, filters and formats of a schema, with their options."""

    def __init__(self, schema: Schema) -> None:
        self.root = schema
        self.defs: Mapping[str, Schema] = schema["$defs"]
        noun = schema["title"].removeprefix("Sofrito ")
        self.whole = f"{'An' if noun[0] in 'aeiou' else 'A'} {noun}"

    def names(self, kind: str) -> list[str]:
        """Return the names of a kind."""
        if kind != "verb":
            entry = self.defs.get(_KINDS[kind])
            return list(entry["else"]["properties"]) if entry else []
        return [name.removeprefix("verb.") for name in self.defs if name.startswith("verb.")]

    def bare(self, kind: str) -> list[str]:
        """Return the filters, or the formats, that need no options."""
        return list(self.defs[_KINDS[kind]]["then"]["enum"])

    def options(self, kind: str, name: str) -> Schema:
        """Return the schema of what stands behind a filter's or a format's name."""
        schema: Schema = self.defs[_KINDS[kind]]["else"]["properties"][name]
        return schema

    def options_of(self, kind: str) -> set[str]:
        """Return the options of all of a kind together."""
        entries = (self.defs[f"{kind}.{name}"] for name in self.names(kind))
        return {option for entry in entries for option in entry["properties"]}

    def owners(self, kind: str, option: str) -> list[str]:
        """Return those of a kind that have an option; of any kind, if none is given."""
        kinds = [kind] if kind else list(_KINDS)
        return [
            name
            for one in kinds
            for name in self.names(one)
            if option in self.defs[f"{one}.{name}"]["properties"]
        ]

    def inside(self, option: str, properties: Mapping[str, Any]) -> list[str]:
        """Return those keys of a mapping whose own mapping has an option."""
        found = []
        for key, schema in properties.items():
            inner = self.defs.get(schema.get("$ref", "").removeprefix("#/$defs/"), {})
            if option in inner.get("properties", {}):
                found.append(key)
        return found


@dataclass(frozen=True, slots=True)
class Unknown:
    """What to say of an unknown key; ``meant`` is the key that it is taken for, or ""."""

    what: str
    fix: str
    meant: str


def unknown_key(
    entries: Entries, key: str, properties: Mapping[str, Schema], path: Key, owner: Owner
) -> Unknown:
    """Return what to say of a key that its mapping does not know."""
    who = f"`{owner.name}`" if owner.path == path else _whose(path) or entries.whole
    noun = "option" if path else "key"
    what = f"{who} has no {noun} `{key}`"
    inside = entries.inside(key, properties)
    if elsewhere := inside or _others(entries, key, path, owner):
        verb = "has" if len(elsewhere) == 1 else "have"
        what += f"; {either(map('`{}`'.format, elsewhere), 'and')} {verb} it"
    if inside:
        return Unknown(f"{what}.", f"Write it there: `{inside[0]}: {{{key}: …}}`.", "")
    if owner.name == "judge" and owner.path == path and key in _OF_RUBRICS:
        fix = f"`{key}` stands in the rubric's head: copy its file to `prompts/rubrics`, and say it there."
        return Unknown(f"{what}.", fix, "")
    if "by" in properties and key in entries.names("filter"):
        fix = f"A filter stands in the list `by`: `by: [{{{key}: …}}]`."
        return Unknown(f"{what}.", fix, "")
    called = by_another_name(key, KEYS, properties)
    near = called or did_you_mean(key, properties) or _near_inside(entries, key, properties)
    meant = near.split("`")[1] if near else ""
    return Unknown(
        f"{what}.", near or _listed(noun, properties), meant if meant in properties else ""
    )


def _near_inside(entries: Entries, key: str, properties: Mapping[str, Schema]) -> str:
    """Return the option of an option that a key is like."""
    for outer, schema in properties.items():
        inner = entries.defs.get(schema.get("$ref", "").removeprefix("#/$defs/"), {})
        options = inner.get("properties", {})
        if near := by_another_name(key, KEYS, options) or did_you_mean(key, options):
            name = near.split("`")[1]
            return f"Did you mean `{name}`? Write it there: `{outer}: {{{name}: …}}`."
    return ""


def _whose(path: Key) -> str:
    """Return whom the keys of a nested mapping belong to: `sampling`, `models.teacher`."""
    if not path:
        return ""
    keys = [part for part in path if isinstance(part, str)]
    if keys[0] in ("models", "seeds", "axes", "chains") and len(keys) > 1:
        return f"`{keys[0]}.{keys[1]}`" if len(keys) == 2 else f"`{keys[-1]}`"
    return f"`{keys[-1]}`"


def _others(entries: Entries, key: str, path: Key, owner: Owner) -> list[str]:
    if owner.path == path or not path:
        return [name for name in entries.owners(owner.kind, key) if name != owner.name][:3]
    return []


def _listed(noun: str, properties: Iterable[str]) -> str:
    names = list(properties)
    return f"Its {noun}s: {ticked(names)}." if names else f"It has no {noun}s."

"""Checks a recipe's data against its JSON Schema, and says what is wrong in the user's words.

It reads the published schema itself, rather than hand it to a validator: a step's verb is picked
first and only that verb's keys are checked, and loading a validator would take longer than the rest
of the check.
"""

from collections.abc import Mapping
from typing import Any

from sofrito.problems import did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.places import Found, Places, Problems
from sofrito.recipe.schema_layers import whole
from sofrito.recipe.schema_models import Schema
from sofrito.recipe.structure_names import NOBODY, Entries, Owner, unknown_key
from sofrito.recipe.structure_values import check_type, check_value
from sofrito.recipe.synonyms import FILTERS, FORMATS, by_another_name
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.recipe.words import either, label, quoted, sentence, ticked


def check_structure(places: Places, schema: Schema, vocabulary: Vocabulary) -> list[Found]:
    """Return every way in which a recipe's data is not what its schema asks for."""
    problems, schema = Problems(places), whole(schema)
    _Structure(problems, schema, vocabulary).visit(places.data, schema, (), NOBODY)
    return problems.found


_FILES = ("jsonl", "parquet")
_EMPTY = "Write what belongs there, or remove the key."


class _Structure:
    def __init__(self, problems: Problems, schema: Schema, vocabulary: Vocabulary) -> None:
        self._problems, self._vocabulary = problems, vocabulary
        self._schema, self._defs = schema, schema["$defs"]
        self._entries = Entries(schema)
        self._special = {"Verb": self._step, "Check": self._filter, "Writer": self._format}

    def visit(self, value: Any, schema: Schema, path: Key, owner: Owner) -> None:
        """Check a value; ``owner`` is the verb, filter or format that it stands in."""
        if ref := schema.get("$ref", "").removeprefix("#/$defs/"):
            if special := self._special.get(ref):
                return special(value, path)
            return self.visit(value, self._defs[ref], path, owner)
        if self._bare_check(value, schema, path):
            return None
        if not check_type(self._problems, value, schema, path):
            return None
        if "if" in schema:
            branch = "then" if self._matches(value, schema["if"]) else "else"
            self.visit(value, {**schema.get(branch, {}), **_said(schema)}, path, owner)
        if isinstance(value, dict):
            self._mapping(value, schema, path, owner)
        else:
            check_value(self._problems, value, schema, path)
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                self.visit(item, schema["items"], (*path, index), owner)
        return None

    def _bare_check(self, value: Any, schema: Schema, path: Key) -> bool:
        """Say whether a filter's or a chain's name stands where a list of them does, and note it."""
        of = schema.get("items", {}).get("$ref", "")
        if of != "#/$defs/Check" or not isinstance(value, str):
            return False
        if value in self._chains():
            item = f"chain: {value}"
        elif value in self._entries.names("filter"):
            item = value
        else:
            return False
        what = f"{sentence(label(path))} must be a list, not the text {quoted(value)}."
        fix = f"A list is written in brackets: [{item}]."
        if item != value:
            fix = f"`{value}` is a chain: `{path[-1]}: [{{{item}}}]`."
        self._problems.add("SOF103", path, what, fix)
        return True

    def _chains(self) -> Mapping[str, Any]:
        chains = self._problems.places.at(("chains",))
        return chains if isinstance(chains, dict) else {}

    def _matches(self, value: Any, schema: Schema) -> bool:
        trial = Problems(self._problems.places)
        _Structure(trial, self._schema, self._vocabulary).visit(value, schema, (), NOBODY)
        return not trial.found

    def _mapping(self, value: Mapping[str, Any], schema: Schema, path: Key, owner: Owner) -> None:
        if len(value) < schema.get("minProperties", 0):
            what = f"{sentence(label(path))} is empty."
            fix = f"{_EMPTY} {schema.get('description', '')}".rstrip()
            self._problems.add("SOF104", path, what, fix)
        properties, more = schema.get("properties", {}), schema.get("additionalProperties", True)
        meant = set()
        for key, inner in value.items():
            if "propertyNames" in schema:
                check_value(self._problems, key, schema["propertyNames"], (*path, key), at_key=True)
            if key in properties:
                self.visit(inner, properties[key], (*path, key), owner)
            elif isinstance(more, dict):
                self.visit(inner, more, (*path, key), owner)
            elif more is False:
                unknown = unknown_key(self._entries, key, properties, path, owner)
                meant.add(unknown.meant)
                self._problems.add("SOF101", (*path, key), unknown.what, unknown.fix, at_key=True)
        for key in schema.get("required", ()):
            if key not in value and key not in meant:
                self._missing(key, properties[key], path, owner)

    def _missing(self, key: str, schema: Schema, path: Key, owner: Owner) -> None:
        who = f"`{owner.name}`" if owner.path == path else self._who(path)
        help_ = f"Add `{key}:`. {schema.get('description', '')}".rstrip()
        at = (*path, owner.name) if owner.path == path and path[:1] == ("steps",) else path
        what, where = f"{who} needs `{key}`.", self._problems.places.key_span(at)
        if not path and (origin := self._problems.places.removed.get(("recipe", key))):
            what = f"This recipe removes `{key}`, and every recipe needs it."
            help_ = f"Leave out this line, or write another `{key}`."
            where = origin.at or origin.document.key_span(origin.path)
        self._problems.add("SOF102", (*path, key), what, help_, where=where)

    def _who(self, path: Key) -> str:
        return sentence(label(path)) if path else self._entries.whole

    def _step(self, value: Any, path: Key) -> None:
        verbs = self._vocabulary.verbs
        listed = f"Verbs: {ticked(verbs)}."
        if not isinstance(value, dict):
            what = "A step is a mapping that begins with its verb, such as `generate: answer`."
            return self._problems.add("SOF105", path, what, listed)
        found = [key for key in value if key in verbs]
        if len(found) == 1:
            ref = self._defs[f"verb.{found[0]}"]
            return self.visit(value, ref, path, Owner("verb", found[0], path))
        if found:
            both = either(map("`{}`".format, found), "and")
            what = f"A step has one verb, and this one has {both}."
            fix = f"Begin a step of its own with each: `- {found[1]}: …`."
            return self._problems.add("SOF105", (*path, found[1]), what, fix, at_key=True)
        return self._no_verb(value, path, listed)

    def _no_verb(self, value: Mapping[str, Any], path: Key, listed: str) -> None:
        """Tell a misspelt verb from a step that has none."""
        options = self._entries.options_of("verb")
        for key in sorted(value, key=lambda key: key in options):
            near = did_you_mean(key, self._vocabulary.verbs)
            if near or key not in options:
                what = f"`{key}` is not a verb."
                at = (*path, key)
                return self._problems.add("SOF105", at, what, near or listed, at_key=True)
        name = value.get("name")
        if self._problems.places.bases and isinstance(name, str):
            change = f"{{{name}: {{…}}}}"
            listed = f"To change a step of the recipe that is extended: `steps: {change}`. {listed}"
        return self._problems.add("SOF105", path, "The step has no verb.", listed)

    def _filter(self, value: Any, path: Key) -> None:
        self._entry(value, path, "filter", "SOF106")

    def _format(self, value: Any, path: Key) -> None:
        self._entry(value, path, "format", "SOF107")

    def _entry(self, value: Any, path: Key, kind: str, code: str) -> None:
        """Check what is told by its one key: a filter of a chain, a format under `write`."""
        names = self._entries.names(kind)
        listed = f"{kind.capitalize()}s: {ticked(names)}."
        if isinstance(value, str):
            if value in names:
                entry = self._defs[f"{kind}.{value}"]
                return self._mapping({}, entry, path, Owner(kind, value, path))
            fix = self._meant(value, kind, names, listed)
            return self._problems.add(code, path, f"`{value}` is not a {kind}.", fix)
        if not isinstance(value, dict) or not value:
            what = f"A {kind} is a name, or a name with its options: `- {names[0]}: {{…}}`."
            return self._problems.add(code, path, what, listed)
        for key in value:
            if key not in names:
                fix = self._meant(key, kind, names, listed)
                what = f"`{key}` is not a {kind}."
                if len(value) == 1 or fix != listed:
                    return self._problems.add(code, (*path, key), what, fix, at_key=True)
        if len(value) > 1:
            return self._several(list(value), path, kind, code)
        ((name, options),) = value.items()
        return self._options(options, (*path, name), kind, name)

    def _meant(self, name: str, kind: str, names: list[str], listed: str) -> str:
        """Return which filter or format is meant by one that does not exist."""
        if kind == "filter" and name in self._chains():
            return f"`{name}` is a chain: `- chain: {name}`."
        if kind == "filter" and name in self._vocabulary.verbs:
            return f"It is a verb: begin a step of its own, `- {name}: …`."
        if kind == "format" and name in _FILES:
            return f"It is a kind of file: `write: [raw]`, and beside it `files: [{name}]`."
        words = FILTERS if kind == "filter" else FORMATS
        called = by_another_name(name, words, names)
        return called or did_you_mean(name, names, otherwise=listed)

    def _several(self, keys: list[str], path: Key, kind: str, code: str) -> None:
        both = either(map("`{}`".format, keys), "and")
        what = f"A {kind} has one key, and this one has {both}."
        fix = f"Begin an item of its own with each {kind}, and indent its options below it."
        self._problems.add(code, (*path, keys[1]), what, fix, at_key=True)

    def _options(self, options: Any, path: Key, kind: str, name: str) -> None:
        entry = self._defs[f"{kind}.{name}"]
        if options is None and name in self._entries.bare(kind):
            what = f"`{name}` has no value."
            fix = f"Without options it is its bare name: `- {name}`."
            return self._problems.add("SOF103", path, what, fix)
        schema = self._entries.options(kind, name)
        if "if" in schema and not isinstance(options, dict):
            types = [one for one in schema["type"] if one != "object"]
            schema = {**schema["else"], "type": types}
        of = entry if isinstance(options, dict) else schema
        return self.visit(options, of, path, Owner(kind, name, path))


def _said(schema: Schema) -> Schema:
    return {"description": schema["description"]} if "description" in schema else {}

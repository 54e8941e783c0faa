"""The reference of the recipe language for its users, generated from the models."""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sofrito.recipe.entries import Writer
from sofrito.recipe.field_types import NAME
from sofrito.recipe.reference_examples import entry_lines, flow, step_lines
from sofrito.recipe.schema import recipe_schema
from sofrito.recipe.schema_layers import settled
from sofrito.recipe.schema_models import Schema
from sofrito.recipe.verb import Verb
from sofrito.recipe.vocabulary import Vocabulary

FILE = "recipe.md"
INTRODUCTION = "_recipe_intro.md"
_WIDTH = 100
_CELL = 90
_LEAST = 18
_TITLES = {
    "Model": "`models`",
    "Seeds": "`seeds`",
    "Axis": "`axes`",
    "Topics": "`generate` of an axis",
    "Cover": "`cover`",
    "Budget": "`budget`",
    "Output": "`output`",
    "Order": "`order`",
    "Review": "`review`",
    "Mix": "`mix`",
    "Vary": "`vary`",
    "Draw": "`shots`",
    "Sampling": "`sampling`",
    "Type": "`schema`: details of a type",
    "Choice": "`parse`: a choice",
}
_TOP = ("Model", "Seeds", "Axis", "Topics", "Cover", "Budget", "Output", "Order", "Review", "Mix")
_ABSTRACT = ("Verb", "Check", "Writer")
_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "mapping",
}
_PLURALS = {"Verb": "steps", "Check": "filters", "Writer": "formats"}


def write_reference(folder: Path, vocabulary: Vocabulary) -> Path:
    """Write the reference into the folder that has its introduction, and return its file."""
    file = folder / FILE
    file.write_text(published_reference(folder, vocabulary), encoding="utf-8")
    return file


def published_reference(folder: Path, vocabulary: Vocabulary) -> str:
    """Return the text of the published reference; its introduction is a file of ``folder``."""
    return reference(vocabulary, (folder / INTRODUCTION).read_text(encoding="utf-8"))


def reference(vocabulary: Vocabulary, introduction: str = "# The recipe language\n") -> str:
    """Return, as Markdown, an introduction and all that a vocabulary allows a recipe to say.

    What is said of a key is the docstring under its field. Raises Trouble as recipe_schema does.
    """
    schema = settled(recipe_schema(vocabulary))
    entries: dict[str, Schema] = schema["$defs"]
    others = [name for name in entries if "." not in name and name not in (*_TOP, *_ABSTRACT)]
    sections = [
        introduction.strip(),
        "## Keys of a recipe",
        _table(schema),
        *(_section(name, entries[name]) for name in _TOP),
        "## Steps",
        "A step has exactly one of these verbs as a key. These keys every step may have beside:",
        _table(_shared(entries, "verb", Verb)),
        *_verbs(vocabulary, entries),
        "## Filters",
        "The entries of `by` and of `chains`. One that needs no options may be a bare name.",
        *_named("filter", vocabulary, entries),
        "## Formats",
        "The entries of `write`. Each may have, beside its own options:",
        _table(_shared(entries, "format", Writer)),
        *_named("format", vocabulary, entries),
        "## Parts of steps",
        *(_section(name, entries[name]) for name in others),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _section(name: str, entry: Schema) -> str:
    title = f"### {_TITLES.get(name, name)}"
    return "\n\n".join((title, _paragraphs(entry), _table(entry)))


def _verbs(vocabulary: Vocabulary, entries: dict[str, Schema]) -> Iterator[str]:
    for name, cls in vocabulary.verbs.items():
        entry = entries[f"verb.{name}"]
        yield f"### `{name}`"
        yield _paragraphs(entry)
        if cls.example:
            yield _fenced(step_lines(cls.example))
        yield _table(_without(entry, Verb))


def _named(kind: str, vocabulary: Vocabulary, entries: dict[str, Schema]) -> Iterator[str]:
    classes = vocabulary.filters if kind == "filter" else vocabulary.formats
    for name, cls in classes.items():
        entry = _without(entries[f"{kind}.{name}"], Writer)
        yield f"### `{name}`"
        yield _paragraphs(entry)
        yield _fenced(entry_lines(name, cls, entry, vocabulary))
        yield _table(entry)
        short = getattr(cls, "shorthand", "")
        if short:
            yield f"`{name}: …` is short for `{name}: {{{short}: …}}`."


def _shared(entries: dict[str, Schema], kind: str, base: type[Verb] | type[Writer]) -> Schema:
    """Return what all entries of a kind share, as the first of them has it."""
    first = next((entry for name, entry in entries.items() if name.startswith(f"{kind}.")), {})
    properties = first.get("properties", {})
    return {"properties": {key: properties[key] for key in base.model_fields if key in properties}}


def _without(entry: Schema, base: type[Verb] | type[Writer]) -> Schema:
    own = {key: one for key, one in entry["properties"].items() if key not in base.model_fields}
    return {**entry, "properties": own}


def _table(entry: Schema) -> str:
    """Return a table of keys; of help that is long, all but the first sentence stands below it."""
    if not entry["properties"]:
        return ""
    lines = ["| key | type | default | what it does |", "|---|---|---|---|"]
    notes = []
    for key, one in entry["properties"].items():
        first, rest = _cut(one.get("description", ""))
        default = "required" if key in entry.get("required", ()) else _default(one)
        lines.append(f"| `{key}` | {_cell(_type(one))} | {default} | {_cell(first)} |")
        if rest:
            notes.append(_wrapped(f"- `{key}`: {rest}", "  "))
    return "\n".join(lines) + ("\n\n" + "\n".join(notes) if notes else "")


def _cut(text: str) -> tuple[str, str]:
    """Return the beginning of a text for a table, and what is left for below it."""
    ends = [m for m in re.finditer(r"[.;:] ", text) if text[: m.end()].count("`") % 2 == 0]
    end = next((m for m in ends if m.start() >= _LEAST), None)
    if len(text) <= _CELL or end is None:
        return text, ""
    rest = text[end.end() :]
    return text[: end.start()] + ".", rest if end[0] == ": " else rest[:1].upper() + rest[1:]


def _default(schema: Schema) -> str:
    value = schema.get("default")
    return "" if value in (None, "", [], {}) else f"`{flow(value)}`"


def _type(schema: Schema) -> str:
    """Return in words what a value may be."""
    if ref := schema.get("$ref"):
        return _linked(ref.rpartition("/")[2])
    if "if" in schema:
        return f"{_type(_otherwise(schema))}, or {_type(schema['then'])}"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    types = schema.get("type", "any")
    names = [types] if isinstance(types, str) else types
    return " or ".join(_one_type(name, schema) for name in names)


def _otherwise(schema: Schema) -> Schema:
    """Return what a value may be that is no mapping."""
    rest = {"type": [one for one in schema["type"] if one != "object"]}
    return {**rest, **schema.get("else", {})}


def _one_type(name: str, schema: Schema) -> str:
    inner: Any = schema.get("items" if name == "array" else "additionalProperties")
    match name:
        case "array" if schema.get("maxItems") == 2:
            return "[least, most]"
        case "array" if isinstance(inner, dict):
            return f"list of {_plural(inner)}"
        case "object" if isinstance(inner, dict):
            return f"mapping of names to {_plural(inner)}"
        case "string" if schema.get("pattern") == NAME:
            return "name"
        case "string" if schema.get("pattern", "").endswith("[kM]$"):
            return "such as `20k`, `1.5M`"
    return _TYPES.get(name, name) + _bounds(name, schema)


def _plural(schema: Schema) -> str:
    words = _type(schema)
    plural = {"text": "texts", "name": "names", "mapping": "mappings", "number": "numbers"}
    for one, many in plural.items():
        if words == one or words.startswith(f"{one},"):
            return many + words.removeprefix(one)
    return words


def _bounds(name: str, schema: Schema) -> str:
    if name not in ("integer", "number"):
        return ""
    words = {
        "minimum": "at least",
        "exclusiveMinimum": "above",
        "maximum": "at most",
        "exclusiveMaximum": "below",
    }
    found = [f"{word} {schema[key]:g}" for key, word in words.items() if key in schema]
    return "".join(f", {one}" for one in found)


def _linked(name: str) -> str:
    if name in _ABSTRACT:
        return f"[{_PLURALS[name]}](#{_PLURALS[name]})"
    title = _TITLES.get(name, name).replace("`", "")
    anchor = re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")
    return f"[{title}](#{anchor})"


def _paragraphs(entry: Schema) -> str:
    texts = entry.get("description", "").split("\n\n")
    return "\n\n".join(_wrapped(text) for text in texts)


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _fenced(lines: list[str]) -> str:
    return "\n".join(("```yaml", *lines, "```"))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

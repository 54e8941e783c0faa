"""Checks one value of a recipe against the schema of its key."""

import math
import re
from typing import Any

from sofrito.problems import did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.field_types import NAME
from sofrito.recipe.params import REFERENCE
from sofrito.recipe.places import Places, Problems
from sofrito.recipe.quoted import quoted as in_quotes
from sofrito.recipe.reference_examples import flow
from sofrito.recipe.schema_models import Schema
from sofrito.recipe.value_examples import such_as, type_list
from sofrito.recipe.words import described, label, quoted, sentence, ticked, type_words
from sofrito.recipe.yaml_scalars import scalar

COUNT = r"^[0-9]+(\.[0-9]+)?[kM]$"
_COUNT_FIX = "A whole number, with `k` for thousands or `M` for millions: 500, 20k, 8M."
_NAME_FIX = "A name has letters, digits and `_`, and does not start with a digit."
_SECRET = ("api_key",)
_SECRET_FIX = (
    "A key never stands in a recipe: write ${NAME}, and set the environment variable NAME to it."
)
_SWITCH = ("write true", "write false")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*_(KEY|TOKEN|SECRET)")
_LISTED = re.compile(r"\^\(([a-z|]+)\)\\\?\?\$")
_TYPES = {
    **dict.fromkeys(("text", "str"), "string"),
    **dict.fromkeys(("int", "whole"), "integer"),
    **dict.fromkeys(("float", "decimal"), "number"),
    "bool": "boolean",
    **dict.fromkeys(("dict", "mapping", "record"), "object"),
    **dict.fromkeys(("array", "texts"), "list"),
}
"""What the types of columns are called elsewhere."""

_SUCH = {
    "models": "{teacher: {model: local}}",
    "seeds": "{tasks: {file: seeds/tasks.jsonl}}",
    "axes": "{tone: {values: [plain, playful]}}",
    "chains": "{clean: [{length: {words: [5, 200]}}]}",
    "output": "{write: [raw]}",
    "steps": "[{generate: answer, prompt: prompts/answer.j2}]",
}
"""What the keys of a recipe may be."""

_WANTED = "must"
"""The option that a text alone is meant for, not its contrary which is listed before it."""

_SHORT = 40
_PERCENT = (2, 100)
_LARGE = 1e9
"""From here on a number with a fraction is no count that was mistyped."""

_DIGITS = 12
"""Digits of the largest number that a count may be written with."""


def check_type(problems: Problems, value: Any, schema: Schema, path: Key) -> bool:
    """Say whether a value has a type that its schema allows; where not, note it."""
    types = schema.get("type")
    if types is None:
        return True
    allowed = [types] if isinstance(types, str) else types
    if any(_is(value, one) for one in allowed):
        return True
    who = sentence(label(path))
    if value is None:
        what_else = "the key" if path and isinstance(path[-1], str) else "it"
        fix = f"Write {_count(schema) or type_words(allowed)}, or remove {what_else}."
        problems.add("SOF103", path, f"{who} has no value.", fix)
        return False
    said = _count(schema) or type_words(allowed)
    what = f"{who} must be {said}, not {_shown(value, path)}."
    problems.add("SOF103", path, what, _type_fix(problems, value, allowed, schema, path))
    return False


def _is(value: Any, name: str) -> bool:
    match name:
        case "integer":
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            return whole and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "null":
            return value is None
    types: dict[str, type] = {"string": str, "boolean": bool, "array": list, "object": dict}
    return isinstance(value, types[name])


def _type_fix(problems: Problems, value: Any, allowed: list[str], schema: Schema, path: Key) -> str:
    if path and path[-1] in _SECRET:
        return _SECRET_FIX
    if "string" in allowed and isinstance(value, dict) and (name := _braced(value)):
        return f'For the column, write it in quotes: "{{{{ {name} }}}}".'
    if allowed == ["string"] and (text := _prose(value)):
        return f"A text that has a colon and a space stands in double quotes: {in_quotes(text)}."
    if isinstance(value, float) and ("integer" in allowed or _count(schema)):
        low = math.floor(value)
        return f"Write {low} or {low + 1}." if abs(value) < _LARGE else _COUNT_FIX
    if "string" in allowed and isinstance(value, bool | int | float):
        if parameter := _parameter(problems.places, path):
            return f"In an expression write `params.{parameter}`; a text has its `type: string`."
        return f'In quotes it is a text: "{problems.places.source(path)}".'
    if isinstance(value, str) and value and (mend := scalar(value)[1]):
        if mend not in _SWITCH or "boolean" in allowed:
            return f"{sentence(mend)}."
    elif (
        isinstance(value, str)
        and "string" not in allowed
        and isinstance(scalar(value.strip())[0] if value.strip() else None, int | float)
    ):
        return f"Without quotes it is a number: {value.strip()}."
    if allowed == ["array"] and isinstance(value, dict) and value:
        return _item_fix(problems, value, path)
    return _such_as(value, allowed, schema, path)


def _such_as(value: Any, allowed: list[str], schema: Schema, path: Key) -> str:
    """Return what may be written instead, of the value itself where it tells, else an example."""
    if isinstance(value, str) and {"number", "integer"}.intersection(allowed):
        numbers = re.findall(r"\d+(?:\.\d+)?", value)
        if len(numbers) == 1 and "%" not in value:
            return f"Write the number alone: {numbers[0]}."
    texts = "string" in type_list(schema.get("items", {"type": "string"}))
    if "array" in allowed and texts and isinstance(value, str) and len(value) < _SHORT:
        return f"A list is written in brackets: [{value}]."
    if examples := schema.get("examples"):
        return f"Such as `{flow(examples[0])}`."
    if len(path) == 1 and path[0] in _SUCH:
        return f"Such as `{path[0]}: {_SUCH[str(path[0])]}`."
    if "object" in allowed and (options := [*schema.get("properties", {})]):
        option = f"must: {flow(value)}" if _WANTED in options and value else f"{options[0]}: …"
        help_ = str(schema.get("description", "")).partition("\n\n")[0]
        return f"Write its options in braces: `{{{option}}}`. {help_}"
    return _COUNT_FIX if _count(schema) else _shown_and_told(value, schema, path)


def _shown_and_told(value: Any, schema: Schema, path: Key) -> str:
    """Return an example of what may stand at a path, and what its key is for."""
    return f"{such_as(value, schema, path)} {schema.get('description', '')}".strip()


def _parameter(places: Places, path: Key) -> str:
    """Return the parameter whose value stands at a path, "" where it is no parameter's."""
    written = places.written(path)
    try:
        found = REFERENCE.fullmatch(written.document.source(written.path))
    except KeyError:
        return ""
    return found[2] if found else ""


def _braced(value: dict[str, Any]) -> str:
    """Return the name in a mapping such as `{question}`, which is meant as a column."""
    inner: Any = value
    while isinstance(inner, dict) and len(inner) == 1:
        ((name, inner),) = inner.items()
        if inner is None and re.search(NAME, name):
            return str(name)
    return ""


def _prose(value: Any) -> str:
    """Return the text that YAML has read as a key with a text, "" where it may be meant as these."""
    if not isinstance(value, dict) or len(value) != 1:
        return ""
    ((before, after),) = value.items()
    words = isinstance(after, str) and " " in f"{before}{after}"
    return f"{before}: {after}" if words else ""


def _item_fix(problems: Problems, value: dict[str, Any], path: Key) -> str:
    """Return how to write a mapping as an item of a list, as it is written: in braces or in lines."""
    origin, key = problems.places.origin(path), next(iter(value))
    line, column = (span := problems.places.span(path)).line, span.column
    text = origin.document.text.split("\n")
    braces = origin.at is None and line <= len(text) and text[line - 1][column - 1 :][:1] == "{"
    if braces:
        return f"A list has brackets around its items: `[{{{key}: …}}]`."
    return f"Begin each item with a dash: `- {key}: …`."


def check_value(
    problems: Problems, value: Any, schema: Schema, path: Key, *, at_key: bool = False
) -> None:
    """Note what is wrong with a value that has the right type."""
    allowed = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if allowed is not None and value not in allowed:
        words = [str(one) for one in allowed]
        fix = _near_type(str(value), words, f"One of: {ticked(words)}.")
        said = quoted(value) if isinstance(value, str) else described(value)
        problems.add("SOF104", path, f"{sentence(label(path))} cannot be {said}.", fix)
    elif isinstance(value, str):
        _text(problems, value, schema, path, at_key=at_key)
    elif isinstance(value, list):
        _list(problems, value, schema, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _number(problems, value, schema, path)


def _text(problems: Problems, value: str, schema: Schema, path: Key, *, at_key: bool) -> None:
    pattern = schema.get("pattern", "")
    if pattern == COUNT:
        _count_text(problems, value, path)
    elif len(value) < schema.get("minLength", 0):
        what = f"{sentence(label(path))} is empty."
        fix = f"Write a text, or remove it. {schema.get('description', '')}".rstrip()
        problems.add("SOF104", path, what, fix)
    elif pattern and not re.search(pattern, value):
        what, fix = _odd_text(value, pattern, schema, path)
        problems.add("SOF104", path, what, fix, at_key=at_key)


def _odd_text(value: str, pattern: str, schema: Schema, path: Key) -> tuple[str, str]:
    who = sentence(label(path))
    if path[-1] in _SECRET:
        if _VARIABLE.fullmatch(value):
            return f"{who} does not name an environment variable.", f"Write `${{{value}}}`."
        return f"{who} does not name an environment variable.", _SECRET_FIX
    if pattern == NAME:
        names = [word for word in re.split(r"[\s,]+", value) if word]
        if "," in value and all(re.search(NAME, word) for word in names) and len(names) > 1:
            return f"{quoted(value)} is not a name.", f"Several are a list: [{', '.join(names)}]."
        return f"{quoted(value)} is not a name.", _NAME_FIX
    if listed := _LISTED.fullmatch(pattern):
        words = listed[1].split("|")
        fix = _near_type(value.removesuffix("?"), words, f"One of: {ticked(words)}.")
        return f"{who} cannot be {quoted(value)}.", fix
    help_ = str(schema.get("description", ""))
    if NAME.strip("^$") in pattern:
        field = (
            " A field of a record stands behind a dot: `verdict.score`." if r"\." in pattern else ""
        )
        return f"{who} cannot be {quoted(value)}.", f"{_NAME_FIX}{field}"
    if not value.strip():
        return f"{who} is empty.", f"Write a text, or remove it. {help_}".rstrip()
    if path == ("recipe",) and (slug := re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")):
        help_ += f" Such as `{slug}`."
    return f"{who} cannot be {quoted(value)}.", help_


def _near_type(value: str, words: list[str], listed: str) -> str:
    """Return which of some words is meant: by what it is called elsewhere, or by its letters."""
    meant = _TYPES.get(value.lower(), "")
    meant = "strings" if meant == "list" and "strings" in words else meant
    if meant in words:
        return f"Did you mean `{meant}`? {listed}"
    return did_you_mean(value, words, otherwise=listed)


def _count(schema: Schema) -> str:
    return "a whole number" if schema.get("pattern") == COUNT else ""


def _count_text(problems: Problems, value: str, path: Key) -> None:
    who = sentence(label(path))
    if value.isascii() and value.isdigit() and value.strip("0") and len(value) <= _DIGITS:
        what = f"{who} must be a whole number, not the text {quoted(value)}."
        problems.add("SOF103", path, what, f"Without quotes it is a number: {value.lstrip('0')}.")
    elif not re.match(r"\d", value):
        what = f"{who} must be a whole number, not the text {quoted(value)}."
        problems.add("SOF103", path, what, _COUNT_FIX)
    elif not re.search(COUNT, value) or len(value) > _DIGITS or not re.search(r"[1-9]", value):
        plain = re.sub(r"[\s_,]", "", value).replace("K", "k").replace("m", "M")
        known = plain != value and re.search(r"^[1-9][0-9]*(\.[0-9]+)?[kM]?$", plain)
        fix = f"Write {plain}." if known and len(plain) <= _DIGITS else _COUNT_FIX
        problems.add("SOF104", path, f"{who} cannot be {quoted(value)}.", fix)


def _number(problems: Problems, value: float, schema: Schema, path: Key) -> None:
    tests = (
        ("minimum", value < schema.get("minimum", value), "at least"),
        ("exclusiveMinimum", value <= schema.get("exclusiveMinimum", value - 1), "more than"),
        ("maximum", value > schema.get("maximum", value), "at most"),
        ("exclusiveMaximum", value >= schema.get("exclusiveMaximum", value + 1), "less than"),
    )
    for bound, broken, words in tests:
        if bound in schema and broken:
            what = f"{sentence(label(path))} must be {words} {schema[bound]:g}, not {value}."
            fix = f"{_within(schema)} {schema.get('description', '')}".rstrip()
            if schema.get("maximum") == 1 and _PERCENT[0] <= value <= _PERCENT[1]:
                fix = f"Did you mean {value:g} %? That is {value / 100:g}. {fix}"
            return problems.add("SOF104", path, what, fix)
    return None


def _within(schema: Schema) -> str:
    """Return which numbers a schema allows."""
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    said = [f"{low:g} or more"] if low is not None else []
    said += [f"more than {above:g}"] if above is not None else []
    said += [f"{high:g} at most"] if high is not None else []
    said += [f"less than {below:g}"] if below is not None else []
    return f"{sentence(', '.join(said))}."


def _list(problems: Problems, value: list[Any], schema: Schema, path: Key) -> None:
    least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
    who, help_ = sentence(label(path)), str(schema.get("description", ""))
    if least == most != len(value):
        what = f"{who} must have {least} items, not {len(value)}."
        problems.add("SOF104", path, what, _shown_and_told(value, schema, path))
    elif len(value) < least:
        what = f"{who} is empty." if not value else f"{who} must have at least {least} items."
        fix = f"Write what belongs into it, or remove the key. {help_}".rstrip()
        problems.add("SOF104", path, what, fix)
    elif len(value) > most:
        fix = f"Remove {len(value) - most} of them. {help_}".rstrip()
        problems.add("SOF104", path, f"{who} must have at most {most} items.", fix)
    if schema.get("uniqueItems"):
        for index, item in enumerate(value):
            if item in value[:index]:
                what = f"{who} has {_shown(item, path)} twice."
                problems.add("SOF104", (*path, index), what, "Remove one of them.")


def _shown(value: Any, path: Key) -> str:
    """Return what a value is; a secret is never shown."""
    if path and path[-1] in _SECRET:
        return "what stands there"
    return described(value)

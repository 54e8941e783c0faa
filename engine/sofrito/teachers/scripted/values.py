"""Made-up answers: words, and JSON that satisfies a schema, drawn from a given generator."""

import json
import math
import re
from collections.abc import Mapping
from random import Random
from typing import Any

from sofrito.teachers.call import Shape
from sofrito.teachers.scripted.pattern import matching_text
from sofrito.teachers.scripted.programs import check_for, program_for
from sofrito.teachers.scripted.words import WORDS

QUOTED = ("span", "quote")
"""Properties whose value stands in the prompt: a check that it does can then pass in a dry run."""

SOLVED = ("answer", "result")
"""A whole number of such a name is the last one in the prompt, where it may be: so votes can agree, and \
an answer be the one that the prompt gives as a hint."""

PROGRAM, TESTS = "program", "tests"
"""A text, and a list of texts, of this name are Python for the function that the prompt defines."""


_LISTED = re.compile(r'\bwords ("[^"\n]{1,40}"(?:(?:, and |, | and )"[^"\n]{1,40}")*)')


def some_text(rng: Random, prompt: str = "") -> str:
    """Return a sentence of 8 to 20 words.

    Those that ``prompt`` lists (`the words "red" and "boat"`) stand in a second one.
    """
    text = " ".join(rng.choice(WORDS) for _ in range(rng.randint(8, 20))).capitalize() + "."
    wanted = [word for listed in _LISTED.findall(prompt) for word in re.findall(r'"(.+?)"', listed)]
    return f"{text} A {' '.join(wanted)}." if wanted else text


def value_for(schema: Mapping[str, Any], rng: Random, prompt: str = "") -> str:
    """Return JSON text that satisfies ``schema``: the subset that recipes make.

    Types, enum, const, properties, items, bounds of items, lengths and numbers, the first of
    anyOf or oneOf; a pattern, in place of lengths. A property called ``span`` or ``quote`` gets a few
    words of ``prompt``, if there are any, an integer called ``answer`` or ``result`` the last number
    there; ``program`` and ``tests`` are of the last function that is defined there. Raises
    NotImplementedError for a type it does not know.
    """
    return json.dumps(_value(schema, rng, prompt), ensure_ascii=False)


def shaped(shape: Shape, rng: Random, prompt: str = "") -> str:
    """Return a numbered list of 2 to 4 lines, or a value between the tags of each column."""
    if shape.kind == "numbered_list":
        items = [_value(shape.schema, rng, prompt) for _ in range(rng.randint(2, 4))]
        return "\n".join(f"{number}. {item}" for number, item in enumerate(items, start=1))
    columns = _value(shape.schema, rng, prompt).items()
    return "\n".join(f"<{name}>{_plain(value)}</{name}>" for name, value in columns)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(schema: Mapping[str, Any], rng: Random, prompt: str) -> Any:
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return rng.choice(schema["enum"])
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return _value(options[0], rng, prompt)
    kind = schema.get("type", "object")
    return _of_kind(kind[0] if isinstance(kind, list) else kind, schema, rng, prompt)


def _of_kind(kind: str, schema: Mapping[str, Any], rng: Random, prompt: str) -> Any:
    match kind:
        case "object":
            return {
                name: _property(name, one, rng, prompt)
                for name, one in schema.get("properties", {}).items()
            }
        case "array":
            items = schema.get("items", {"type": "string"})
            return [_value(items, rng, prompt) for _ in _items(schema, rng)]
        case "string":
            return _string(schema, rng)
        case "integer":
            low, high = _bounds(schema)
            return rng.randint(math.ceil(low), math.floor(high))
        case "number":
            low, high = _bounds(schema)
            return low + (high - low) * rng.randint(0, 4) / 4
        case "boolean":
            return rng.random() < 0.5
        case "null":
            return None
    raise NotImplementedError(f"a value of type {kind}")


def _property(name: str, schema: Mapping[str, Any], rng: Random, prompt: str) -> Any:
    if name in QUOTED:
        return _quoted(schema, rng, prompt)
    if name in (PROGRAM, TESTS) and (python := _python(name, schema, rng, prompt)):
        return python
    value = _value(schema, rng, prompt)
    numbers = re.findall(r"\d+", prompt) if name in SOLVED else []
    if not numbers or schema.get("type") != "integer" or "enum" in schema:
        return value
    low, high = _bounds(schema)
    last = int(numbers[-1][:18])
    return last if low <= last <= high else value


def _quoted(schema: Mapping[str, Any], rng: Random, prompt: str) -> Any:
    words = prompt.split()
    bounds: set[str] = {"type", "maxLength"}
    if not words or schema.get("type") != "string" or not bounds.issuperset(schema):
        return _value(schema, rng, prompt)
    first = rng.randrange(len(words))
    text = " ".join(words[first : first + rng.randint(3, 10)])
    return text[: schema.get("maxLength", len(text))].rstrip()


def _python(name: str, schema: Mapping[str, Any], rng: Random, prompt: str) -> Any:
    """Return a program, or tests, for the function in a prompt; None where none is asked for."""
    kind = schema.get("type")
    if name == PROGRAM and kind == "string" and "pattern" not in schema:
        return program_for(prompt)
    if name == TESTS and kind == "array" and (test := check_for(prompt, rng)):
        return [test, *(check_for(prompt, rng) for _ in _items(schema, rng)[1:])]
    return None


def _items(schema: Mapping[str, Any], rng: Random) -> range:
    least = schema.get("minItems", 1)
    return range(rng.randint(min(least, schema.get("maxItems", least)), _most(schema, least)))


def _most(schema: Mapping[str, Any], least: int) -> int:
    most: int = min(schema.get("maxItems", least + 2), least + 4)
    return most


def _string(schema: Mapping[str, Any], rng: Random) -> str:
    if "pattern" in schema:
        return matching_text(schema["pattern"], rng)
    least: int = schema.get("minLength", 0)
    most: float = schema.get("maxLength", math.inf)
    text = some_text(rng)
    while len(text) < least:
        text += " " + some_text(rng)
    if len(text) <= most:
        return text
    cut = text[: int(most)].rstrip()
    return cut + "." * (least - len(cut))


def _bounds(schema: Mapping[str, Any]) -> tuple[float, float]:
    """Return the least and greatest value allowed; where none is said, within 100 of the other."""
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None and "minimum" not in schema:
        low += 1
    if high is not None and "maximum" not in schema:
        high -= 1
    if low is None:
        low = 0 if high is None or high >= 0 else high - 100
    return low, low + 100 if high is None else high

"""Closed answers as llama.cpp grammars (GBNF): a list of choices, or a JSON Schema.

The schemas that recipes make need objects, arrays, strings, numbers, booleans and enums. They are
translated here and not by llama_cpp's converter, which lets line breaks into JSON strings, breaks
on quotes in an enum and ignores the bounds of integers.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

MAX_REPEAT = 2000
"""llama.cpp refuses a longer repetition; a longer bound is left to whoever parses the answer."""

MAX_RANGE = 1000
"""Integers between bounds this close are spelt out; wider bounds are left to the parser."""

HEX = "[0-9a-fA-F]"
ESCAPE = rf'["\\/bfnrt] | "u" ([0-9a-cA-CefEF] {HEX}{{3}} | [dD] [0-7] {HEX}{{2}})'
STRING_CHAR = rf'[^"\\\x00-\x1F\x7F] | "\\" ({ESCAPE})'
INTEGER = '"-"? ("0" | [1-9] [0-9]{0,15})'
NUMBER = INTEGER + ' ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,3})?'
SHAPES = {"string", "integer", "number", "boolean", "null", "object", "array"}
READ = {
    "type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems",
    "minLength", "maxLength", "minimum", "maximum", "enum", "const",
    "title", "description", "default", "examples", "$schema",
}  # fmt: skip
"""Keywords that are translated or change nothing; any other makes the schema Unsupported."""


class Unsupported(Exception):
    """The schema says something that no grammar is written for here."""


def choice_grammar(choices: Sequence[str]) -> str:
    """Return the grammar of exactly these texts."""
    return "root ::= " + " | ".join(map(literal, choices))


def schema_grammar(schema: Mapping[str, Any]) -> str:
    """Return a grammar of JSON texts that satisfy ``schema``.

    They stand on one line, spaced as json.dumps does, with every property in the schema's order.
    Raises Unsupported for keywords (``anyOf``, ``$ref``, ``pattern``) that are not translated.
    """
    rules = {"char": STRING_CHAR}
    rules["root"] = _rule(schema, "root", rules)
    return "\n".join(f"{name} ::= {body}" for name, body in rules.items())


def inexpressible(schema: Mapping[str, Any]) -> str:
    r"""Return what in a schema no grammar can be made for, here or by llama_cpp, "" if all can be.

    Where it is not "", a call with the schema would stop the run, or force other answers than those
    asked for: a `\d` would be the letter d.
    """
    if (pattern := schema.get("pattern")) and not _plain_pattern(pattern):
        return f"`pattern: {pattern}`"
    inner = [*schema.get("properties", {}).values()]
    inner += [schema["items"]] if isinstance(schema.get("items"), dict) else []
    return next(filter(None, map(inexpressible, inner)), "")


def _plain_pattern(pattern: str) -> bool:
    """Whether a pattern is what llama_cpp turns into a grammar: a whole text of classes and groups."""
    if len(pattern) < 2 or pattern[0] != "^" or pattern[-1] != "$":
        return False
    outside = re.sub(r"\[(?:\\.|[^\]\\])*\]", "x", pattern[1:-1])
    depth = 0
    for char in re.sub(r"\\[^A-Za-z0-9]", "x", outside):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if char in "^$\\" or (char == "|" and not depth):
            return False
    escaped = re.search(r"\\[A-Za-z0-9]", pattern)
    return not escaped and not re.search(r"\(\?|[*+?}]\?", outside)


def literal(text: str) -> str:
    """Return ``text`` as a GBNF literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    for raw, written in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        escaped = escaped.replace(raw, written)
    return f'"{escaped}"'


def _rule(schema: Mapping[str, Any], name: str, rules: dict[str, str]) -> str:
    """Return the right-hand side for ``schema``; nested rules are added under ``name-...``."""
    if unknown := sorted(set(schema) - READ):
        raise Unsupported(f"`{unknown[0]}`")
    if "enum" in schema or "const" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        return " | ".join(literal(_dumps(v)) for v in values)
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return " | ".join(f"({_rule({**schema, 'type': k}, name, rules)})" for k in kinds)
    if kinds not in SHAPES:
        raise Unsupported(f"type {kinds!r}")
    return _TRANSLATE[kinds](schema, name, rules)


def _object(schema: Mapping[str, Any], name: str, rules: dict[str, str]) -> str:
    properties: Mapping[str, Any] = schema.get("properties", {})
    if not properties:
        raise Unsupported("an object of any shape")
    parts = []
    for i, (key, inner) in enumerate(properties.items()):
        rules[f"{name}-{i}"] = _rule(inner, f"{name}-{i}", rules)
        lead = "{" if i == 0 else ", "
        parts.append(f"{literal(f'{lead}{_dumps(key)}: ')} {name}-{i}")
    return " ".join([*parts, literal("}")])


def _array(schema: Mapping[str, Any], name: str, rules: dict[str, str]) -> str:
    if "items" not in schema:
        raise Unsupported("an array of anything")
    item = f"{name}-item"
    rules[item] = _rule(schema["items"], item, rules)
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    if most == 0:
        return literal("[]")
    more = _times(f'(", " {item})', max(least - 1, 0), None if most is None else most - 1)
    body = f"{item} {more}"
    return f'"[" {body} "]"' if least else f'"[" ({body})? "]"'


def _string(schema: Mapping[str, Any], _name: str, _rules: dict[str, str]) -> str:
    chars = _times("char", schema.get("minLength", 0), schema.get("maxLength"))
    return rf'"\"" {chars} "\""'


def _integer(schema: Mapping[str, Any], _name: str, _rules: dict[str, str]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is None or high is None or high - low > MAX_RANGE:
        return INTEGER if low is None or low < 0 else INTEGER.removeprefix('"-"? ')
    return " | ".join(literal(str(n)) for n in range(int(-(-low // 1)), int(high // 1) + 1))


def _times(what: str, least: int, most: int | None) -> str:
    if most is not None and most <= MAX_REPEAT:
        return f"{what}{{{least},{most}}}"
    return f"{what}{{{min(least, MAX_REPEAT)},}}"


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


_TRANSLATE = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "number": lambda *_: NUMBER,
    "boolean": lambda *_: '"true" | "false"',
    "null": lambda *_: '"null"',
}

"""Closed answers as llama.cpp grammars (GBNF): a list of choices, or a JSON Schema.

The schemas that recipes make need objects, arrays, strings, numbers, booleans and enums, those of
functions also choices between schemas and values of any kind. They are translated here and not by
llama_cpp's converter, which lets line breaks into JSON strings, breaks on quotes in an enum, ignores
the bounds of integers and takes a schema that says nothing for one of objects.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sofrito.teachers.patterns import patterns_of

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
    "minLength", "maxLength", "minimum", "maximum", "enum", "const", "anyOf", "oneOf",
    "title", "description", "default", "examples", "$schema",
}  # fmt: skip
"""Keywords that are translated or change nothing; any other makes the schema Unsupported."""

SILENT = {"title", "description", "default", "examples", "$schema"}
ANY = {
    "any": 'any-object | any-array | any-string | any-number | "true" | "false" | "null"',
    "any-object": '"{" (any-string ": " any (", " any-string ": " any)*)? "}"',
    "any-array": '"[" (any (", " any)*)? "]"',
    "any-string": r'"\"" char* "\""',
    "any-number": NUMBER,
}
"""The rules of a value of any kind."""


class Unsupported(Exception):
    """The schema says something that no grammar is written for here."""


def choice_grammar(choices: Sequence[str]) -> str:
    """Return the grammar of exactly these texts."""
    return "root ::= " + " | ".join(map(literal, choices))


def schema_grammar(schema: Mapping[str, Any]) -> str:
    """Return a grammar of JSON texts that satisfy ``schema``.

    They stand on one line, spaced as json.dumps does, with the properties in the schema's order:
    every one where it does not say which are ``required``, and no other ones beside them. Raises
    Unsupported for keywords (``$ref``, ``allOf``, ``pattern``) that are not translated.
    """
    rules = {"char": STRING_CHAR}
    rules["root"] = _rule(schema, "root", rules)
    return "\n".join(f"{name} ::= {body}" for name, body in rules.items())


def inexpressible(schema: Mapping[str, Any]) -> str:
    r"""Return what in a schema no grammar can be made for, here or by llama_cpp, "" if all can be.

    Where it is not "", a call with the schema would stop the run, or force other answers than those
    asked for: a `\d` would be the letter d.
    """
    beyond = (one for one in patterns_of(schema) if not _plain_pattern(one))
    return next((f"`pattern: {one}`" for one in beyond), "")


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
    if options := schema.get("anyOf") or schema.get("oneOf"):
        if not SILENT.issuperset(set(schema) - {"anyOf", "oneOf"}):
            raise Unsupported("`anyOf` beside other keywords")
        return " | ".join(_named(one, f"{name}-or{i}", rules) for i, one in enumerate(options))
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return " | ".join(f"({_rule({**schema, 'type': k}, name, rules)})" for k in kinds)
    if SILENT.issuperset(schema):
        return _any("any", rules)
    if kinds not in SHAPES:
        raise Unsupported(f"type {kinds!r}")
    return _TRANSLATE[kinds](schema, name, rules)


def _named(schema: Mapping[str, Any], name: str, rules: dict[str, str]) -> str:
    """Add the rule for ``schema`` under ``name``, and return that."""
    rules[name] = _rule(schema, name, rules)
    return name


def _any(kind: str, rules: dict[str, str]) -> str:
    """Add the rules of a value of any kind, and return the name of the one for ``kind``."""
    rules |= ANY
    return kind


def _object(schema: Mapping[str, Any], name: str, rules: dict[str, str]) -> str:
    properties: Mapping[str, Any] = schema.get("properties", {})
    if not properties:
        return _record(schema, name, rules)
    members = []
    for i, (key, inner) in enumerate(properties.items()):
        members.append((f"{_dumps(key)}: ", _named(inner, f"{name}-{i}", rules)))
    needed = set(schema.get("required", properties))
    if needed.issuperset(properties):
        leads = ["{", *[", "] * (len(members) - 1)]
        parts = [
            f"{literal(lead + key)} {rule}"
            for lead, (key, rule) in zip(leads, members, strict=True)
        ]
        return " ".join([*parts, literal("}")])
    return _with_gaps(members, [key in needed for key in properties], name, rules)


def _with_gaps(
    members: Sequence[tuple[str, str]], needed: Sequence[bool], name: str, rules: dict[str, str]
) -> str:
    """Return the rule of an object some of whose members may be missing."""
    firsts: list[str] = []
    rest = ""
    for i, (key, rule) in reversed([*enumerate(members)]):
        if not any(needed[:i]):
            firsts.insert(0, f"{literal(key)} {rule}{rest}")
        if i:
            written = f"{literal(f', {key}')} {rule}"
            rules[f"{name}-from{i}"] = (written if needed[i] else f"({written})?") + rest
            rest = f" {name}-from{i}"
    return f'"{{" ({" | ".join(firsts)}){"" if any(needed) else "?"} "}}"'


def _record(schema: Mapping[str, Any], name: str, rules: dict[str, str]) -> str:
    """Return the rule of an object whose keys are not told."""
    more = schema.get("additionalProperties", True)
    if more is False:
        return literal("{}")
    if not isinstance(more, Mapping):
        return _any("any-object", rules)
    pair = f'{_any("any-string", rules)} ": " {_named(more, f"{name}-value", rules)}'
    return f'"{{" ({pair} (", " {pair})*)? "}}"'


def _array(schema: Mapping[str, Any], name: str, rules: dict[str, str]) -> str:
    item = _named(schema.get("items", {}), f"{name}-item", rules)
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
    if not (numbers := range(int(-(-low // 1)), int(high // 1) + 1)):
        raise Unsupported("bounds that nothing can be within")
    return " | ".join(literal(str(n)) for n in numbers)


def _times(what: str, least: int, most: int | None) -> str:
    if most is not None and most < least:
        raise Unsupported("bounds that nothing can be within")
    if most is not None and most <= MAX_REPEAT:
        return f"{what}{{{int(least)},{int(most)}}}"
    return f"{what}{{{int(min(least, MAX_REPEAT))},}}"


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

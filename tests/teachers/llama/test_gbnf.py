"""Closed answers as grammars."""

import json

import pytest

from sofrito.teachers.llama.gbnf import (
    INTEGER,
    Unsupported,
    choice_grammar,
    inexpressible,
    literal,
    schema_grammar,
)


def rules(schema: dict[str, object]) -> dict[str, str]:
    lines = schema_grammar(schema).splitlines()
    return dict(line.split(" ::= ", 1) for line in lines if not line.startswith("char "))


def test_choices_are_escaped() -> None:
    assert choice_grammar(["yes", 'a "b"\\', "two\nlines"]) == (
        r'root ::= "yes" | "a \"b\"\\" | "two\nlines"'
    )


def test_a_record_is_spelt_as_json_dumps_does_in_the_order_of_the_schema() -> None:
    schema = {
        "type": "object",
        "properties": {
            "b": {"type": "string", "minLength": 3, "maxLength": 200},
            'a"': {"type": "boolean"},
            "n": {"type": "integer", "minimum": 1, "maximum": 3},
        },
    }
    assert rules(schema) == {
        "root": r'"{\"b\": " root-0 ", \"a\\\"\": " root-1 ", \"n\": " root-2 "}"',
        "root-0": r'"\"" char{3,200} "\""',
        "root-1": '"true" | "false"',
        "root-2": '"1" | "2" | "3"',
    }


@pytest.mark.parametrize(
    ("bounds", "root"),
    [
        ({}, '"[" (root-item (", " root-item){0,})? "]"'),
        ({"minItems": 1}, '"[" root-item (", " root-item){0,} "]"'),
        ({"maxItems": 3}, '"[" (root-item (", " root-item){0,2})? "]"'),
        ({"minItems": 2, "maxItems": 5}, '"[" root-item (", " root-item){1,4} "]"'),
        ({"minItems": 0, "maxItems": 0}, '"[]"'),
    ],
)
def test_lists_keep_their_bounds(bounds: dict[str, int], root: str) -> None:
    found = rules({"type": "array", "items": {"type": "integer"}, **bounds})
    assert found == {"root": root, "root-item": INTEGER}


def test_wide_bounds_are_left_to_the_parser() -> None:
    assert rules({"type": "string", "maxLength": 5000}) == {"root": r'"\"" char{0,} "\""'}
    assert rules({"type": "integer", "minimum": 0, "maximum": 10**6}) == {
        "root": INTEGER.removeprefix('"-"? ')
    }


def test_enums_and_types_in_a_list() -> None:
    assert rules({"enum": ['q"uo', 2, None]}) == {"root": r'"\"q\\\"uo\"" | "2" | "null"'}
    assert rules({"type": ["boolean", "null"]}) == {"root": '("true" | "false") | ("null")'}


NUMBER = f'{INTEGER} ("." [0-9]{{1,15}})? ([eE] [-+]? [0-9]{{1,3}})?'


def test_a_choice_between_schemas_keeps_its_description_to_itself() -> None:
    tip = {"anyOf": [{"type": "number"}, {"type": "null"}], "description": "The tip."}
    expected = {"root": "root-or0 | root-or1", "root-or0": NUMBER, "root-or1": '"null"'}
    assert rules(tip) == expected
    assert rules({"oneOf": tip["anyOf"]}) == expected


def test_members_that_are_not_required_may_be_missing() -> None:
    said = {"type": "object", "properties": {k: {"type": "boolean"} for k in "abc"}}
    found = rules({**said, "required": ["b"]})
    assert found["root"] == r'"{" ("\"a\": " root-0 root-from1 | "\"b\": " root-1 root-from2) "}"'
    assert found["root-from1"] == r'", \"b\": " root-1 root-from2'
    assert found["root-from2"] == r'(", \"c\": " root-2)?'
    assert rules({**said, "required": []})["root"] == (
        r'"{" ("\"a\": " root-0 root-from1 | "\"b\": " root-1 root-from2 | "\"c\": " root-2)? "}"'
    )


def test_values_of_any_kind() -> None:
    anything = rules({})
    assert anything["root"] == "any"
    assert rules({"description": "Whatever."}) == anything
    assert rules({"type": "object"}) == {**anything, "root": "any-object"}
    listed = {**anything, "root": '"[" (root-item (", " root-item){0,})? "]"', "root-item": "any"}
    assert rules({"type": "array"}) == listed
    assert rules({"type": "object", "additionalProperties": False})["root"] == '"{}"'
    record = rules({"type": "object", "additionalProperties": {"type": "boolean"}})
    pair = 'any-string ": " root-value'
    assert record == {
        **anything,
        "root": f'"{{" ({pair} (", " {pair})*)? "}}"',
        "root-value": '"true" | "false"',
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": []},
        {"anyOf": [{"type": "null"}], "minimum": 1},
        {"type": "string", "pattern": "^a$"},
        {"$ref": "#/$defs/a"},
        {"type": "nonsense"},
        {"type": "integer", "minimum": 3, "maximum": 2},
        {"type": "array", "minItems": 3, "maxItems": 2},
    ],
)
def test_what_is_not_translated_says_so(schema: dict[str, object]) -> None:
    with pytest.raises(Unsupported):
        schema_grammar(schema)


def test_a_literal_keeps_what_needs_no_escape() -> None:
    assert literal("é 😀 [a]") == '"é 😀 [a]"'


def schema_with(pattern: str) -> dict[str, object]:
    properties = {"a": {"type": "string"}, "b": {"type": "string", "pattern": pattern}}
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    "pattern",
    ["^abc$", "^[a-z]+(x|y)?$", r"^a\.b$", "^.{1,20}$", r"^[^\]]{2}-[0-9]*$", "^(a|(b))$"],
)
def test_a_pattern_that_llama_cpp_can_hold_is_expressible(pattern: str) -> None:
    llama_grammar = pytest.importorskip("llama_cpp.llama_grammar")
    assert inexpressible(schema_with(pattern)) == ""
    assert llama_grammar.json_schema_to_gbnf(json.dumps(schema_with(pattern)))


@pytest.mark.parametrize(
    "pattern",
    [
        "abc",
        "^abc",
        "abc$",
        "",
        r"^\d+$",
        r"^a\b$",
        r"^[\s]$",
        "^(?:ab)$",
        "^a$|^b$",
        "^a+?$",
        "^a|b$",
    ],
)
def test_a_pattern_that_it_cannot_hold_is_told(pattern: str) -> None:
    said = f"`pattern: {pattern}`" if pattern else ""
    assert inexpressible(schema_with(pattern)) == said
    inside = {"type": "object", "properties": {"items": {"items": schema_with(pattern)}}}
    assert inexpressible(inside) == said

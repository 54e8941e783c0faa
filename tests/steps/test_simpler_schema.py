"""A stranger's JSON Schema in few keywords, each of which llama.cpp's grammars can express."""

from typing import Any

import pytest

from sofrito.steps.simpler_schema import simpler
from sofrito.teachers.llama.gbnf import schema_grammar

NUMBER, NULL = {"type": "number"}, {"type": "null"}
A_OR_B = {"a": {"type": "integer"}, "b": {"type": "string"}}
TREE = {
    "type": "object",
    "properties": {"left": {"$ref": "#/$defs/tree"}, "n": {"$ref": "#/$defs/a~1b"}},
}
CASES: list[tuple[Any, dict[str, Any]]] = [
    (
        {"anyOf": [NUMBER, NULL], "description": "The tip."},
        {"anyOf": [NUMBER, NULL], "description": "The tip."},
    ),
    ({"oneOf": [NUMBER, {"anyOf": [NULL, {"minLength": 2}]}], "minimum": 1}, {
        "anyOf": [{"minimum": 1, "type": "number"}, NULL, {"type": "string", "minLength": 2}],
    }),
    ({"description": "Anything."}, {}),
    ({"anyOf": [NUMBER, {"format": "date"}]}, {}),
    ({"type": "object", "properties": A_OR_B, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, {
        "anyOf": [
            {"type": "object", "properties": A_OR_B, "required": ["a"]},
            {"type": "object", "properties": A_OR_B, "required": ["b"]},
        ],
    }),
    ({"type": "object", "additionalProperties": NUMBER}, {
        "type": "object", "additionalProperties": NUMBER,
    }),
    ({"type": "object", "properties": {"a": True}, "required": ["b"]}, {
        "type": "object", "properties": {"a": {}, "b": {}}, "required": ["b"],
    }),
    ({"$ref": "#/$defs/tree", "$defs": {"tree": TREE, "a/b": NUMBER}}, {
        "type": "object", "required": [],
        "properties": {
            "left": {"type": "object"},
            "n": NUMBER,
        },
    }),
    ({"$ref": "https://example.org/a.json"}, {}),
    ({"$ref": "#/$defs/gone"}, {}),
    ({"type": "integer", "minimum": 1.2, "maximum": 1.8}, {"type": "integer"}),
    ({"type": "array", "minItems": 3, "maxItems": 2, "items": False}, {"type": "array"}),
    ({"type": ["string", "null"], "pattern": "(?=a)"}, {"type": ["string", "null"]}),
    ({"enum": ["a", None], "title": "t"}, {"enum": ["a", None]}),
    ({"type": "string", "minLength": 2.0}, {"type": "string", "minLength": 2}),
    ({"$ref": "#tree", "type": "object", "$defs": {"a": {"$anchor": "tree"}}}, {}),
    ({"items": {"$ref": "#"}, "type": "array"}, {
        "type": "array", "items": {"type": "array", "items": {"type": "array"}},
    }),
    (True, {}),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "said"), CASES)
def test_what_is_said_in_few_words(schema: Any, said: dict[str, Any]) -> None:
    assert simpler(schema) == said
    assert "root ::= " in schema_grammar(simpler(schema))


@pytest.mark.parametrize(
    "unsound",
    [
        {"properties": {"a": {}}, "required": True},
        {"required": [{}]},
        {"type": 5},
        {"type": "text"},
        {"type": ["string", {"type": "object"}]},
        {"type": "string", "minLength": "3"},
        {"type": "string", "minLength": float("inf")},
        {"type": "integer", "minimum": float("nan"), "maximum": 10**400},
        {"enum": 5},
        {"anyOf": []},
        ["a"],
        "a",
    ],
)
def test_what_is_no_schema_where_a_reference_leads_is_left_out(unsound: Any) -> None:
    schema = {"type": "array", "items": {"$ref": "#/x"}, "x": unsound}
    assert simpler(schema) == {"type": "array", "items": {}}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = NUMBER
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


def test_what_is_nested_too_deeply_is_left_out() -> None:
    assert simpler(nested(16)) == nested(16)
    deepest: dict[str, Any] = simpler(nested(40))
    for _ in range(16):
        deepest = deepest["items"]
    assert deepest == {"type": "array", "items": {}}


def test_references_that_double_at_each_level_end() -> None:
    twice = [{"properties": {k: {"$ref": f"#/$defs/{n + 1}"} for k in "ab"}} for n in range(15)]
    schema = {"$defs": {str(n): one for n, one in enumerate([*twice, NUMBER])}, "$ref": "#/$defs/0"}
    assert len(str(simpler(schema))) < 200_000

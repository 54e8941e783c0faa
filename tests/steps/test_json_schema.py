"""Schemas that a stranger wrote: each check ends, whatever they say."""

from typing import Any

import pytest

from sofrito.steps.json_schema import JsonSchema

TOO_MUCH = "the schema takes more than 200,000 comparisons"


def doubling(keyword: str, depth: int = 24) -> dict[str, Any]:
    """Return a short schema that visits its last part 2^depth times."""
    parts: dict[str, Any] = {"a0": {"type": "integer"}}
    for level in range(1, depth + 1):
        parts[f"a{level}"] = {keyword: [{"$ref": f"#/$defs/a{level - 1}"}] * 2}
    return {"$defs": parts, "$ref": f"#/$defs/a{depth}"}


@pytest.mark.parametrize(
    ("schema", "value", "misfit"),
    [
        (doubling("allOf"), 1, TOO_MUCH),
        (doubling("allOf", 4), 1, ""),
        (doubling("anyOf"), "x", TOO_MUCH),
        (doubling("oneOf"), 1, TOO_MUCH),
        ({"$defs": {"a": {"not": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"}, 1, "never ends"),
        ({"not": {"allOf": [{"not": {}}] * 400}}, 1, ""),
        ({"items": {"enum": list(range(3000))}}, [-1] * 3000, TOO_MUCH),
        ({"allOf": [{"type": "integer"}] * 900}, "x" * 10**6, TOO_MUCH),
        ({"uniqueItems": True}, [{"a": n} for n in range(50_000)], ""),
        ({"uniqueItems": True}, [1, True, "1", [1], [True], {"a": 1}, {"a": True}], ""),
        ({"uniqueItems": True}, [{"a": 1}, {"a": 1.0}], "has non-unique elements"),
        ({"uniqueItems": False}, [1, 1], ""),
        ({"pattern": "(a+)+$"}, "a" * 40 + "b", "does not match '(a+)+$'"),
        ({"items": {"type": "integer"}}, [1] * 50_000, ""),
    ],
)
def test_a_check_ends(schema: dict[str, Any], value: Any, misfit: str) -> None:
    known = JsonSchema(schema)
    found = [known.misfit(value) for _ in range(2)]
    assert (known.fault, found[0][-len(misfit) :] if misfit else found[0]) == ("", misfit)
    assert found[0] == found[1]


def test_a_check_that_never_ends_is_told_wherever_it_begins() -> None:
    known = JsonSchema({"$defs": {"a": {"not": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"})

    def deeper(by: int) -> str:
        return deeper(by - 1) if by else known.misfit(1)

    found = {deeper(by) for by in range(0, 300, 7)}
    assert found == {"the schema goes deeper than 150 levels there, or never ends"}


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"anyOf": [{}] * 1000}, "it has more than 1,000 parts"),
        ({"enum": ["x" * 200_000]}, "it has more than 200,000 characters"),
        ({"allOf": [{"pattern": "a"}] * 101}, "it has more than 100 patterns"),
        ({"unevaluatedProperties": False}, "`unevaluatedProperties` is not supported"),
        ({"items": {"unevaluatedItems": {}}}, "`unevaluatedItems` is not supported"),
        ({"properties": {"unevaluatedItems": {}, "pattern": {}}}, ""),
    ],
)
def test_what_cannot_be_bounded_is_refused(schema: dict[str, Any], fault: str) -> None:
    assert JsonSchema(schema).fault == fault


DRAFT_3 = "http://json-schema.org/draft-03/schema#"
COMPONENT = {"a": {"type": "object", "required": True}}
UNSCHEMED = {"properties": {"x": {"$ref": "#/components/X"}}}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(levels - 1):
        schema = {"not": schema}
    return schema


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"$schema": []}, "`$schema` is no text"),
        ({"$schema": 5}, "`$schema` is no text"),
        ({"$schema": "http://x.org/a"}, "`$schema` names no known draft: http://x.org/a"),
        ({"$schema": "http://[::1"}, "Invalid IPv6 URL"),
        ({"$schema": "https://json-schema.org/draft-07/schema#", "minimum": 1}, ""),
        ({"items": {"$schema": []}}, "`$schema` stands within it, and not at its top"),
        ({"properties": {1: {}}}, "the key 1 is no text: put it between quotes"),
        ({"const": 10**30}, ""),
        (nested(64), ""),
        (nested(65), "it is nested deeper than 64 levels"),
        (nested(300), "it is nested deeper than 64 levels"),
    ],
)
def test_what_is_no_schema_is_told(schema: dict[str, Any], fault: str) -> None:
    assert JsonSchema(schema).fault == fault


@pytest.mark.parametrize(
    ("schema", "value", "misfit"),
    [
        (
            {**UNSCHEMED, "components": {"X": {"properties": COMPONENT}}},
            {"x": {"a": {}}},
            "TypeError",
        ),
        ({"$ref": "#/title", "title": "x"}, {}, "AttributeError"),
        ({"$ref": "#/required", "required": ["x"]}, {"x": 1}, "AttributeError"),
        ({"$ref": "#/type/x", "type": "string"}, "a", "ValueError"),
        ({"$ref": "a", "$id": "http://[::1"}, {}, "ValueError"),
        ({"$ref": "#/x", "x": {"multipleOf": 0}}, 5, "ZeroDivisionError"),
        ({"$schema": DRAFT_3, "type": ["string", {"type": "object"}]}, 5, "TypeError"),
        ({"multipleOf": 0.1}, 10**400, "OverflowError"),
    ],
)
def test_what_cannot_be_applied_is_told(schema: dict[str, Any], value: Any, misfit: str) -> None:
    known = JsonSchema(schema)
    assert known.fault == ""
    assert known.misfit(value) == f"the schema cannot be applied ({misfit})"


def test_a_schema_that_names_its_draft_is_bounded_wherever_it_leads() -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "not": {"$ref": "#"}}
    misfit = "the schema goes deeper than 150 levels there, or never ends"
    assert JsonSchema(schema).misfit(1) == misfit

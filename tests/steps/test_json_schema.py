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

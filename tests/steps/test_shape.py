import math
from typing import Any

import pytest
from desk import part_of
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from sofrito.steps.shape import ColumnType, Type, list_schema, object_schema


def type_of(said: Any) -> Type:
    return part_of(ColumnType, said)


def test_a_type_may_be_its_name() -> None:
    assert type_of("integer") == type_of({"type": "integer"})
    assert type_of({"min_length": 3}) == Type(type="string", min_length=3)


@pytest.mark.parametrize(
    ("said", "schema"),
    [
        ("string", {"type": "string"}),
        ("boolean", {"type": "boolean"}),
        ("object", {"type": "object"}),
        ("objects", {"type": "array", "items": {"type": "object"}}),
        (
            {"type": "strings", "min_length": 1, "max_length": 4},
            {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 4},
        ),
        (
            {"min_length": 0, "max_length": 9, "pattern": "^a"},
            {"type": "string", "minLength": 0, "maxLength": 9, "pattern": "^a"},
        ),
        (
            {"type": "integer", "minimum": 1, "maximum": 5},
            {"type": "integer", "minimum": 1, "maximum": 5},
        ),
        ({"type": "integer", "enum": [1, 2]}, {"type": "integer", "enum": [1, 2]}),
    ],
)
def test_the_schema_of_a_type(said: Any, schema: dict[str, Any]) -> None:
    assert type_of(said).schema_of() == schema


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ({"type": "integer", "max_length": 3}, "clash", "a column of type integer has no length"),
        ({"minimum": 3}, "clash", "a column of type string has no number"),
        ({"type": "number", "pattern": "a"}, "clash", "a column of type number has no pattern"),
        (
            {"min_length": 3, "max_length": 2},
            "never",
            "no length is at least 3 and at most 2",
        ),
        (
            {"type": "number", "minimum": 1, "maximum": 0.5},
            "never",
            "no number is at least 1 and at most 0.5",
        ),
        (
            {"type": "integer", "minimum": 1.2, "maximum": 1.8},
            "never",
            "no whole number is at least 1.2 and at most 1.8",
        ),
        (
            {"type": "integer", "maximum": 5, "enum": [5, 7]},
            "never",
            "`enum` has a value that can never be: 7, more than 5",
        ),
        ({"enum": [1]}, "never", "`enum` has a value that can never be: 1 is not a text"),
        ({"pattern": "(a"}, "pattern", "`(a` is not a regular expression: unclosed group"),
    ],
)
def test_what_no_value_fits_is_refused(said: Any, kind: str, words: str) -> None:
    with pytest.raises(ValidationError) as error:
        type_of(said)
    assert [(one["type"], one["msg"]) for one in error.value.errors()] == [(kind, words)]


@pytest.mark.parametrize(
    ("said", "value", "fault"),
    [
        ("string", "a", ""),
        ("string", None, "None is not a text"),
        ("integer", 3.0, ""),
        ("integer", 3.5, "3.5 is not a whole number"),
        ("integer", True, "True is not a whole number"),
        ("number", 3, ""),
        ("boolean", 0, "0 is not true or false"),
        ("strings", ["a", 1], "['a', 1] is not a list of texts"),
        ("objects", [{}], ""),
        ("object", [], "[] is not an object"),
        ({"min_length": 3}, "ab", "2 characters, fewer than 3"),
        ({"type": "strings", "max_length": 1}, ["a", "b"], "2 items, more than 1"),
        ({"type": "integer", "minimum": 1}, 0, "0, less than 1"),
        ({"type": "integer", "maximum": 5}, 6, "6, more than 5"),
        ({"enum": ["a", "b"]}, "c", "'c' is not one of those allowed"),
        ({"pattern": "^a"}, "ba", "'ba' does not have the pattern ^a"),
        ("integer", "x" * 100, "'" + "x" * 59 + "… is not a whole number"),
    ],
)
def test_what_is_wrong_with_a_value(said: Any, value: Any, fault: str) -> None:
    assert type_of(said).fault(value) == fault


TYPES = st.one_of(
    st.sampled_from(["string", "integer", "number", "boolean", "strings", "objects", "object"]),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["string", "strings", "objects"])},
        optional={"min_length": st.integers(0, 2), "max_length": st.integers(2, 4)},
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])},
        optional={"minimum": st.integers(-2, 1), "maximum": st.integers(1, 3)},
    ),
    st.just({"type": "integer", "enum": [1, 2]}),
    st.just({"enum": ["a", "bc"]}),
    st.just({"pattern": "^a.?$"}),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-4, 4),
    st.floats(-4, 4).map(lambda x: round(x, 1)),
    st.text("abc", max_size=5),
)
VALUES = st.one_of(
    SCALARS, st.lists(SCALARS | st.just({}), max_size=5), st.dictionaries(st.text(), SCALARS)
)


@given(TYPES, VALUES)
def test_a_value_is_judged_as_json_schema_judges_it(said: Any, value: Any) -> None:
    one = type_of(said)
    assert (one.fault(value) == "") == Draft202012Validator(one.schema_of()).is_valid(value)


def test_a_number_without_end_is_no_whole_number() -> None:
    assert type_of("integer").fault(math.inf) == "inf is not a whole number"


def test_an_object_has_exactly_the_columns() -> None:
    assert object_schema(("b", "a"), {"a": Type(type="integer")}) == {
        "type": "object",
        "properties": {"b": {"type": "string"}, "a": {"type": "integer"}},
        "required": ["b", "a"],
        "additionalProperties": False,
    }


def test_a_list_has_plain_values_or_objects() -> None:
    plain = list_schema(("a",), {}, (1, 3))
    assert plain["properties"]["items"] == {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 1,
        "maxItems": 3,
    }
    several = list_schema(("a", "b"), {}, None)
    assert several == {
        "type": "object",
        "properties": {"items": {"type": "array", "items": object_schema(("a", "b"), {})}},
        "required": ["items"],
        "additionalProperties": False,
    }

"""Types are found by looking at all values; what has no type becomes JSON text."""

import pytest

from sofrito.export.infer import Inferred, fit
from sofrito.formats import Type


def inferred(*records: dict[str, object]) -> dict[str, Type]:
    types = Inferred()
    for record in records:
        types.learn(record)
    return types.shape()


DEEP: object = 1
for _ in range(9):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("values", "type_", "written"),
    [
        (["a", None], "string", ["a", None]),
        ([True, None, False], "boolean", [True, None, False]),
        ([1, -5], "integer", [1, -5]),
        ([1, 2.5], "number", [1.0, 2.5]),
        ([2**63 - 1, 1], "integer", [2**63 - 1, 1]),
        ([-(2**63)], "integer", [-(2**63)]),
        ([2**53, 0.5], "number", [2.0**53, 0.5]),
        ([2**53 + 1, 0.5], "json", ["9007199254740993", "0.5"]),
        ([2**63, 1], "json", ["9223372036854775808", "1"]),
        ([None, None], "string", [None, None]),
        ([1, "x", None], "json", ["1", '"x"', None]),
        ([True, 1], "json", ["true", "1"]),
        ([[], None], ["string"], [[], None]),
        ([[1], [], [2.5]], ["number"], [[1.0], [], [2.5]]),
        ([[1], ["x"]], "json", ["[1]", '["x"]']),
        ([[1], 1], "json", ["[1]", "1"]),
        ([{}, {}], "json", ["{}", "{}"]),
        ([{}, {"a": "é"}], {"a": "string"}, [{"a": None}, {"a": "é"}]),
        (
            [{"b": 1}, {"a": [None]}],
            {"b": "integer", "a": ["string"]},
            [{"b": 1, "a": None}, {"b": None, "a": [None]}],
        ),
        ([{"a": {}}], "json", ['{"a":{}}']),
        (
            [[{"role": "user", "n": 1}], [{"role": None, "n": 1.5}]],
            [{"role": "string", "n": "number"}],
            [[{"role": "user", "n": 1.0}], [{"role": None, "n": 1.5}]],
        ),
        ([DEEP], "json", ["[[[[[[[[[1]]]]]]]]]"]),
    ],
)
def test_a_column_has_one_type(values: list[object], type_: Type, written: list[object]) -> None:
    shape = inferred(*({"c": value} for value in values))
    assert shape == {"c": type_}
    # As text, for 1 == 1.0.
    assert str([fit(value, shape["c"]) for value in values]) == str(written)


def test_an_object_of_many_names_is_json() -> None:
    assert inferred({"c": {str(n): n for n in range(65)}}) == {"c": "json"}
    assert inferred(*({"c": {str(n): n}} for n in range(65))) == {"c": "json"}
    assert inferred({"c": {str(n): n for n in range(64)}})["c"] != "json"


def test_columns_keep_the_order_in_which_they_came() -> None:
    shape = inferred({"z": None, "b": 1}, {"a": "x", "z": 1})
    assert list(shape.items()) == [("z", "integer"), ("b", "integer"), ("a", "string")]


def test_no_rows_have_no_columns() -> None:
    assert inferred() == {}

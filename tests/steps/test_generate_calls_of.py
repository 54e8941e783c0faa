"""`calls_of`: a teacher's calls are held to the functions of the row that they are for."""

from typing import Any

import pytest
from desk import row_of, step_of, worked
from pydantic import ValidationError

from sofrito.steps.shape import Type
from sofrito.steps.shape_calls import held

CALLS = {"calls": Type(type="objects", calls_of="tools", max_length=2)}
LIST = {"type": "array", "maxItems": 2}
WHY = {"type": "string"}


def schema_with(items: dict[str, Any]) -> dict[str, Any]:
    properties = {"calls": {**LIST, "items": items}, "why": WHY}
    return {"type": "object", "properties": properties, "required": ["calls", "why"]}


SCHEMA = schema_with({"type": "object"})


def option(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"name": {"const": name}, "arguments": arguments},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def test_each_function_is_an_option_as_far_as_a_teacher_can_be_held_to_it() -> None:
    days = {"type": "integer", "minimum": 1}
    city = {"type": "string", "pattern": "(?=a)"}
    some = {"type": "object", "properties": {"city": city, "days": days}, "required": ["city"]}
    tools = [{"name": "weather", "parameters": some}, {"function": {"name": "now"}}]
    plain = {**some, "properties": {"city": {"type": "string"}, "days": days}}
    options = [option("weather", plain), option("now", {"type": "object"})]
    assert held(SCHEMA, CALLS, {"tools": tools}) == (
        schema_with({"anyOf": options}),
        "",
    )


@pytest.mark.parametrize("tools", [None, [], "text", [{"description": "nameless"}]])
def test_without_a_function_there_is_nothing_to_call(tools: Any) -> None:
    assert held(SCHEMA, CALLS, {"tools": tools}) == (SCHEMA, "tools")


SAID: dict[str, Any] = {"generate": "calls", "prompt": "p", "parse": "json"}


def test_the_functions_are_a_column_that_the_step_reads() -> None:
    step = step_of(**SAID, schema={"calls": {"type": "objects", "calls_of": "tools"}})
    assert step.uses() == ("tools",)


def test_a_row_without_functions_fails_before_it_asks() -> None:
    step = step_of(**SAID, schema={"calls": {"type": "objects", "calls_of": "tools"}})
    done = worked(step, row_of(tools=[]))
    assert done.lost == [("failed", "no tools", "`tools` has no function to call")]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"schema": {"calls": {"type": "object", "calls_of": "tools"}}}, "calls are `objects`"),
        (
            {"parse": "json_list", "schema": {"calls": {"type": "objects", "calls_of": "tools"}}},
            "`calls_of` needs `parse: json`",
        ),
    ],
)
def test_where_it_cannot_be_meant(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        step_of(**{**SAID, **said})

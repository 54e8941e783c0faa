"""`calls_of`: a teacher's calls are held to the functions of the row that they are for."""

import json
from typing import Any

import pytest
from desk import row_of, step_of, worked
from pydantic import ValidationError

from sofrito.steps.shape import Type
from sofrito.steps.shape_calls import Uncallable, checks, held

CALLS = {"calls": Type(type="objects", calls_of="tools", max_length=2)}
LIST = {"type": "array", "maxItems": 2}
WHY = {"type": "string"}
SAID: dict[str, Any] = {"generate": "calls", "prompt": "p", "parse": "json"}


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
    city = {"type": "string", "pattern": "^[A-Z]"}
    some = {"type": "object", "properties": {"city": city, "days": days}, "required": ["city"]}
    tools = [{"name": "weather", "parameters": some}, {"function": {"name": "now"}}]
    plain = {**some, "properties": {"city": {"type": "string"}, "days": days}}
    options = [option("weather", plain), option("now", {"type": "object"})]
    assert held(SCHEMA, CALLS, {"tools": tools}) == schema_with({"anyOf": options})


@pytest.mark.parametrize("tools", [None, [], "text", [{"description": "nameless"}]])
def test_without_a_function_there_is_nothing_to_call(tools: Any) -> None:
    with pytest.raises(Uncallable, match=r"^no tools: `tools` has no function to call$"):
        held(SCHEMA, CALLS, {"tools": tools})


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"type": "nonsense"}, "type: 'nonsense' is not valid under any of the given schemas"),
        ("all of them", "it is no object"),
        (
            {"properties": {"a": {"pattern": "(?=a)"}}},
            "look-around, including look-ahead and look-behind, is not supported",
        ),
        ({"patternProperties": {"a": {}}}, "`patternProperties` is not supported"),
    ],
)
def test_a_function_with_odd_parameters_fails_its_row_and_is_named(
    parameters: Any, words: str
) -> None:
    tools = [{"name": "now"}, {"name": "ring", "parameters": parameters}]
    step = step_of(**SAID, schema={"calls": {"type": "objects", "calls_of": "tools"}})
    done = worked(step, row_of(tools=tools))
    assert done.calls == []
    assert done.lost == [("failed", "tool schema", f"`tools`, function `ring`: {words}")]


def test_the_functions_are_a_column_that_the_step_reads() -> None:
    step = step_of(**SAID, schema={"calls": {"type": "objects", "calls_of": "tools"}})
    assert step.uses() == ("tools",)


def test_a_row_without_functions_fails_before_it_asks() -> None:
    step = step_of(**SAID, schema={"calls": {"type": "objects", "calls_of": "tools"}})
    done = worked(step, row_of(tools=[]))
    assert done.lost == [("failed", "no tools", "`tools` has no function to call")]


TIP = {
    "$defs": {"tip": {"anyOf": [{"type": "number"}, {"type": "null"}], "description": "A tip."}},
    "type": "object",
    "properties": {"tip": {"$ref": "#/$defs/tip"}, "day": {"type": "string", "pattern": "^[0-9]$"}},
    "required": ["tip"],
}
END = {"type": "function", "function": {"name": "end_ride", "parameters": TIP}}


def end_ride(**arguments: Any) -> str:
    return json.dumps({"calls": [{"name": "end_ride", "arguments": arguments}]})


def test_references_are_held_to_and_looked_at_within_the_functions_own_parameters() -> None:
    tip = {"description": "A tip.", "anyOf": [{"type": "number"}, {"type": "null"}]}
    plain = {**TIP, "properties": {"tip": tip, "day": {"type": "string"}}}
    del plain["$defs"]
    found = held(SCHEMA, CALLS, {"tools": [END]})
    assert found == schema_with({"anyOf": [option("end_ride", plain)]})
    (check,) = checks(CALLS, {"tools": [END]}).values()
    assert [check(json.loads(end_ride(tip=one))["calls"]) for one in (2, None)] == ["", ""]


def test_arguments_that_do_not_fit_are_asked_for_again_with_what_is_wrong() -> None:
    answers = [end_ride(tip={"type": "function"}), end_ride(tip=1, day="Monday"), end_ride(tip=2)]
    step = step_of(**SAID, schema={"calls": {"type": "objects", "calls_of": "tools"}})
    left = iter(answers)
    done = worked(step, row_of(tools=[END]), lambda _: next(left))
    assert [one["calls"] for one in done.values] == [json.loads(answers[2])["calls"]]
    wrong = "That answer does not fit: calls: call 1: `end_ride`: "
    told = [call.messages[-1].content for call in done.calls[1:]]
    assert [words.removesuffix(" Give the whole answer again, as JSON and nothing else.") for words in told] == [
        f"{wrong}tip: {{'type': 'function'}} is not valid under any of the given schemas.",
        f"{wrong}day: 'Monday' does not match '^[0-9]$'.",
    ]  # fmt: skip


def test_a_row_whose_calls_never_fit_is_rejected() -> None:
    step = step_of(**SAID, attempts=2, schema={"calls": {"type": "objects", "calls_of": "tools"}})
    done = worked(step, row_of(tools=[END]), end_ride())
    detail = "calls: call 1: `end_ride`: 'tip' is a required property"
    assert (len(done.calls), done.lost) == (2, [("rejected", "unparseable", detail)])


def test_no_call_at_all_is_for_the_bounds_of_the_list_to_forbid() -> None:
    step = step_of(**SAID, schema={"calls": {"type": "objects", "calls_of": "tools"}})
    assert worked(step, row_of(tools=[END]), '{"calls": []}').values[0]["calls"] == []


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

"""The scripted teacher: script, default answers, faults."""

import asyncio
import json
import random
from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sofrito.teachers.call import Completion, Message, Shape
from sofrito.teachers.result import Answer
from sofrito.teachers.scripted.teacher import ScriptedTeacher
from sofrito.teachers.teacher import Transient


def call(text: str = "Hello there", **rest: Any) -> Completion:
    return Completion("teacher", (Message("user", text),), **rest)


def ask(teacher: ScriptedTeacher, *calls: Completion) -> list[Answer]:
    async def run() -> list[Answer]:
        return [await teacher.answer(c) for c in calls]

    return asyncio.run(run())


def test_the_first_expression_found_answers() -> None:
    teacher = ScriptedTeacher({"tea|coffee": "A cup.", "c.+e": lambda c: f"Seed {c.seed}."})
    asked = [call("some coffee"), call("cheese", seed=4), call("cheese\nand tea")]
    assert ask(teacher, *asked) == [
        Answer("A cup.", "stop", 2, 2),
        Answer("Seed 4.", "stop", 1, 2),
        Answer("A cup.", "stop", 3, 2),
    ]
    assert teacher.asked == asked


def test_a_function_answers_or_leaves_it_to_the_default() -> None:
    teacher = ScriptedTeacher(lambda c: Answer("", "length", 7, 9) if c.seed else None)
    plain = call()
    assert ask(teacher, call(seed=1), plain) == [
        Answer("", "length", 7, 9),
        *ask(ScriptedTeacher(), plain),
    ]


def test_the_default_is_a_function_of_the_key() -> None:
    calls = [call(seed=s) for s in range(50)]
    first, again = ask(ScriptedTeacher(), *calls), ask(ScriptedTeacher(), *reversed(calls))
    assert first == again[::-1]
    assert len({a.text for a in first}) == 50


def test_max_tokens_and_stop_cut_the_answer() -> None:
    teacher = ScriptedTeacher(lambda _: "one two\nthree four")
    cut = call(sampling={"max_tokens": 3})
    stopped = call(sampling={"stop": ["thr"], "max_tokens": 3})
    assert ask(teacher, cut, stopped) == [
        Answer("one two\nthree", "length", 2, 3),
        Answer("one two\n", "stop", 2, 2),
    ]


def test_choices_are_kept() -> None:
    answers = ask(ScriptedTeacher(), *(call(choices=("yes", "no"), seed=s) for s in range(40)))
    assert {a.text for a in answers} == {"yes", "no"}


def test_faults_are_drawn_from_the_generator_and_recorded() -> None:
    def outcomes(seed: int) -> list[bool]:
        teacher = ScriptedTeacher(fault_rate=0.3, faults=random.Random(seed))

        async def tries() -> list[object]:
            asked = [teacher.answer(call()) for _ in range(100)]
            return await asyncio.gather(*asked, return_exceptions=True)

        found = asyncio.run(tries())
        assert len(teacher.asked) == 100
        assert {type(f) for f in found} == {Answer, Transient}
        return [isinstance(f, Answer) for f in found]

    assert outcomes(1) == outcomes(1) != outcomes(2)
    assert 15 <= outcomes(1).count(False) <= 45


def test_latency_may_depend_on_the_call() -> None:
    waited = []
    teacher = ScriptedTeacher(latency=lambda c: waited.append(c.seed) or 0.0)
    ask(teacher, call(seed=5))
    assert waited == [5]


def bounded(low: str, high: str, most: int) -> st.SearchStrategy[dict[str, int]]:
    pairs = st.lists(st.integers(0, most), min_size=2, max_size=2).map(sorted)
    both = pairs.map(lambda p: {low: p[0], high: p[1]})
    return st.one_of(st.just({}), both, st.integers(0, most).map(lambda n: {low: n}))


leaves = st.one_of(
    bounded("minLength", "maxLength", 60).map(lambda b: {"type": "string", **b}),
    bounded("minimum", "maximum", 9).map(lambda b: {"type": "integer", **b}),
    bounded("minimum", "maximum", 9).map(lambda b: {"type": "number", **b}),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"enum": ["a", 2, None]}]),
)


def nested(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    array = st.tuples(inner, bounded("minItems", "maxItems", 6)).map(
        lambda p: {"type": "array", "items": p[0], **p[1]}
    )
    record = st.dictionaries(st.sampled_from("abc"), inner, min_size=1).map(
        lambda d: {
            "type": "object",
            "properties": d,
            "required": sorted(d),
            "additionalProperties": False,
        }
    )
    return array | record


@given(st.recursive(leaves, nested, max_leaves=6), st.integers(0, 99))
def test_the_default_satisfies_the_schema(schema: Mapping[str, Any], seed: int) -> None:
    teacher = ScriptedTeacher()
    text = teacher.default(call(schema=schema, seed=seed))
    jsonschema.validate(json.loads(text), schema)


def test_a_schema_it_does_not_know_is_an_error() -> None:
    with pytest.raises(NotImplementedError, match="a value of type date"):
        ScriptedTeacher().default(call(schema={"type": "date"}))


@pytest.mark.parametrize("name", ["quote", "span"])
def test_a_quotation_stands_in_the_prompt(name: str) -> None:
    prompt = "The red key opens the shed by the pier, and the blue one opens the boathouse."
    schema = {"type": "object", "properties": {name: {"type": "string", "maxLength": 20}}}
    messages = (Message("system", "Quote."), Message("user", prompt))
    texts = {
        json.loads(
            ScriptedTeacher().default(Completion("teacher", messages, schema=schema, seed=n))
        )[name]
        for n in range(9)
    }
    assert len(texts) > 1
    assert all(text and text in prompt and len(text) <= 20 for text in texts)


ASKED = "Write it:\n\n```python\ndef join_rows(left, _right, most=3):\n    ...\n```"


def test_a_program_and_tests_are_of_the_function_in_the_prompt() -> None:
    schema = object_of(program={"type": "string"}, tests={"type": "array", "minItems": 2})
    (answer,) = ask(ScriptedTeacher(), call(ASKED, schema=schema))
    made = json.loads(answer.text)
    assert made["program"] == (
        "def join_rows(left, _right, most=3):\n    return [left, _right, most]"
    )
    assert len(made["tests"]) >= 2
    names: dict[str, Any] = {}
    exec("\n".join([made["program"], *made["tests"]]), names)
    assert names["join_rows"](1, 2) == [1, 2, 3]


def test_without_a_function_in_the_prompt_a_program_is_a_text_like_any_other() -> None:
    schema = object_of(program={"type": "string"}, tests={"type": "array", "minItems": 1})
    (answer,) = ask(ScriptedTeacher(), call("Write def of it.", schema=schema))
    made = json.loads(answer.text)
    assert "def" not in made["program"]
    assert "assert" not in made["tests"][0]


def test_words_that_a_prompt_lists_stand_in_the_text() -> None:
    (plain, listed, others) = ask(
        ScriptedTeacher(),
        call('Use "red" in it.'),
        call('It uses the words "red", "big boat" and "row", the first as you like, and "sea".'),
        call('These words "tea"and more'),
    )
    assert "red" not in plain.text
    assert listed.text.endswith(". A red big boat row.")
    assert others.text.endswith(". A tea.")


def test_a_result_and_an_answer_are_the_last_number_of_the_prompt() -> None:
    schema = object_of(result={"type": "integer"}, answer={"type": "integer", "maximum": 4})
    (found,) = ask(ScriptedTeacher(), call("From 3 to 17.", schema=schema))
    made = json.loads(found.text)
    assert (made["result"], made["answer"] <= 4) == (17, True)


def object_of(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def test_a_numbered_list_is_one() -> None:
    shape = Shape("numbered_list", {"type": "string"})
    lists = [ScriptedTeacher().default(call(shape=shape, seed=n)).splitlines() for n in range(20)]
    assert {len(lines) for lines in lists} == {2, 3, 4}
    assert [line.partition(" ")[0] for line in lists[0]] == ["1.", "2.", "3.", "4."][
        : len(lists[0])
    ]


def test_columns_stand_between_their_tags() -> None:
    columns = {"steps": {"type": "string"}, "answer": {"type": "integer", "maximum": 20}}
    shape = Shape("tags", {"type": "object", "properties": columns})
    text = ScriptedTeacher().default(call("What is 7 + 5, which is 12?", shape=shape))
    steps, answer = text.split("\n")
    assert steps.startswith("<steps>")
    assert steps.endswith(".</steps>")
    assert answer == "<answer>12</answer>"


def test_a_shape_is_no_part_of_the_key() -> None:
    shape = Shape("numbered_list", {"type": "string"})
    assert call(shape=shape).key({}) == call().key({})

"""The calls of `generate` beside a plain answer: other turns, soft labels, probabilities, again."""

import struct
from typing import Any

import pytest
from desk import Worked, bench_of, row_of, step_of, worked

from sofrito.steps.work import Event, Map, Row, mix
from sofrito.teachers.call import Completion, Message, Weigh
from sofrito.teachers.result import Answer, SoftLabels, Weighed
from sofrito.teachers.teacher import Refused

SEED = mix(7, "generate x", 0, 0) & 0x7FFFFFFF


def generated(answer: Any, values: dict[str, Any] | None = None, **said: Any) -> Worked:
    return worked(step_of(**{"generate": "x", **said}), row_of(**values or {}), answer)


@pytest.mark.parametrize(
    ("said", "messages"),
    [
        ({}, ()),
        ({"system": "You like {{ topic }}. "}, (Message("system", "You like tea."),)),
        ({"system": "{% if false %}x{% endif %}"}, ()),
    ],
)
def test_the_teacher_may_write_the_users_turn(said: dict[str, Any], messages: Any) -> None:
    done = generated("Why?\n", {"topic": "tea"}, turn="user", **said)
    assert done.calls == [Completion("teacher", messages, seed=SEED, turn="user")]
    assert done.values == [{"topic": "tea", "x": "Why?"}]


def test_a_raw_prompt_goes_without_messages_and_to_the_last_space() -> None:
    done = generated(" time.", {"who": "a king"}, raw=True, prompt="  Once {{ who }} \n\n")
    assert done.calls == [Completion("teacher", prompt="  Once a king \n", seed=SEED)]
    assert done.values == [{"who": "a king", "x": "time."}]


def test_a_raw_prompt_may_not_be_empty() -> None:
    done = generated("a", raw=True, prompt="{% if false %}x{% endif %} ")
    assert done.lost == [("failed", "template", "the prompt is empty")]
    assert done.turns == []


def soft(k: int) -> SoftLabels:
    ids = struct.pack(f"<{k}i", *range(k))
    halves = struct.pack(f"<{k}e", *(-0.5 * i for i in range(k)))
    return SoftLabels(k, "abc", ids[:4], halves[:2], ids, halves)


def test_soft_labels_are_a_record_beside_the_column() -> None:
    said = {"prompt": "Say it.", "soft_labels": 2}
    done = generated(lambda call: Answer(" a ", "stop", 1, 1, soft(call.soft_labels)), **said)
    assert done.calls == [
        Completion("teacher", (Message("user", "Say it."),), seed=SEED, soft_labels=2)
    ]
    labels = {
        "token_ids": [[0, 1]],
        "written": [0],
        "logprobs": [[0.0, -0.5]],
        "written_logprobs": [0.0],
        "tokenizer": "abc",
    }
    assert done.values == [{"x": "a", "x_soft": labels}]


def test_a_model_that_tells_no_soft_labels_fails_the_row() -> None:
    done = generated("a", prompt="Say it.", soft_labels=2)
    assert done.lost == [("failed", "no soft labels", "the model told no log-probabilities")]


CHOICE = {"prompt": "Which?", "parse": {"choice": ["a", "b", "c"]}, "probabilities": True}


def test_probabilities_are_asked_for_without_an_answer() -> None:
    done = generated(lambda _: Weighed((0.2, 0.5, 0.3), 0.9, 4), system="Be fair.", **CHOICE)
    call = Weigh(
        "teacher", (Message("system", "Be fair."), Message("user", "Which?")), ("a", "b", "c")
    )
    assert done.calls == [call]
    shares = {"a": 0.2, "b": 0.5, "c": 0.3, "mass": 0.9}
    event = Event("generate x", "call", {"key": call.key({}).hex()})
    assert done.outcome == [Row((12,), 7, {"x": "b", "x_probabilities": shares}, (event,))]


def test_of_labels_alike_the_first_is_taken() -> None:
    assert generated(lambda _: Weighed((0.2, 0.4, 0.4), 1, 4), **CHOICE).values[0]["x"] == "b"


@pytest.mark.parametrize(("yes", "value"), [(0.75, True), (0.25, False), (0.5, True)])
def test_a_boolean_is_the_likelier_of_yes_and_no(yes: float, value: bool) -> None:
    said = {"prompt": "Is it?", "parse": "boolean", "probabilities": True}
    done = generated(lambda _: Weighed((yes, 1 - yes), 0.5, 4), **said)
    assert [call.labels for call in done.calls] == [("yes", "no")]
    shares = {"yes": yes, "no": 1 - yes, "mass": 0.5}
    assert done.values == [{"x": value, "x_probabilities": shares}]


def test_a_refused_weighing_fails_the_row_and_is_told() -> None:
    done = generated(lambda _: Refused("too long", "It is."), **CHOICE)
    assert done.lost == [("failed", "too long", "It is.")]
    (lost,) = done.outcome
    assert not isinstance(lost, Row)
    assert [event.kind for event in lost.row.story] == ["call"]


JSON = {"generate": ["a", "b"], "prompt": "Go.", "parse": "json", "schema": {"b": "integer"}}
WRONG = '{"a": "x", "b": "y"}'
RIGHT = '{"a": "x", "b": 2}'
ASKED = Message("user", "Go.")


def corrected(wrong: str, why: str) -> tuple[Message, ...]:
    again = (
        f"That answer does not fit: {why}. Give the whole answer again, as JSON and nothing else."
    )
    return (ASKED, Message("assistant", wrong), Message("user", again))


@pytest.mark.parametrize("sampling", [{}, {"temperature": 0}])
def test_json_is_asked_again_with_what_is_wrong(sampling: dict[str, Any]) -> None:
    other = '{"a": "x"}'
    said = iter([WRONG, other, RIGHT])
    done = generated(lambda _: next(said), sampling=sampling, **JSON)
    assert [call.messages for call in done.calls] == [
        (ASKED,),
        corrected(WRONG, "b: 'y' is not a whole number"),
        corrected(other, "b: missing"),
    ]
    label = "generate a+b"
    seeds = [mix(7, label, 0, attempt) & 0x7FFFFFFF for attempt in range(3)]
    assert [call.seed for call in done.calls] == ([None] * 3 if sampling else seeds)
    assert len({call.key({}) for call in done.calls}) == 3
    assert done.values == [{"a": "x", "b": 2}]


def test_at_temperature_0_an_answer_that_stays_wrong_is_not_asked_for_a_third_time() -> None:
    done = generated(WRONG, sampling={"temperature": 0}, attempts=9, **JSON)
    assert len(done.turns) == 2
    assert done.lost == [("rejected", "unparseable", "b: 'y' is not a whole number")]


def test_each_of_several_answers_is_told_what_is_wrong_with_it() -> None:
    first = mix(7, "generate a+b", 0, 0) & 0x7FFFFFFF
    second = mix(7, "generate a+b", 1, 0) & 0x7FFFFFFF
    answers = {first: WRONG, second: "{}"}
    done = generated(lambda call: answers.get(call.seed, RIGHT), n=2, **JSON)
    assert [[call.messages for call in turn] for turn in done.turns] == [
        [(ASKED,), (ASKED,)],
        [corrected(WRONG, "b: 'y' is not a whole number"), corrected("{}", "a: missing")],
    ]
    assert done.values == [{"a": "x", "b": 2}] * 2


@pytest.mark.parametrize(("text", "raw"), [(" ", False), (WRONG, True)])
def test_an_empty_answer_and_one_without_a_chat_are_asked_again_with_another_seed(
    text: str, raw: bool
) -> None:
    done = generated(text, raw=raw, attempts=2, **JSON)
    first, second = done.calls
    assert (first.messages, first.prompt) == (second.messages, second.prompt)
    assert first.seed != second.seed
    still = generated(text, raw=raw, attempts=2, sampling={"temperature": 0}, **JSON)
    assert len(still.turns) == 1


@pytest.mark.parametrize(
    ("said", "makes", "needs"),
    [
        ({"prompt": "p"}, ("x",), ("complete",)),
        ({"turn": "user"}, ("x",), ("turn",)),
        ({"prompt": "p", "soft_labels": 5}, ("x", "x_soft"), ("complete",)),
        (CHOICE, ("x", "x_probabilities"), ("weigh",)),
        ({"prompt": "p", "sampling": {"logit_bias": {"7": 1}}}, ("x",), ("complete",)),
        (
            {"turn": "user", "sampling": {"logit_bias": {"no": 1}}},
            ("x",),
            ("turn", "biased texts"),
        ),
    ],
)
def test_what_a_step_makes_and_needs(said: dict[str, Any], makes: Any, needs: Any) -> None:
    step = step_of(**{"generate": "x", "when": "c", **said})
    assert (step.makes(), step.needs()) == (makes, needs)
    operation, *_ = step.compiled(bench_of(step))
    assert isinstance(operation, Map)
    assert operation.nulls == makes

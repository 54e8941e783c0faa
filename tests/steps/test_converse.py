"""`converse`: two models talk in turns, each seeing what it may see."""

from collections.abc import Callable
from typing import Any

import pytest
from desk import cut, row_of, step_of, worked
from pydantic import ValidationError

from sofrito.steps.converse import Converse
from sofrito.steps.work import Row
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.teacher import Refused

USER: dict[str, Any] = {
    "model": "visitor",
    "prompt": "{{ exchange }} of {{ exchanges }} on {{ topic }}: "
    "{{ messages|map(attribute='content')|join('/') }}",
}


def converse(**said: Any) -> Converse:
    step = step_of(**{"converse": "chat", "exchanges": [2, 2], "user": USER, **said})
    assert isinstance(step, Converse)
    return step


def numbered() -> Callable[[Completion], str]:
    """Return a teacher that says who is asked, and how often it was asked before."""
    seen: list[str] = []

    def answer(call: Completion) -> str:
        seen.append(call.model)
        return f" {call.model[0]}{len(seen)} \n"

    return answer


def test_the_two_talk_in_turns() -> None:
    step = converse(assistant={"prompt": "You know {{ topic }}."})
    done = worked(step, row_of(topic="tea"), numbered())
    (row,) = done.outcome
    assert isinstance(row, Row)
    assert row.values == {
        "topic": "tea",
        "chat": [
            {"role": "user", "content": "v1"},
            {"role": "assistant", "content": "t2"},
            {"role": "user", "content": "v3"},
            {"role": "assistant", "content": "t4"},
        ],
    }
    system = Message("system", "You know tea.")
    assert [(call.model, call.messages) for call in done.calls] == [
        ("visitor", (Message("user", "1 of 2 on tea:"),)),
        ("teacher", (system, Message("user", "v1"))),
        ("visitor", (Message("user", "2 of 2 on tea: v1/t2"),)),
        (
            "teacher",
            (system, Message("user", "v1"), Message("assistant", "t2"), Message("user", "v3")),
        ),
    ]
    told = [(event.kind, event.what["key"]) for event in row.story]
    assert told == [("call", call.key({}).hex()) for call in done.calls]


def test_seeds_are_the_row_s_own() -> None:
    step = converse(assistant={"sampling": {"temperature": 0}})
    first, again, other = (
        [call.seed for call in worked(step, row_of(key=key, topic="tea"), "x").calls]
        for key in (7, 7, 8)
    )
    assert first == again
    assert [first[1], first[3]] == [None, None]
    assert len({first[0], first[2], other[0], other[2]}) == 4


def test_how_long_is_drawn_for_each_row() -> None:
    step = converse(exchanges=[1, 3])
    lengths = [
        len(worked(step, row_of(key=key, topic="tea"), "x").values[0]["chat"]) for key in range(40)
    ]
    assert set(lengths) == {2, 4, 6}


def test_it_ends_where_it_is_enough_but_not_too_early() -> None:
    step = converse(exchanges=[2, 2000], stop_when="messages[-1].content|length > exchange - 1")
    done = worked(step, row_of(topic="tea"), "xyz")
    assert len(done.values[0]["chat"]) == 4
    broken = converse(exchanges=[1, 2], stop_when="messages[9].content == 'x'")
    ((kind, reason, detail),) = worked(broken, row_of(topic="tea"), "x").lost
    assert (kind, reason) == ("failed", "expression")
    assert detail.startswith("messages[9].content == 'x': ")


def test_an_opening_is_the_first_message() -> None:
    step = converse(opening="question")
    done = worked(step, row_of(topic="tea", question=" Why? "), numbered())
    assert [one["content"] for one in done.values[0]["chat"]] == ["Why?", "t1", "v2", "t3"]
    lost = worked(step, row_of(topic="tea", question=None), "x").lost
    assert lost == [("failed", "`question` is not a text", "")]


def test_a_user_who_falls_silent_ends_what_is_long_enough() -> None:
    def shy(call: Completion) -> str:
        if call.model == "teacher":
            return "Sure."
        return "Hello." if call.messages[0].content.startswith("1 of") else ""

    step = converse(exchanges=[1, 4], attempts=1)
    done = [worked(step, row_of(key=key, topic="tea"), shy) for key in range(20)]
    told = [[turn["content"] for turn in one.values[0]["chat"]] for one in done]
    assert told == [["Hello.", "Sure."]] * 20
    assert {len(one.calls) for one in done} == {2, 3}
    lost = worked(converse(exchanges=[2, 4], attempts=1), row_of(topic="tea"), shy).lost
    assert [one[:2] for one in lost] == [("rejected", "empty turn")]


def test_an_empty_turn_is_asked_for_again() -> None:
    step = converse(exchanges=[1, 1], attempts=3)
    done = worked(step, row_of(topic="tea"), lambda call: "" if call.model == "teacher" else "q")
    assert done.lost == [
        ("rejected", "empty turn", "the assistant wrote nothing in exchange 1 of 1")
    ]
    assert [call.model for call in done.calls] == ["visitor", "teacher", "teacher", "teacher"]
    assert len({call.seed for call in done.calls}) == 4
    assert [len(one.row.story) for one in done.outcome] == [4]
    sure = converse(exchanges=[1, 1], user={**USER, "sampling": {"temperature": 0}})
    assert len(worked(sure, row_of(topic="tea"), " ").calls) == 1


def test_a_refusal_and_a_cut_lose_the_row() -> None:
    step = converse()
    refused = worked(step, row_of(topic="tea"), lambda _: Refused("content filter", "no"))
    assert refused.lost == [("failed", "content filter", "no")]
    long = worked(step, row_of(topic="tea"), lambda _: cut("so long"))
    where = "the user was cut after 9 tokens, in exchange 1 of 2"
    assert long.lost == [("rejected", "truncated", where)]
    kept = worked(converse(truncated="keep"), row_of(topic="tea"), lambda _: cut("so long"))
    assert len(kept.values[0]["chat"]) == 4


def test_a_prompt_that_fails_on_a_row() -> None:
    step = converse(user={"prompt": "{{ topic.name.first }}"})
    ((kind, reason, _),) = worked(step, row_of(topic="tea"), "x").lost
    assert (kind, reason) == ("failed", "template")
    empty = converse(user={"prompt": "{{ topic }}"})
    lost = worked(empty, row_of(topic=" "), "x").lost
    assert lost == [("failed", "template", "the user's prompt is empty")]


def test_what_it_costs() -> None:
    load = converse(
        exchanges=[3, 6],
        attempts=2,
        opening="q",
        assistant={"sampling": {"max_tokens": 100}},
        user={**USER, "sampling": {"max_tokens": 300}},
    ).load()
    assert (load.calls, load.most_calls, load.written, load.most_written) == (8, 22, 150, 300)
    assert converse().also_asks() == {("user", "model"): "visitor"}


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"exchanges": [0, 2]}, "at least one exchange"),
        ({"exchanges": [3, 2]}, "3 to 2 exchanges"),
        ({"user": {"model": "visitor"}}, "`user` needs a `prompt`"),
    ],
)
def test_what_cannot_be_meant(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        converse(**said)


def test_without_a_name_both_are_the_default_model() -> None:
    done = worked(converse(user={"prompt": "Ask."}), row_of(topic="tea"), "x")
    assert [call.model for call in done.calls] == ["teacher"] * 4

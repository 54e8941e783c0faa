"""The filters that ask a model how likely a text is."""

import math
import struct
from typing import Any

import pytest
from desk import Worked, row_of, step_of, worked
from pydantic import ValidationError

from sofrito.steps.work import Event, Lost
from sofrito.teachers.call import Message, Score
from sofrito.teachers.result import Scored
from sofrito.teachers.teacher import Refused


def scored(*probabilities: float) -> Scored:
    logprobs = [math.log(p) for p in probabilities]
    return Scored(struct.pack(f"<{len(logprobs)}f", *logprobs), len(logprobs))


E = scored(1 / math.e, 1 / math.e)
"""Its losses are exactly 1, and so its perplexity exactly e."""


def filtered(entry: Any, answers: Any, *columns: str, **values: Any) -> Worked:
    step = step_of(filter=list(columns or ("a",)), by=[entry])
    return worked(step, row_of(**values), answers)


def test_perplexity_asks_for_the_text_by_itself() -> None:
    done = filtered(
        {"perplexity": {"model": "scorer", "below": 5}}, lambda _: scored(0.5, 0.125), a="x y"
    )
    assert done.calls == [Score("scorer", "x y")]
    (kept,) = done.outcome
    score = kept.story[-1].what["score"]  # type: ignore[union-attr]
    assert score == pytest.approx(4, rel=1e-6)
    key = done.calls[0].key({}).hex()
    told = {"filter": "perplexity", "score": score, "detail": ""}
    events = (Event("filter a", "call", {"key": key}), Event("filter a", "score", told))
    assert kept == row_of(a="x y").told(*events)


def test_without_a_model_the_steps_own_is_asked() -> None:
    done = filtered({"perplexity": {"below": 5}}, lambda _: scored(0.5), a="x")
    assert done.calls == [Score("teacher", "x")]


@pytest.mark.parametrize(
    ("bounds", "reason", "detail"),
    [
        ({"below": math.e}, "too high", "a has 2.718, not below 2.71828"),
        ({"below": 2.5}, "too high", "a has 2.718, not below 2.5"),
        ({"above": math.e}, "too low", "a has 2.718, not above 2.71828"),
        ({"above": 5, "below": 9}, "too low", "a has 2.718, not above 5"),
        ({"above": 2.5, "below": 3}, "", ""),
        ({"above": 2.7}, "", ""),
    ],
)
def test_both_bounds_are_strict(bounds: dict[str, float], reason: str, detail: str) -> None:
    done = filtered({"perplexity": bounds}, lambda _: E, a="x y")
    lost = [("rejected", f"perplexity: {reason}", detail)] if reason else []
    assert done.lost == lost
    for one in done.outcome:
        if isinstance(one, Lost):
            assert one.score == math.e


def test_every_column_counts_and_the_highest_is_the_score() -> None:
    answers = {"x": scored(1), "y": E}
    done = filtered(
        {"perplexity": {"below": 9}}, lambda call: answers[call.text], "a", "b", a="x", b="y"
    )
    assert [len(turn) for turn in done.turns] == [2]
    (kept,) = done.outcome
    told = {"filter": "perplexity", "score": math.e, "detail": "a has 1, b has 2.718"}
    assert kept.story[-1] == Event("filter a+b", "score", told)  # type: ignore[union-attr]
    wrong = filtered(
        {"perplexity": {"below": 2}}, lambda call: answers[call.text], "a", "b", a="x", b="y"
    )
    assert wrong.lost == [("rejected", "perplexity: too high", "b has 2.718, not below 2")]


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_an_empty_text_is_rejected_unasked(text: str | None) -> None:
    for entry in ({"perplexity": {"below": 9}}, {"ifd": {"prompt": "q"}}):
        done = filtered(entry, lambda _: scored(0.5), a=text, q="why")
        assert done.turns == []
        name = next(iter(entry))
        assert done.lost == [("rejected", f"{name}: nothing to score", "a text is empty")]


def test_a_text_too_short_for_a_score_is_rejected() -> None:
    done = filtered({"perplexity": {"below": 9}}, lambda _: scored(), a="x")
    assert done.lost == [("rejected", "perplexity: nothing to score", "a is too short")]


def test_what_the_model_finds_impossible_has_a_score_all_the_same() -> None:
    impossible = Scored(struct.pack("<2f", -math.inf, -1), 2)
    done = filtered({"perplexity": {"below": 9}}, lambda _: impossible, a="x")
    assert done.lost == [("rejected", "perplexity: too high", "a has 8.218e+307, not below 9")]


def test_a_refused_call_fails_the_row() -> None:
    done = filtered({"perplexity": {"below": 9}}, lambda _: Refused("too long", "It is."), a="x")
    assert done.lost == [("failed", "too long", "It is.")]


def test_ifd_is_the_perplexity_given_the_prompt_by_that_without_it() -> None:
    """ppl(A|Q) = 2 and ppl(A) = 8."""

    def answers(call: Score) -> Scored:
        return scored(0.5, 0.5) if call.messages else scored(0.25, 0.0625)

    done = filtered({"ifd": {"model": "m", "prompt": "q"}}, answers, a="x y", q="why")
    assert done.calls == [Score("m", "x y", (Message("user", "why"),)), Score("m", "x y")]
    (kept,) = done.outcome
    event = kept.story[-1]  # type: ignore[union-attr]
    assert (event.what["filter"], event.what["score"]) == ("ifd", pytest.approx(0.25))


@pytest.mark.parametrize(
    ("bounds", "lost"),
    [
        ({}, [("rejected", "ifd: too high", "a has 1, not below 1")]),
        ({"below": 1.5}, []),
        ({"below": 3, "above": 2}, [("rejected", "ifd: too low", "a has 1, not above 2")]),
    ],
)
def test_a_prompt_that_does_not_help_scores_one(bounds: dict[str, float], lost: Any) -> None:
    done = filtered({"ifd": {"prompt": "q", **bounds}}, lambda _: scored(0.5), a="x", q="why")
    assert done.lost == lost


def test_what_they_tell_of_themselves() -> None:
    step = step_of(
        filter="a", by=[{"perplexity": {"below": 5}}, {"ifd": {"prompt": "q", "model": "m"}}]
    )
    assert [(one.asks(), one.needs(), one.uses()) for one in step.filters()] == [
        ("", ("score",), ()),
        ("m", ("score",), ("q",)),
    ]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"perplexity": {}}, "`perplexity` needs `below`, `above` or both"),
        ({"perplexity": {"below": 5, "above": 5}}, "no perplexity is below 5 and above 5"),
        ({"ifd": {"prompt": "q", "above": 1}}, "no score is below 1 and above 1"),
        ({"perplexity": {"below": 1}}, "Input should be greater than 1"),
    ],
)
def test_what_nothing_can_pass_is_refused(entry: Any, words: str) -> None:
    with pytest.raises(ValidationError) as error:
        step_of(filter="a", by=[entry])
    assert [one["msg"] for one in error.value.errors()] == [words]

"""`vary` on `generate`: ways to ask, crossed; which are drawn; what is told of them."""

from typing import Any

import pytest
from desk import Worked, cut, row_of, step_of, worked
from pydantic import ValidationError

from sofrito.steps.sampling import Sampling
from sofrito.steps.vary import Vary
from sofrito.steps.work import Row
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.result import Answer

CROSSED = {"model": ["strong", "weak"], "temperature": [0, 1.0]}
WAYS = [
    {"model": "strong", "temperature": 0.0},
    {"model": "strong", "temperature": 1.0},
    {"model": "weak", "temperature": 0.0},
    {"model": "weak", "temperature": 1.0},
]


def generated(key: int = 7, answer: Any = None, **said: Any) -> Worked:
    step = step_of(generate="x", prompt="Say {{ what }}.", **said)
    return worked(step, row_of(key=key, what="it"), answer or (lambda call: f"{call.model}!"))


def varied(done: Worked) -> list[Any]:
    return [values["varied"] for values in done.values]


def test_every_way_is_asked_once_in_the_order_it_is_written() -> None:
    done = generated(vary=CROSSED)
    assert done.values == [{"what": "it", "x": f"{way['model']}!", "varied": way} for way in WAYS]
    asked = [(call.model, call.sampling, call.seed is None) for call in done.calls]
    assert asked == [
        (way["model"], {"temperature": way["temperature"]}, not way["temperature"]) for way in WAYS
    ]
    assert len({call.seed for call in done.calls if call.seed}) == 2


def test_a_row_is_told_with_what_each_of_its_calls_was_asked() -> None:
    (row,) = generated(vary={"top_p": [0.5]}).outcome
    assert isinstance(row, Row)
    (event,) = row.story
    assert (event.step, event.kind) == ("generate x", "call")
    assert event.what["varied"] == {"top_p": 0.5}


def test_n_draws_distinct_ways_by_the_rows_key() -> None:
    draws = [varied(generated(key, n=2, vary=CROSSED)) for key in range(40)]
    assert all(len(draw) == 2 and draw[0] != draw[1] for draw in draws)
    assert all(draw == [way for way in WAYS if way in draw] for draw in draws)
    assert {WAYS.index(way) for draw in draws for way in draw} == {0, 1, 2, 3}
    assert draws[0] == varied(generated(0, n=2, vary=CROSSED))
    assert len({str(draw) for draw in draws}) == 6


def test_one_draw_makes_no_sibling() -> None:
    (row,) = generated(n=1, vary=CROSSED).outcome
    assert isinstance(row, Row)
    assert (row.path, row.values["varied"] in WAYS) == ((12,), True)
    assert not step_of(generate="x", prompt="a b", n=1, vary=CROSSED).fans_out()


def test_more_answers_than_ways_take_each_as_often_as_it_goes() -> None:
    done = generated(n=6, vary={"temperature": [0.5, 1.0], "model": ["a", "b"]})
    ways = varied(done)
    assert sorted(ways.count(way) for way in ways) == [1, 1, 2, 2, 2, 2]
    seeds = [call.seed for call in done.calls]
    assert len(set(seeds)) == 6


def test_a_new_value_leaves_the_calls_of_the_others_as_they_are() -> None:
    before = generated(vary={"temperature": [0.5, 1.0]}).calls
    after = generated(vary={"temperature": [0.2, 0.5, 1.0]}).calls
    assert after[1:] == before


def test_system_messages_vary_and_only_those_drawn_are_rendered() -> None:
    done = generated(vary={"system": ["Be {{ what }}.", "Be brief."]})
    assert [call.messages[0] for call in done.calls] == [
        Message("system", "Be it."),
        Message("system", "Be brief."),
    ]
    assert varied(done) == [{"system": "Be {{ what }}."}, {"system": "Be brief."}]
    texts = {
        generated(key, n=1, vary={"system": ["a b", "{{ 1 // 0 }}"]}).lost == [] for key in range(9)
    }
    assert texts == {True, False}


def test_an_answer_that_is_lost_is_lost_with_its_way() -> None:
    def answer(call: Completion) -> str | Answer:
        return cut("Half of") if call.model == "weak" else "Whole."

    done = generated(answer=answer, vary={"model": ["weak", "strong"]})
    assert varied(done) == [{"model": "strong"}]
    assert done.lost == [("rejected", "truncated", "cut after 9 tokens")]
    (lost,) = [one for one in done.outcome if not isinstance(one, Row)]
    assert lost.row.values["varied"] == {"model": "weak"}


def test_the_checks_know_what_varies() -> None:
    step = step_of(
        generate="x", prompt="a b", vary={**CROSSED, "max_tokens": [9, 20]}, **{"as": "how"}
    )
    assert step.makes() == ("x", "how")
    assert step.records() == {"how": frozenset({"model", "temperature", "max_tokens"})}
    assert (step.asks(), dict(step.also_asks())) == (
        "strong",
        {("vary", "model", 0): "strong", ("vary", "model", 1): "weak"},
    )
    load = step.load()
    assert (load.calls, load.most_calls, load.rows, load.most_written) == (8, 24, (8, 8), 20)
    assert step.longest_answer() == 20
    assert step.fans_out()


def test_equal_answers_are_doubted_only_where_no_way_differs() -> None:
    cold = {"sampling": {"temperature": 0}, "generate": "x", "prompt": "a b"}
    assert step_of(**cold, vary={"top_p": [0.1, 0.2]}).doubts() == {}
    assert ("n",) in step_of(**cold, n=4, vary={"top_p": [0.1, 0.2]}).doubts()
    assert step_of(generate="x", prompt="a b", n=4, vary={"temperature": [0, 1]}).doubts() == {}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"vary": {}}, "`vary` is empty"),
        ({"vary": {"temperature": [1]}, "sampling": {"temperature": 0}}, "has `temperature`, and"),
        ({"vary": {"model": ["a", "b"]}, "model": "a"}, "`vary` has `model`, and the step"),
        ({"vary": {"top_k": [3, 3]}}, "the same `top_k` twice"),
        ({"vary": {"system": ["a b"]}, "raw": True}, "`raw` takes no `system`"),
        ({"as": "how"}, "there is no `vary`"),
        ({"vary": {"top_k": [3]}, "parse": "boolean", "probabilities": True}, "`vary` cannot be"),
        ({"vary": {"temperature": [9]}}, "less than or equal to 5"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        step_of(generate="x", **{"prompt": "Say it now.", **said})


def test_the_options_are_those_of_sampling_that_are_numbers() -> None:
    assert {*Vary.model_fields} - {"model", "system"} == {*Sampling.model_fields} - {
        "stop",
        "logit_bias",
    }

from typing import Any

import pytest
from desk import part_of
from pydantic import ValidationError

from sofrito.steps.sampling import Sampling


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ({}, {}),
        (
            {"top_p": 1, "temperature": 0, "max_tokens": 9},
            {"max_tokens": 9, "temperature": 0.0, "top_p": 1.0},
        ),
        ({"stop": "x"}, {"stop": ["x"]}),
        ({"stop": ["x", "\n"]}, {"stop": ["x", "\n"]}),
        ({"temperature": None, "top_k": 40}, {"top_k": 40}),
        (
            {"logit_bias": {"sorry": -100, "50256": 2}},
            {"logit_bias": {"50256": 2.0, "sorry": -100.0}},
        ),
        ({"min_p": 0.1, "presence_penalty": 2}, {"min_p": 0.1, "presence_penalty": 2.0}),
        (
            {"frequency_penalty": -2, "repeat_penalty": 1.1},
            {"frequency_penalty": -2.0, "repeat_penalty": 1.1},
        ),
    ],
)
def test_only_what_was_set_is_sent(said: dict[str, Any], chosen: dict[str, Any]) -> None:
    found = part_of(Sampling, said).chosen()
    assert found == chosen
    assert list(found) == sorted(chosen)


def test_only_temperature_0_is_not_stochastic() -> None:
    said: list[dict[str, Any]] = [{}, {"temperature": 0.1}, {"temperature": 0}, {"top_k": 1}]
    assert [part_of(Sampling, one).stochastic for one in said] == [True, True, False, True]


@pytest.mark.parametrize(
    "said",
    [
        {"temperature": -0.1},
        {"temperature": 5.1},
        {"top_p": 0},
        {"top_p": 1.1},
        {"top_k": -1},
        {"min_p": 1.1},
        {"max_tokens": 0},
        {"presence_penalty": 2.1},
        {"frequency_penalty": -2.1},
        {"repeat_penalty": 0},
        {"temprature": 1},
        {"logit_bias": {}},
        {"logit_bias": {"a": -101}},
        {"logit_bias": {"a": 101}},
        {"logit_bias": {"": 1}},
    ],
)
def test_what_no_teacher_takes_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        part_of(Sampling, said)


def test_a_bias_is_on_a_text_or_on_the_id_of_a_token() -> None:
    biased = part_of(Sampling, {"logit_bias": {"7": 1, " 7": 1, "²": 1, "-7": 1, "no": 1}})
    assert biased.biased_texts == (" 7", "²", "-7", "no")
    assert part_of(Sampling, {}).biased_texts == ()

"""Drawing tokens: the distribution, what narrows it, and grammars."""

from collections import Counter
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

if find_spec("llama_cpp") is None:
    pytest.skip("llama-cpp-python is not installed", allow_module_level=True)

from sofrito.teachers.llama.sampler import BLOCK, Sampler
from sofrito.teachers.sampling import Sampling

PLAIN: dict[str, Any] = {
    "temperature": 1.0,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "repeat_penalty": 1.0,
    "seed": 7,
}


def draws(logits: Any, n: int, **how: Any) -> Counter[int]:
    sampler = Sampler(None, Sampling(**PLAIN | how))
    return Counter(sampler.draw(np.asarray(logits, np.float32)) for _ in range(n))


def softmax(logits: Any, temperature: float) -> Any:
    odds = np.exp((np.asarray(logits, np.float64) - np.max(logits)) / temperature)
    return odds / odds.sum()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_tokens_come_as_often_as_their_probability_says(temperature: float) -> None:
    # more tokens than a block, the likely ones in several blocks, the last one among them
    logits = np.random.default_rng(1).normal(0, 2, 3 * BLOCK + 5)
    logits[[3, BLOCK - 1, BLOCK, -1]] = 8.0
    n = 20_000
    found = draws(logits, n, temperature=temperature)
    expected = softmax(logits, temperature) * n
    often = expected > 20
    squares = [(found[i] - expected[i]) ** 2 / expected[i] for i in np.flatnonzero(often)]
    # chi-square: the mean is the number of terms, three deviations are allowed
    assert sum(squares) < len(squares) + 3 * (2 * len(squares)) ** 0.5 + 3
    rest = n - sum(found[i] for i in np.flatnonzero(often))
    assert rest == pytest.approx(expected[~often].sum(), abs=4 * n**0.5)


def test_the_seed_decides_and_nothing_else() -> None:
    logits = np.random.default_rng(2).normal(0, 2, 1000)
    assert draws(logits, 50) == draws(logits, 50)
    assert draws(logits, 50) != draws(logits, 50, seed=8)


def test_at_temperature_zero_the_likeliest_comes() -> None:
    assert draws([1, 5, 2], 3, temperature=0) == {1: 3}


@pytest.mark.parametrize("temperature", [1e-39, 1e-9, 1e-4])
def test_a_temperature_next_to_zero_is_zero(temperature: float) -> None:
    assert draws([1, 5, 2], 3, temperature=temperature) == {1: 3}


def test_a_token_without_odds_is_never_drawn() -> None:
    logits = np.full(BLOCK + 3, -np.inf)
    logits[[2, BLOCK]] = 0.0
    assert set(draws(logits, 200)) == {2, BLOCK}


LOGITS = np.log([0.4, 0.05, 0.3, 0.05, 0.2])


@pytest.mark.parametrize(
    ("how", "left"),
    [
        ({"top_k": 2}, {0, 2}),
        ({"top_k": 9}, {0, 1, 2, 3, 4}),
        ({"top_p": 0.69}, {0, 2}),
        ({"top_p": 0.71}, {0, 2, 4}),
        ({"min_p": 0.45}, {0, 2, 4}),
        ({"min_p": 0.55}, {0, 2}),
        ({"top_k": 3, "top_p": 0.5}, {0, 2}),
        ({"top_p": 0.75, "min_p": 0.6}, {0, 2}),
        ({"top_p": 0.71, "temperature": 5.0}, {0, 2, 4}),  # narrowed before the temperature
        ({"biases": {0: -100.0, 3: 3.0}}, {1, 2, 3, 4}),
    ],
)
def test_what_narrows(how: dict[str, Any], left: set[int]) -> None:
    assert set(draws(LOGITS, 2000, **how)) == left


@given(st.lists(st.floats(-20, 20), min_size=1, max_size=600), st.floats(0.01, 0.99))
def test_top_p_keeps_the_fewest_tokens_that_have_the_share(raw: list[float], share: float) -> None:
    logits = np.asarray(raw, np.float32)
    found = set(draws(logits, 60, top_p=share))
    odds = softmax(logits, 1.0)
    order = np.argsort(-logits, kind="stable")
    before = np.concatenate([[0.0], odds[order].cumsum()[:-1]])
    may = {int(t) for t, mass in zip(order, before, strict=True) if mass < share + 1e-5}
    assert found <= may


def test_penalties_hold_back_what_was_written() -> None:
    logits = np.zeros(4)
    assert len(draws(logits, 4, presence_penalty=50.0)) == 4
    assert draws(np.array([1.0, 0.0]), 10, temperature=0, frequency_penalty=0.3) == {0: 7, 1: 3}
    assert draws(np.array([2.0, 1.5]), 4, temperature=0, repeat_penalty=1.5) == {0: 3, 1: 1}

"""Which tokens may be drawn, how often, and by whose seed."""

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from sofrito.teachers.hf.sampler import Drawer, drawn  # noqa: E402
from sofrito.teachers.sampling import Sampling  # noqa: E402

PLAIN = {
    "temperature": 1.0,
    "top_p": 1.0,
    "top_k": 0,
    "min_p": 0.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "repeat_penalty": 1.0,
    "biases": {},
    "seed": 0,
}
SHARES = [0.5, 0.25, 0.125, 0.0625, 0.0625]


def drawer(**rules: Any) -> Drawer:
    return Drawer(Sampling(**(PLAIN | rules)))


def counts(shares: list[float], times: int = 2000, **rules: Any) -> list[float]:
    """Return how often each token was drawn, as shares, by one seed after the other."""
    logits = torch.tensor([[math.log(share) for share in shares]] * times)
    tokens = drawn(logits, [drawer(seed=seed, **rules) for seed in range(times)])
    return [tokens.count(i) / times for i in range(len(shares))]


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        ({}, 5),
        ({"top_k": 3}, 3),
        ({"top_p": 0.5}, 1),
        ({"top_p": 0.51}, 2),
        ({"min_p": 0.2}, 3),
        ({"min_p": 1.0}, 1),
        # Of two tokens the first has two thirds: a cut by rank counts as all there is.
        ({"top_k": 2, "top_p": 0.6}, 1),
        ({"top_k": 4, "min_p": 0.3}, 2),
    ],
)
def test_what_is_kept_is_drawn_in_proportion(rules: dict[str, Any], kept: int) -> None:
    mass = sum(SHARES[:kept])
    expected = [share / mass if i < kept else 0.0 for i, share in enumerate(SHARES)]
    assert counts(SHARES, **rules) == pytest.approx(expected, abs=0.035)
    assert [share == 0 for share in counts(SHARES, **rules)] == [share == 0 for share in expected]


def test_temperature_comes_after_the_cuts() -> None:
    squared = [0.25, 0.0625]
    expected = [share / sum(squared) for share in squared] + [0.0] * 3
    assert counts(SHARES, top_p=0.6, temperature=0.5) == pytest.approx(expected, abs=0.035)


def test_a_cut_may_reach_far_into_the_vocabulary() -> None:
    even = torch.zeros((200, 2000))

    def drawers(**rules: Any) -> list[Drawer]:
        return [drawer(seed=seed, **rules) for seed in range(200)]

    assert len(set(drawn(even.clone(), drawers(top_p=0.9)))) > 150
    assert len(set(drawn(even.clone(), drawers(top_k=1900)))) > 150
    assert len(set(drawn(even.clone(), drawers(top_k=100)))) <= 100


def test_rows_are_drawn_each_by_its_own_rules_and_seed() -> None:
    logits = torch.randn((3, 50), generator=torch.Generator().manual_seed(1))
    rules: list[dict[str, Any]] = [{"temperature": 0.0}, {"seed": 3}, {"seed": 3, "top_k": 5}]
    together = drawn(logits.clone(), [drawer(**r) for r in rules])
    alone = [drawn(logits[i : i + 1].clone(), [drawer(**r)])[0] for i, r in enumerate(rules)]
    assert together == alone
    assert together[0] == int(logits[0].argmax())


def test_one_seed_draws_one_series() -> None:
    def series(seed: int) -> list[int]:
        one = drawer(seed=seed)
        return [drawn(torch.zeros((1, 1000)), [one])[0] for _ in range(5)]

    assert series(2**64 - 1) == series(2**64 - 1)
    assert series(1) != series(2)
    assert len(set(series(1))) > 1


@pytest.mark.parametrize(
    ("rules", "series"),
    [
        ({}, [0, 0, 0, 0]),
        ({"presence_penalty": 1.5}, [0, 1, 0, 0]),
        ({"frequency_penalty": 0.6}, [0, 0, 1, 0]),
        ({"repeat_penalty": 2.5}, [0, 1, 0, 0]),
        ({"biases": {2: 9.5}}, [2, 2, 2, 2]),
    ],
)
def test_penalties_and_bias(rules: dict[str, Any], series: list[int]) -> None:
    one = drawer(temperature=0.0, **rules)
    logits = torch.tensor([[2.0, 1.0, -7.0]])
    assert [drawn(logits.clone(), [one])[0] for _ in range(4)] == series

"""Every shipped recipe on a scripted teacher: a pilot foretells the calls that the run then uses."""

from pathlib import Path

import pytest
from trial import RECIPES, Trial

SIZES: dict[str, tuple[int, int]] = {
    "alpaca": (400, 8),
    "backtranslation": (12, 8),
    "chain-of-thought": (0, 12),
    "code-exercises": (80, 16),
    "constitutional": (60, 8),
    "curate": (0, 8),
    "curate-scored": (0, 24),
    "dialogue": (60, 8),
    "distill": (40, 8),
    "domain-qa": (10, 8),
    "evol-code": (60, 8),
    "evol-instruct": (100, 16),
    "math-problems": (80, 16),
    "personas": (80, 16),
    "preference-pairs": (40, 8),
    "refusals": (80, 32),
    "self-instruct": (400, 16),
    "self-rewarding": (80, 16),
    "stories": (80, 64),
    "taxonomy": (120, 8),
    "template-prefix": (80, 8),
    "textbook": (0, 4),
    "tool-calls": (60, 8),
    "translate-and-adapt": (30, 8),
}
"""Rows that are asked for, 0 for what the recipe makes of all it starts from, and the pilot's candidates."""


def test_every_shipped_recipe_is_tried() -> None:
    assert SIZES.keys() == RECIPES.keys()


@pytest.mark.parametrize("name", SIZES)
def test_calls_are_foretold_within_a_fifth(name: str, tmp_path: Path) -> None:
    rows, pilot = SIZES[name]
    trial = Trial(name, rows, tmp_path)
    asked = trial.asked(pilot)
    used, _ = trial.used()
    assert trial.told().calls == pytest.approx(used, rel=0.2)
    asked += trial.asked(10_000)
    again = trial.told()
    assert (again.whole, again.calls - again.held) == (True, 0)
    assert again.calls == pytest.approx(asked, rel=0.2)

"""Every shipped recipe without a pilot: what its structure asks is told, if no answer is rejected."""

from pathlib import Path

import pytest
from obliging import OBLIGING
from trial import RECIPES, Trial

ROWS = {
    "alpaca": 200,
    "backtranslation": 12,
    "chain-of-thought": 0,
    "code-exercises": 40,
    "constitutional": 60,
    "curate": 0,
    "curate-scored": 0,
    "dialogue": 60,
    "distill": 40,
    "domain-qa": 10,
    "evol-code": 60,
    "evol-instruct": 100,
    "math-problems": 80,
    "personas": 80,
    "preference-pairs": 40,
    "refusals": 40,
    "self-instruct": 200,
    "self-rewarding": 40,
    "stories": 80,
    "taxonomy": 120,
    "template-prefix": 80,
    "textbook": 0,
    "tool-calls": 60,
    "translate-and-adapt": 30,
}
"""Rows that are asked for, 0 for what the recipe makes of all it starts from."""

LOST = ("beyond the first", "keep: revision.version", "novelty", "equal to a sibling")
"""Why rows end by structure, and some by chance: the rest would mean that an answer is rejected."""

OF_THE_SEEDS = {"backtranslation", "curate", "curate-scored"}
"""Recipes whose filters look at what people wrote, which a plan sees without a pilot."""


def test_every_shipped_recipe_is_planned() -> None:
    assert ROWS.keys() == RECIPES.keys()


@pytest.mark.parametrize("name", ROWS)
def test_calls_are_told_within_a_fifth_where_no_answer_is_rejected(
    name: str, tmp_path: Path
) -> None:
    trial = Trial(name, ROWS[name], tmp_path, OBLIGING.get(name), lucky=True)
    found = trial.told()
    used, engine = trial.used()
    why = [reason for tally in engine.ledger.tallies[1:-1] for reason in tally.rejected]
    if name not in OF_THE_SEEDS:
        assert [one for one in why if not any(known in one for known in LOST)] == []
    assert found.calls == pytest.approx(used, rel=0.2)
    assert bool(found.calls) == (name != "curate")

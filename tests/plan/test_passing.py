"""What stays of a recipe's rules where nothing that hangs on a model's answer is rejected."""

from typing import Any

from storm import recipe_of

from sofrito.plan.passing import passing
from sofrito.recipe.model import Recipe

MADE = {"generate": "text", "prompt": "write", "n": 3}


def passed(*steps: dict[str, Any], **others: Any) -> Recipe:
    return passing(recipe_of({"rows": 10, "steps": list(steps), **others}))


def filters_of(recipe: Recipe, step: int) -> list[str]:
    return [type(check).__name__ for check in recipe.steps[step].filters()]


def test_filters_of_answers_let_through_and_those_that_count_stay() -> None:
    by = [{"length": {"words": [5, 9]}}, "unique", {"perplexity": {"below": 9}}, {"first": 2}]
    recipe = passed(MADE, {"filter": "text", "by": by})
    assert filters_of(recipe, 1) == ["_Passing", "_Passing", "_PassingAsking", "First"]


def test_named_chains_are_opened() -> None:
    chains = {"short": [{"length": {"words": [1, 9]}}, {"first": 1}]}
    recipe = passed(MADE, {"filter": "text", "by": [{"chain": "short"}]}, chains=chains)
    assert filters_of(recipe, 1) == ["_Passing", "First"]


def test_what_looks_at_axes_or_at_places_stays() -> None:
    recipe = passed(
        {"set": "twice", "to": "topic ~ topic"},
        {"filter": "twice", "by": [{"length": {"words": [1, 9]}}], "keep": "twice != 'x'"},
        {"generate": "text", "prompt": "{{ twice }}", "keep": "text and topic"},
        {"evolve": "text", "operators": ["deepen"], "rounds": 2, "versions": "all"},
        {"filter": "text", "keep": "evolution.version > 0"},
        {"filter": "text", "keep": "evolution.operator == 'deepen'"},
        axes={"topic": {"values": ["a", "b"]}},
    )
    assert filters_of(recipe, 1) == ["Length"]
    keeps = [step.keep for step in recipe.steps]
    assert keeps == ["", "twice != 'x'", "true", "", "evolution.version > 0", "true"]


def test_columns_made_of_answers_are_answers() -> None:
    recipe = passed(
        MADE,
        {"set": "longer", "to": "text ~ '!'"},
        {"filter": "longer", "by": [{"length": {"words": [5, 9]}}], "keep": "longer"},
    )
    assert (filters_of(recipe, 2), recipe.steps[2].keep) == (["_Passing"], "true")

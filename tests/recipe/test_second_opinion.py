from pathlib import Path

import pytest

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.document import parse_document
from sofrito.recipe.places import Places
from sofrito.recipe.read import read_recipe
from sofrito.recipe.schema import recipe_schema
from sofrito.recipe.second_opinion import check_by_jsonschema
from sofrito.shipped import shipped_recipes

WRONG = """
recipe: x
rowz: 5
steps:
  - generate: text
    prompt: "Say it."
    sampling: {temperature: hot}
output: {write: [text]}
"""


def test_it_points_at_what_does_not_fit() -> None:
    places = Places(parse_document(Path("r.yaml"), WRONG))
    found = check_by_jsonschema(places, recipe_schema(vocabulary()))
    assert [(p.code, p.where.line, p.what) for p in found] == [
        ("SOF103", 2, "`the recipe` does not fit the recipe schema."),
        ("SOF103", 7, "`steps.0.sampling.temperature` does not fit the recipe schema."),
    ]


@pytest.mark.parametrize("name", shipped_recipes())
def test_it_agrees_with_the_first_one_on_what_is_shipped(name: str) -> None:
    read = read_recipe(shipped_recipes()[name], vocabulary(), second_opinion=True)
    assert read.recipe.recipe == name

"""The card of a recipe in the gallery."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sofrito.problems import RecipeError
from sofrito.recipe.document import parse_document
from sofrito.recipe.gallery_card import CardCost, CardTeacher, GalleryCard
from sofrito.recipe.read_part import read_part
from sofrito.recipe.schema import model_schema

CARD = """\
name: tea-questions
title: Questions about tea, with answers
author: A. Author
license: CC0-1.0
version: "1.10"
tags: [tea, sft]
data: instructions
teacher: {model: qwen3-32b, license: Apache-2.0}
rows: 500
cost: {calls: 3100, usd: 0.8}
checksums:
  recipe.yaml: 0000000000000000000000000000000000000000000000000000000000000000
samples: [{question: Which tea is smoked?, answer: Lapsang souchong.}]
"""
# Its checksum stands without quotes, and YAML would read a number.
CARD = CARD.replace("0" * 64, f'"{"0" * 64}"')


def card(text: str) -> GalleryCard:
    return read_part(parse_document(Path("card.yaml"), text), GalleryCard, "gallery card")


def test_a_card_is_read() -> None:
    assert card(CARD) == GalleryCard(
        name="tea-questions",
        title="Questions about tea, with answers",
        author="A. Author",
        license="CC0-1.0",
        version="1.10",
        tags=("tea", "sft"),
        data="instructions",
        teacher=CardTeacher(model="qwen3-32b", license="Apache-2.0"),
        rows=500,
        cost=CardCost(calls=3100, usd=0.8),
        checksums={"recipe.yaml": "0" * 64},
        samples=({"question": "Which tea is smoked?", "answer": "Lapsang souchong."},),
    )


def test_the_schema_takes_it() -> None:
    data = parse_document(Path("card.yaml"), CARD).data
    Draft202012Validator(model_schema(GalleryCard, "gallery card")).validate(data)


def test_every_problem_is_told() -> None:
    wrong = CARD.replace("author: A. Author\n", "").replace("tea-questions", "Tea")
    wrong = wrong.replace("data: instructions", "data: instruction").replace("rows", "rosw")
    with pytest.raises(RecipeError) as error:
        card(wrong)
    told = [(one.code, one.where.line, one.what) for one in error.value.problems]
    assert told == [
        ("SOF102", 1, "A gallery card needs `author`."),
        ("SOF104", 1, "`name` cannot be «Tea»."),
        ("SOF104", 6, "`data` cannot be «instruction»."),
        ("SOF101", 8, "A gallery card has no key `rosw`."),
    ]

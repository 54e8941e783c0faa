"""How many rows seeds can make at most: those told of a recipe that asks for more."""

from pathlib import Path

import pytest

from sofrito.problems import RecipeError
from sofrito.recipe.read import read_recipe
from sofrito.recipe.vocabulary import Vocabulary

RECIPE = """\
recipe: case
rows: {rows}
seeds: {{asked: {{rows: [{{question: Why?, parts: [a, b]}}, {{question: How?, parts: [c]}}]}}}}
from: asked
steps:
{steps}
output: {{write: [raw]}}
"""
SEVERAL = "  - generate: answer\n    prompt: '{{ question }}'\n    n: 4\n"
ITEMS = (
    "  - generate: point\n    prompt: '{{ question }}'\n    parse: json_list\n    items: [1, 3]\n"
)
FIRST = "  - filter: answer\n    by: [{first: 3}]\n"
PAIR = "  - pair: answer\n    by: answer | length\n"
COLLECT = "  - collect: answer\n"
EXPLODE = "  - explode: parts\n    into: part\n"


def told(folder: Path, rows: int, steps: str, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Return what is told of the number of rows, and what to do."""
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(rows=rows, steps=steps), encoding="utf-8")
    try:
        problems = read_recipe(recipe, vocabulary, environ={}).warnings
    except RecipeError as error:
        problems = error.problems
    return [(one.what, one.fix) for one in problems if one.code == "SOF211"]


@pytest.mark.parametrize(
    ("steps", "most"),
    [
        (SEVERAL, 4),
        (ITEMS, 3),
        (SEVERAL + ITEMS, 12),
        (SEVERAL + FIRST, 3),
        (SEVERAL + ITEMS + "  - collect: point\n", 4),
        (SEVERAL + COLLECT + ITEMS, 3),
        (EXPLODE + FIRST.replace("answer", "part"), 3),
    ],
)
def test_a_seed_makes_so_many_rows_at_most(
    tmp_path: Path, steps: str, most: int, vocabulary: Vocabulary
) -> None:
    assert told(tmp_path, 2 * most, steps, vocabulary) == []
    what = f"`rows` is {2 * most + 1}, and `asked` has 2 rows, each of which makes {most} at most."
    fix = f"Ask for {2 * most} or fewer, or add seeds."
    assert told(tmp_path, 2 * most + 1, steps, vocabulary) == [(what, fix)]


@pytest.mark.parametrize("closing", [PAIR, COLLECT])
def test_siblings_that_are_closed_are_one_row(
    tmp_path: Path, closing: str, vocabulary: Vocabulary
) -> None:
    assert told(tmp_path, 2, SEVERAL + closing, vocabulary) == []
    what = "`rows` is 3, and `asked` has 2 rows, each of which makes one at most."
    fix = "Ask for 2 or fewer, or add seeds."
    assert told(tmp_path, 3, SEVERAL + closing, vocabulary) == [(what, fix)]


@pytest.mark.parametrize(
    "steps",
    [EXPLODE, SEVERAL + EXPLODE, ITEMS.replace("    items: [1, 3]\n", ""), SEVERAL + "  - x: y\n"],
)
def test_nothing_is_said_where_it_cannot_be_told(
    tmp_path: Path, steps: str, vocabulary: Vocabulary
) -> None:
    assert told(tmp_path, 900, steps, vocabulary) == []


def test_filters_of_a_step_that_may_be_passed_by_leave_all(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    steps = SEVERAL + FIRST + "    when: question != 'Why?'\n"
    assert told(tmp_path, 8, steps, vocabulary) == []

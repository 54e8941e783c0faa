"""Cells of which no row comes through: what is said of them, and of which nothing is."""

from pathlib import Path

import pytest

from sofrito.problems import Problem, RecipeError
from sofrito.recipe.read import read_recipe
from sofrito.recipe.vocabulary import Vocabulary

RECIPE = """\
recipe: cells
{head}
axes: {{topic: {{values: [acids, bases]}}, level: {{values: {{easy: 3, hard: 1}}}}}}
steps:
  - {{generate: text, prompt: "On {{{{ topic }}}}, {{{{ level }}}}."}}
{steps}
output: {{write: [raw]}}
"""
EACH_ONCE = "cover: {design: full}"


def told(folder: Path, vocabulary: Vocabulary, head: str, steps: str) -> list[Problem]:
    (folder / "recipe.yaml").write_text(RECIPE.format(head=head, steps=steps), encoding="utf-8")
    try:
        found = read_recipe(folder / "recipe.yaml", vocabulary, environ={}).warnings
    except RecipeError as error:
        found = error.problems
    return [one for one in found if one.code == "SOF211"]


@pytest.mark.parametrize(
    ("head", "step"),
    [
        pytest.param(EACH_ONCE, "{filter: text, keep: topic == 'acids'}", id="no quotas"),
        pytest.param("rows: 8", "{filter: text, keep: topic == 'acids' or text}", id="a column"),
        pytest.param(
            "rows: 8",
            "{filter: text, keep: topic == 'acids', when: topic != 'bases'}",
            id="where it does not apply",
        ),
        pytest.param(
            "rows: 8",
            "{filter: text, keep: topic == 'acids', when: text | length > 3}",
            id="where nobody knows whether it applies",
        ),
        pytest.param(
            "rows: 8\ncover: {exclude: topic == 'bases' and level == 'hard'}",
            "{filter: text, keep: topic == 'acids' or level == 'easy'}",
            id="excluded",
        ),
        pytest.param("rows: 8", "{dedup: [topic, text]}", id="a column that differs"),
        pytest.param("rows: 8", "{dedup: topic, method: minhash}", id="another method"),
        pytest.param("rows: 2", "{dedup: topic}", id="as many as differ"),
        pytest.param(
            "rows: 8", "{dedup: topic}\n  - {generate: x, n: 4, prompt: 'On {{ text }}'}", id="n"
        ),
    ],
)
def test_nothing_is_said_of_quotas_that_can_be_met(
    tmp_path: Path, vocabulary: Vocabulary, head: str, step: str
) -> None:
    assert told(tmp_path, vocabulary, head, f"  - {step}") == []


def test_a_cell_without_a_row_to_its_name_is_a_warning(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    step = "  - {filter: text, keep: level == 'easy'}"
    few, many = (told(tmp_path, vocabulary, f"rows: {rows}", step) for rows in (3, 4))
    assert [one.severity for one in (*few, *many)] == ["warning", "error"]


def test_leaving_the_cells_out_is_the_remedy(tmp_path: Path, vocabulary: Vocabulary) -> None:
    step = "  - {filter: text, keep: topic ~ level != 'baseshard'}"
    (one,) = told(tmp_path, vocabulary, "rows: 8", step)
    remedy = one.fix.split("`")[1]
    assert remedy == "cover: {exclude: \"topic == 'bases' and level == 'hard'\"}"
    assert told(tmp_path, vocabulary, f"rows: 8\n{remedy}", step) == []


def test_the_remedy_is_yaml_whatever_the_values_are(tmp_path: Path, vocabulary: Vocabulary) -> None:
    (tmp_path / "recipe.yaml").write_text("", encoding="utf-8")
    recipe = RECIPE.replace("bases", '"base\'s \\"own\\""')
    step = "  - {filter: text, keep: topic == 'acids'}"
    text = recipe.format(head="rows: 8", steps=step)
    for _ in range(2):
        (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
        try:
            assert read_recipe(tmp_path / "recipe.yaml", vocabulary, environ={}).warnings == ()
            return
        except RecipeError as error:
            (one,) = error.problems
            text = recipe.format(head=f"rows: 8\n{one.fix.split('`')[1]}", steps=step)
    pytest.fail(text)

"""Every diagnostic code has a recipe that shows it, beside the text in which it is told.

After a change of the words: SOFRITO_REWRITE_CASES=1 pytest tests/recipe/test_problem_cases.py, and
read the difference.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import pytest

from sofrito.cli.problems import counted, rendered, source_line
from sofrito.problems import Problem, RecipeError
from sofrito.problems.codes import CODES
from sofrito.recipe.read import read_recipe
from sofrito.recipe.vocabulary import Vocabulary

CASES = sorted(Path(__file__).with_name("problems").glob("*.yaml"))
WITHOUT_A_FILE = {"SOF001"}


def told(problems: Sequence[Problem], recipe: Path) -> str:
    """Return what a terminal without colours shows, with files named from the recipe's folder."""
    parts = []
    for problem in problems:
        file = problem.where.file.relative_to(recipe.parent)
        shown = replace(problem, where=replace(problem.where, file=file))
        parts.append(click.unstyle(rendered(shown, source_line(problem))))
    return "\n".join([*parts, counted(problems)]) + "\n"


def problems_of(recipe: Path, vocabulary: Vocabulary) -> tuple[Problem, ...]:
    try:
        return read_recipe(recipe, vocabulary, environ={}).warnings
    except RecipeError as error:
        return error.problems


@pytest.mark.parametrize("recipe", CASES, ids=lambda path: path.stem)
def test_tells_it_in_these_words(recipe: Path, vocabulary: Vocabulary) -> None:
    expected = recipe.with_suffix(".txt")
    text = told(problems_of(recipe, vocabulary), recipe)
    if "SOFRITO_REWRITE_CASES" in os.environ:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("recipe", CASES, ids=lambda path: path.stem)
def test_shows_what_its_name_says(recipe: Path) -> None:
    text = recipe.with_suffix(".txt").read_text(encoding="utf-8")
    codes = re.findall(r"^(?:error|warning)\[(SOF\d{3})\]", text, re.MULTILINE)
    assert recipe.stem.partition("-")[0].upper() in codes


@pytest.mark.parametrize("recipe", CASES, ids=lambda path: path.stem)
def test_says_what_to_do(recipe: Path, vocabulary: Vocabulary) -> None:
    without = [one.what for one in problems_of(recipe, vocabulary) if not one.fix.strip()]
    assert without == []


def test_no_code_lacks_a_case() -> None:
    shown = {recipe.stem.partition("-")[0].upper() for recipe in CASES}
    assert shown | WITHOUT_A_FILE == set(CODES)


def test_a_missing_file_is_told(tmp_path: Path, vocabulary: Vocabulary) -> None:
    recipe = tmp_path / "recipe.yaml"
    assert {problem.code for problem in problems_of(recipe, vocabulary)} == {"SOF001"}


def test_no_text_without_its_recipe() -> None:
    texts = sorted(Path(__file__).with_name("problems").glob("*.txt"))
    assert [text.stem for text in texts] == [recipe.stem for recipe in CASES]

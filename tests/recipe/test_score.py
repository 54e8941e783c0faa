"""A `pair` step's score: what is surely no number is told before anything is asked."""

from pathlib import Path

import pytest

from sofrito.problems import RecipeError
from sofrito.recipe.read import read_recipe
from sofrito.recipe.vocabulary import Vocabulary

RECIPE = """recipe: score
seeds: {{asked: {{rows: [{{instruction: Greet me.}}]}}}}
from: asked
steps:
  - generate: answer
    prompt: "{{{{ instruction }}}}"
    n: 4
  - judge: answer
    rubric: helpfulness
    given: instruction
    keep: verdict.score > 2
  - pair: answer
    by: "{by}"
output:
  write: [{{raw: [chosen, rejected, pair]}}]
"""
NUMBER = "and a score is a number."


def told(tmp_path: Path, vocabulary: Vocabulary, by: str) -> list[tuple[str, str, str, int]]:
    file = tmp_path / "recipe.yaml"
    file.write_text(RECIPE.format(by=by), encoding="utf-8")
    try:
        problems = read_recipe(file, vocabulary, environ={}).warnings
    except RecipeError as error:
        problems = error.problems
    return [(one.code, one.what, one.fix, one.where.line) for one in problems]


@pytest.mark.parametrize(
    ("by", "what", "fix"),
    [
        ("'high'", "'high' is a text", "Did you mean `verdict.score`?"),
        ("verdict", "`verdict` is a record", "Did you mean `verdict.score`?"),
        ("answer", "`answer` is a text", "Did you mean `verdict.score`?"),
        ("[verdict.score]", "This is a list", "Did you mean `verdict.score`?"),
        ("verdict.score if verdict else answer", "`answer` is a text", "Did you mean `verdict.score`?"),
    ],
)  # fmt: skip
def test_what_is_no_number(
    tmp_path: Path, vocabulary: Vocabulary, by: str, what: str, fix: str
) -> None:
    assert told(tmp_path, vocabulary, by) == [("SOF218", f"{what}, {NUMBER}", fix, 13)]


@pytest.mark.parametrize(
    "by", ["verdict.score", "answer | length", "-1 * verdict.score", "verdict.score > 3", "answer | float"]
)  # fmt: skip
def test_what_is_one_or_may_be(tmp_path: Path, vocabulary: Vocabulary, by: str) -> None:
    assert told(tmp_path, vocabulary, by) == []

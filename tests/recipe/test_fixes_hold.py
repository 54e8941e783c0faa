"""What a message offers is done as it says, and the recipe is sound then, or says what is left."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from sofrito.problems import Problem, RecipeError
from sofrito.recipe.expressions import expression
from sofrito.recipe.read import read_recipe
from sofrito.recipe.vocabulary import Vocabulary


def problems(folder: Path, vocabulary: Vocabulary, text: str) -> Sequence[Problem]:
    folder.mkdir(exist_ok=True)
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    try:
        return read_recipe(folder / "recipe.yaml", vocabulary, environ={}).warnings
    except RecipeError as error:
        return error.problems


def offered(problem: Problem) -> list[str]:
    """Return what stands between backticks in a fix."""
    return re.findall("`([^`]+)`", problem.fix)


SPREAD = """\
recipe: spread
models: {teacher: {backend: scripted}}
seeds: {asked: {rows: [{q: Why?}, {q: How?}, {q: Who?}, {q: When?}]}}
from: asked
axes: {style: {values: [plain, odd, short]}}
cover: {design: full}
steps:
  - {generate: answer, prompt: "{{ q }} {{ style }}"}
output: {write: [raw]}
"""


def test_seeds_with_axes_make_as_many_rows_as_there_are_seeds(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    (one,) = problems(tmp_path, vocabulary, SPREAD)
    rows, of_all, _, _, set_, explode = offered(one)
    assert (one.what, rows, of_all) == (
        "Axes spread the rows over their values, and the recipe does not say how many. What comes "
        "of a seed has one combination of them, not each.",
        "rows: 4",
        "style",
    )
    assert problems(tmp_path, vocabulary, f"{rows}\n{SPREAD}") == ()
    without = re.sub("(axes|cover): .*\n", "", SPREAD)
    each = without.replace("steps:\n", f"steps:\n  {set_}\n  {explode}\n")
    assert problems(tmp_path, vocabulary, each) == ()


def test_more_combinations_than_seeds_are_not_to_be_had(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    text = SPREAD.replace("odd, short", "odd, short, long, sad")
    (one,) = problems(tmp_path, vocabulary, f"rows: 4\n{text}")
    assert one.fix == "Give the axes fewer values, or add seeds."
    two = text.replace("axes: {", "axes: {tone: {values: [dry, wet]}, ").replace("{{ q", "{{ tone")
    (one,) = problems(tmp_path, vocabulary, f"rows: 4\n{two}")
    assert one.fix == "Give the axes fewer values, or add seeds; or cover them `balanced`."
    for design in ("pairwise", "balanced"):
        found = problems(tmp_path, vocabulary, "rows: 4\n" + two.replace("full", design))
        if design == "pairwise":
            (one,) = found
            assert one.fix == "Give the axes fewer values, add seeds, or cover them `balanced`."
        else:
            assert found == ()


GAP = """\
recipe: gap
models: {teacher: {backend: scripted}}
seeds: {asked: {rows: [{q: Why?, title: On why}, {q: How?}]}}
from: asked
steps:
  - {set: heading, to: "%s"}
  - {generate: answer, prompt: "{{ q }} {{ heading }}"}
output: {write: [{messages: {prompt: q, completion: answer}}]}
"""


def test_a_value_that_is_set_is_null_where_its_column_is_missing(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    (one,) = problems(tmp_path, vocabulary, GAP % "title")
    _, _, instead = offered(one)
    assert instead == "title | default(none)"
    assert problems(tmp_path, vocabulary, GAP % instead) == ()
    (one,) = problems(tmp_path, vocabulary, GAP % "title | upper")
    _, _, around = offered(one)
    assert around == "… if title | default(none) is not none else none"
    source = around.replace("…", "title | upper")
    assert problems(tmp_path, vocabulary, GAP % source) == ()
    assert [expression(source)(row) for row in ({}, {"title": None}, {"title": "a"})] == [
        None,
        None,
        "A",
    ]


MIX = """\
recipe: mix
rows: 4
models: {teacher: {backend: scripted}}
axes: {topic: {values: [tea, rain]}}
seeds: {real: {rows: [{asked: Why?, said: So., about: tea}]}}
steps:
  - {generate: prompt, prompt: "{{ topic }}"}
  - {generate: response, prompt: "{{ prompt }}"}
output:
  mix: {real: real, share: 0.2%s}
  write: [%s]
"""


@pytest.mark.parametrize(
    "write", ["{messages: {prompt: prompt, completion: response}}", "{raw: [prompt, response]}"]
)
def test_all_columns_are_named_that_real_rows_lack(
    tmp_path: Path, vocabulary: Vocabulary, write: str
) -> None:
    (one,) = problems(tmp_path, vocabulary, MIX % ("", write))
    (columns,) = offered(one)
    assert columns == "columns: {prompt: COLUMN, response: COLUMN}"
    right = columns.replace("COLUMN", "asked", 1).replace("COLUMN", "said")
    assert problems(tmp_path, vocabulary, MIX % (f", {right}", write)) == ()


OWN_SEEDS = """\
recipe: mine
extends: evol-instruct
seeds:
  instructions:
{file}    rows: [{{instruction: Name a herb.}}, {{instruction: Count to ten.}}]
"""


def test_one_s_own_seeds_for_a_shipped_recipe(tmp_path: Path, vocabulary: Vocabulary) -> None:
    (both,) = problems(tmp_path, vocabulary, OWN_SEEDS.format(file=""))
    (file,) = offered(both)
    assert (both.where.file, both.where.line) == (tmp_path / "recipe.yaml", 5)
    assert both.what == (
        "`instructions` has `rows`, and `file` of `evol-instruct`, which is extended."
    )
    without = OWN_SEEDS.format(file=f"    {file}\n")
    (few,) = problems(tmp_path, vocabulary, without)
    (rows,) = offered(few)
    assert (few.where.file, few.where.line) == (tmp_path / "recipe.yaml", 6)
    assert few.what == (
        "`rows` is 40 in `evol-instruct`, which is extended, and `instructions` has 2 rows, each of "
        "which makes 5 at most."
    )
    assert problems(tmp_path, vocabulary, f"{without}{rows}\n") == ()


def test_a_pool_of_one_s_own_to_start_from(tmp_path: Path, vocabulary: Vocabulary) -> None:
    text = "recipe: mine\nextends: evol-instruct\nfrom: own\n"
    text += "seeds: {instructions: null, own: {rows: [{instruction: Name a herb.}]}}\n"
    (few,) = problems(tmp_path, vocabulary, text)
    (rows,) = offered(few)
    assert (few.where.file, few.where.line, rows) == (tmp_path / "recipe.yaml", 4, "rows: 5")
    assert problems(tmp_path, vocabulary, f"{text}{rows}\n") == ()

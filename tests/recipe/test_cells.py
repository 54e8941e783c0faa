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


GRID = """\
recipe: grid
rows: 18
{head}
axes: {{a: {{values: [p, q, r]}}, b: {{values: [x, y, z]}}}}
steps:
  - {{generate: text, prompt: "{{{{ a }}}} {{{{ b }}}}"}}
  - {{set: both, to: a ~ b}}
  - {step}
output: {{write: [raw]}}
"""


@pytest.mark.parametrize(
    ("step", "exclude"),
    [
        pytest.param(
            "{filter: text, keep: \"(a ~ b) in ['px', 'qy', 'rz']\"}",
            "not ((a ~ b) in ['px', 'qy', 'rz'])",
            id="what is asked, denied",
        ),
        pytest.param(
            "{filter: text, keep: \"both in ['px', 'qy', 'rz']\"}",
            "not ((a == 'p' and b == 'x') or (a == 'q' and b == 'y') or (a == 'r' and b == 'z'))",
            id="the few that pass, denied",
        ),
        pytest.param(
            "{filter: text, keep: \"both not in ['px', 'qx', 'rx', 'py', 'qy']\"}",
            "b == 'x' or (b == 'y' and a in ['p', 'q'])",
            id="those that fail, together",
        ),
        pytest.param(
            "{filter: text, keep: \"both != 'px' and a != 'q'\"}",
            "(a == 'p' and b == 'x') or a == 'q'",
            id="all of a value",
        ),
    ],
)
@pytest.mark.parametrize("before", ["", "a == 'r' and b == 'y'"])
def test_leaving_out_many_cells_is_the_remedy(
    tmp_path: Path, vocabulary: Vocabulary, step: str, exclude: str, before: str
) -> None:
    def problems(exclude: str) -> list[Problem]:
        head = f'cover: {{exclude: "{exclude}"}}' if exclude else ""
        text = GRID.format(head=head, step=step)
        (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
        try:
            return [*read_recipe(tmp_path / "recipe.yaml", vocabulary, environ={}).warnings]
        except RecipeError as error:
            return [*error.problems]

    (one,) = problems(before)
    if before:
        remedy = one.fix.split("`")[1].removeprefix("exclude: ")
    else:
        remedy = one.fix.split('"')[1]
        assert remedy == exclude
    assert problems(remedy) == []


def test_where_an_expression_would_be_too_long_it_is_not_cut(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    words = [f"word{number}" for number in range(100)]
    recipe = RECIPE.replace("acids, bases", ", ".join(words)).format(
        head="rows: 400",
        steps="  - {set: n, to: 'topic[4:] | int % 2'}\n  - {filter: text, keep: n == 0}",
    )
    (tmp_path / "recipe.yaml").write_text(recipe, encoding="utf-8")
    with pytest.raises(RecipeError) as caught:
        read_recipe(tmp_path / "recipe.yaml", vocabulary, environ={})
    assert [one.fix for one in caught.value.problems] == [
        "Leave all of these out: `cover: {exclude: …}` takes an expression over the axes."
    ]


LISTED = """\
recipe: listed
rows: 100
axes: {{topic: {{values: [acids, bases]}}}}
seeds: {{notes: {{rows: [{{note: one}}, {{note: two}}]}}}}
steps:
  - {{generate: kind, prompt: "{{{{ topic }}}}", parse: {{choice: [a, b, c]}}}}
  - {{generate: sure, prompt: "{{{{ topic }}}}", parse: boolean}}
  - generate: [level, free]
    prompt: "{{{{ topic }}}}"
    parse: json
    schema: {{level: {{type: integer, enum: [1, 2, 3, 4]}}, free: string}}
  - {{generate: perhaps, prompt: "{{{{ topic }}}}", parse: boolean, when: sure}}
  - {{set: both, to: kind ~ level}}
{steps}
output: {{write: [raw]}}
"""
TOGETHER = "have no other values together"


@pytest.mark.parametrize(
    ("steps", "what"),
    [
        ("  - dedup: kind", "3 rows can differ here: `kind` has no other values"),
        (
            "  - dedup: [topic, kind]",
            f"6 rows can differ here: `topic` and `kind` {TOGETHER}",
        ),
        (
            "  - dedup: [kind, sure, level]",
            f"24 rows can differ here: `kind`, `sure` and `level` {TOGETHER}",
        ),
        ("  - dedup: perhaps", "3 rows can differ here: `perhaps` has no other values"),
        ("  - dedup: both", "12 rows can differ here: `both` has no other values"),
        ("  - dedup: topic", "2 rows can differ here: `topic` depends on the axes alone"),
        ("  - {dedup: kind, when: sure}", ""),
        ("  - {dedup: kind, method: minhash}", ""),
        ("  - dedup: [kind, free]", ""),
        ("  - dedup: kind\n  - {generate: more, prompt: '{{ kind }}', n: 40}", ""),
        ("  - {set: kind, to: kind ~ free}\n  - dedup: kind", ""),
    ],
)
def test_columns_whose_values_are_listed_differ_in_so_many_rows(
    tmp_path: Path, vocabulary: Vocabulary, steps: str, what: str
) -> None:
    (tmp_path / "recipe.yaml").write_text(LISTED.format(steps=steps), encoding="utf-8")
    try:
        found = read_recipe(tmp_path / "recipe.yaml", vocabulary, environ={}).warnings
    except RecipeError as error:
        found = error.problems
    told = [one.what for one in found if one.code == "SOF211"]
    assert told == ([f"`rows` is 100, and at most {what}."] if what else [])

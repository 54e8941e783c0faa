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


KINDS = """\
recipe: kinds
{head}
seeds: {{a: {{rows: [{{kind: code, n: 1}}, {{kind: maths, n: 2}}, {{kind: maths, n: null}}]}}}}
from: a
steps:
{steps}
  - {{generate: answer, prompt: "{{{{ kind }}}} {{{{ n }}}}", n: 2}}
output: {{write: [raw]}}
"""
MATHS = "  - {filter: kind, keep: kind != 'code'}\n"
TWICE = "  - {set: twice, to: kind ~ kind}\n"


def told_of_kinds(
    folder: Path, head: str, steps: str, vocabulary: Vocabulary
) -> list[tuple[str, str]]:
    recipe = folder / "recipe.yaml"
    recipe.write_text(KINDS.format(head=head, steps=steps), encoding="utf-8")
    try:
        found = read_recipe(recipe, vocabulary, environ={}).warnings
    except RecipeError as error:
        found = error.problems
    return [(one.what, one.fix) for one in found]


@pytest.mark.parametrize(
    ("steps", "by", "left"),
    [
        (MATHS, "`keep: kind != 'code'` rejects", 2),
        (
            TWICE + "  - {filter: kind, keep: twice != 'codecode'}\n",
            "`keep: twice != 'codecode'` rejects",
            2,
        ),
        ("  - filter: kind\n    by: [{words: {never: [code]}}]\n", "the filter `words` rejects", 2),
        ("  - {dedup: kind}\n", "`dedup kind` rejects", 2),
        (
            "  - {filter: kind, keep: n is not none}\n  - {filter: kind, keep: n > 1}\n",
            "`keep: n is not none` and `keep: n > 1` reject",
            1,
        ),
        ("  - {filter: kind, when: kind == 'code', keep: n > 1}\n", "`keep: n > 1` rejects", 2),
    ],
)
def test_seeds_that_are_rejected_as_they_are_make_no_row(
    tmp_path: Path, steps: str, by: str, left: int, vocabulary: Vocabulary
) -> None:
    most = 2 * left
    what = (
        f"`rows` is {most + 1}, and `a` has 3 rows, of which {by} all but {left}, each of which makes "
        "2 at most."
    )
    assert told_of_kinds(tmp_path, f"rows: {most + 1}", steps, vocabulary) == [
        (what, f"Ask for {most} or fewer, or add seeds.")
    ]
    assert told_of_kinds(tmp_path, f"rows: {most}", steps, vocabulary) == []
    assert told_of_kinds(tmp_path, "", steps, vocabulary) == []


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param("  - {filter: kind, when: n == 2, keep: kind != 'code'}\n", id="another row"),
        pytest.param(
            "  - {set: kind, to_file: kind.j2}\n" + MATHS,
            id="a template",
        ),
        pytest.param(
            "  - {set: kind, to: '\"maths\"', when: n == 1}\n" + MATHS, id="set where it applies"
        ),
        pytest.param(
            "  - {generate: hint, prompt: '{{ kind }}'}\n"
            "  - {filter: kind, when: hint == 'x', keep: kind != 'code'}\n",
            id="nobody knows whether it applies",
        ),
        pytest.param(
            "  - {generate: x, prompt: '{{ kind }}', n: 3}\n"
            "  - {filter: kind, keep: kind != 'code'}\n  - {collect: x, least: 0}\n",
            id="siblings that are closed",
        ),
    ],
)
def test_seeds_of_which_a_row_may_come_count(
    tmp_path: Path, steps: str, vocabulary: Vocabulary
) -> None:
    (tmp_path / "kind.j2").write_text("{{ kind }} {{ n }}", encoding="utf-8")
    found = told_of_kinds(tmp_path, "rows: 6", steps, vocabulary)
    assert [what for what, _ in found if "of which" in what] == []


def test_seeds_that_are_all_rejected_are_told_without_a_number(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    steps = MATHS + "  - {filter: kind, keep: \"kind ~ n == 'code1'\"}\n"
    for head in ("", "rows: 2"):
        assert told_of_kinds(tmp_path, head, steps, vocabulary) == [
            (
                "`keep: kind ~ n == 'code1'` rejects every row that is left of `a`.",
                "No row comes through: correct it.",
            )
        ]

"""Siblings within siblings that a later step closes are no doubt."""

from pathlib import Path

import pytest

from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import RecipeError
from sofrito.recipe.read import read_recipe

NESTED = """\
recipe: nested
models: {teacher: {backend: scripted}}
seeds: {c: {rows: [{n: 1}, {n: 2}]}}
from: c
steps:
  - {generate: chapter, prompt: "K {{ n }}", n: 2}
  - {generate: kind, prompt: "K {{ chapter }}", parse: {choice: [a, b]}, n: 3}
  - filter: kind
    by: [{first: 1}]
  - {collect: kind, as: kinds}
"""
AROUND = "  - {collect: [chapter, kinds], as: all}\n"
OUTPUT = "output: {write: [raw]}\n"


def warned(text: str, folder: Path) -> list[str]:
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    found = read_recipe(folder / "recipe.yaml", vocabulary(), allow_files=False, environ={})
    return [one.code for one in found.warnings]


def test_only_siblings_that_stay_apart_are_warned_of(tmp_path: Path) -> None:
    assert warned(f"{NESTED}{OUTPUT}", tmp_path) == ["SOF212"]
    assert warned(f"{NESTED}{AROUND}{OUTPUT}", tmp_path) == []


TAGS = """\
recipe: tags
seeds: {c: {rows: [{tags: [a, b]}, {tags: [c]}]}}
from: c
steps:
"""
INNER = '  - {generate: word, prompt: "K {{ tags }}", n: 2}\n'


def refused(steps: str, folder: Path) -> list[tuple[str, str]]:
    """Return what is wrong with steps over rows of `tags`, each with the fix."""
    try:
        found = warned(f"{TAGS}{steps}{OUTPUT}", folder)
    except RecipeError as error:
        return [(one.what, one.fix) for one in error.problems]
    assert found == []
    return []


@pytest.mark.parametrize(
    "steps",
    [
        "  - {explode: tags}\n  - {collect: tags}\n",
        "  - {explode: tags, into: tag}\n  - {collect: tag, as: tags}\n",
        f"  - {{explode: tags}}\n{INNER}  - {{collect: word}}\n  - {{collect: [tags, word]}}\n",
        "  - {explode: tags}\n  - {collect: tags}\n  - {set: many, to: tags | length > 1}\n",
    ],
)
def test_a_list_that_was_taken_apart_may_be_made_again(steps: str, tmp_path: Path) -> None:
    assert refused(steps, tmp_path) == []


BY_AS = "Give this one another name, by `as: NAME`; only `set` may change a column."


@pytest.mark.parametrize(
    ("steps", "first", "second"),
    [
        pytest.param(
            f"{INNER}  - {{collect: [tags, word]}}\n",
            "the seeds `c`",
            "collect tags+word",
            id="none took it apart",
        ),
        pytest.param(
            f"  - {{explode: tags}}\n{INNER}  - {{collect: [tags, word]}}\n",
            "the seeds `c`",
            "collect tags+word",
            id="siblings within those of the list",
        ),
    ],
)
def test_another_column_is_not_made_again(
    steps: str, first: str, second: str, tmp_path: Path
) -> None:
    what = f"`tags` is made twice: by {first}, and by `{second}`."
    assert refused(steps, tmp_path) == [(what, BY_AS)]


def test_what_follows_knows_a_list_again(tmp_path: Path) -> None:
    steps = "  - {explode: tags}\n  - {collect: tags}\n  - {set: w, to: tags.length}\n"
    told = [what for what, _ in refused(steps, tmp_path)]
    assert told == ["`tags` is a list and has no field `length`."]

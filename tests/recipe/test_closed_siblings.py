"""Siblings within siblings that a later step closes are no doubt."""

from pathlib import Path

from sofrito.plan.vocabulary import vocabulary
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

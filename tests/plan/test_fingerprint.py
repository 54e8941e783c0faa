"""A fingerprint changes with all that can change a row, and with nothing else."""

from pathlib import Path
from typing import Any

from sofrito.plan.compile import compiled
from sofrito.plan.inputs import inputs
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.read import read_recipe

RECIPE = """
recipe: x
title: One
rows: 4
models: {teacher: {backend: openai, base_url: "http://localhost:1/v1", model: m}}
seeds: {pool: {file: pool.jsonl}, other: {rows: [{b: 1}]}}
from: pool
axes: {style: {values: [plain, odd]}}
steps:
  - generate: text
    prompt: ask.j2
    n: 9
    shots: [{draw: 1, from: other}]
output: {write: [text]}
"""


def fingerprint(folder: Path, recipe: str = RECIPE, weights: str = "w", **files: str) -> str:
    content = {
        "ask": "{% include 'head.j2' if a else 'tail.j2' %} {{ style }} {{ shots[0].b }}",
        "head": "head",
        "tail": "{% include 'end.j2' %}",
        "end": "end",
    } | files
    for name, text in content.items():
        (folder / f"{name}.j2").write_text(text)
    pool = files.get("pool", '{"a": 1}\n')
    (folder / "pool.jsonl").write_text(pool)
    (folder / "recipe.yaml").write_text(recipe)
    read = read_recipe(folder, vocabulary())
    given = inputs(read)
    identities: dict[str, Any] = {"teacher": {"weights": weights}}
    return compiled(
        read.recipe, folder=folder, pools=given.pools, axes=given.axes, source=given.source,
        hashes=given.hashes, identities=identities,
    ).fingerprint  # fmt: skip


def test_words_about_the_recipe_and_places_of_models_change_nothing(tmp_path: Path) -> None:
    same = {
        fingerprint(tmp_path),
        fingerprint(tmp_path, RECIPE.replace("One", "Two")),
        fingerprint(tmp_path, RECIPE.replace("localhost:1", "elsewhere:2")),
        fingerprint(tmp_path, RECIPE.replace("model: m}", "model: m, concurrency: 3}")),
        fingerprint(tmp_path, RECIPE + "budget: {calls: 3}\n"),
        fingerprint(tmp_path, RECIPE.replace("[text]", "[raw]")),
    }
    assert len(same) == 1


def test_whatever_can_change_a_row_changes_it(tmp_path: Path) -> None:
    changed = [
        fingerprint(tmp_path),
        fingerprint(tmp_path, weights="v"),
        fingerprint(tmp_path, RECIPE.replace("rows: 4", "rows: 5")),
        fingerprint(tmp_path, RECIPE.replace("[plain, odd]", "[odd, plain]")),
        fingerprint(tmp_path, RECIPE.replace("b: 1", "b: 2")),
        fingerprint(tmp_path, RECIPE + "seed: 1\n"),
        fingerprint(tmp_path, RECIPE + "round: 5\n"),
        fingerprint(tmp_path, ask="{{ style }} {{ shots[0].b }} {{ a }}"),
        fingerprint(tmp_path, head="other"),
        fingerprint(tmp_path, end="other"),
        fingerprint(tmp_path, pool='{"a": 2}\n'),
    ]
    assert len(set(changed)) == len(changed)

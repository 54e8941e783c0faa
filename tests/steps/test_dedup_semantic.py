"""`dedup` by meaning: a call for each row, then a memory in the order of numbers."""

import json
from pathlib import Path
from typing import Any

import pytest
from desk import Here, bench_of, row_of, step_of
from pydantic import ValidationError
from runs import only_run, sofrito

from sofrito.recipe.model import Model, Recipe
from sofrito.steps.work import Lost, Map, Ordered, Row, Told
from sofrito.teachers.call import Embed
from sofrito.teachers.result import Embedded
from sofrito.teachers.teacher import Refused

np = pytest.importorskip("numpy", reason="numpy is not installed")


def vector(*numbers: float) -> bytes:
    row = np.array(numbers, dtype="<f4")
    return bytes((row / np.linalg.norm(row)).astype("<f4").tobytes())


VECTORS = {"red": vector(1, 0), "crimson": vector(10, 1), "blue": vector(0, 1)}


def passing(texts: list[str | None], **said: Any) -> list[Row | Lost]:
    """Return what becomes of each row in turn; a text not known is refused."""
    step = step_of(**{"dedup": "a", "method": "semantic", **said})
    asks, remembers = step.operations(bench_of(step))
    assert isinstance(asks, Map)
    assert isinstance(remembers, Ordered)
    found = []
    for n, text in enumerate(texts):
        work = asks.run(row_of(n, a=text), Here())
        if not isinstance(work, list):
            (call,) = next(work)
            assert isinstance(call, Embed)
            known = VECTORS.get(call.text)
            answer = Embedded(known, 1) if known else Refused("context", "too long")
            with pytest.raises(StopIteration) as stop:
                work.send([Told("ab" * 16, answer)])
            work = stop.value.value
        (one,) = work
        found.append(remembers.run(one) if isinstance(one, Row) else one)
    return found


def test_a_row_near_an_earlier_one_is_rejected_and_names_it() -> None:
    first, near, far = passing(["red", "crimson", "blue"])
    assert isinstance(near, Lost)
    reason = (near.kind, near.reason, near.detail, near.score)
    assert reason == ("rejected", "too similar", "like row 0: red", 0.004963)
    assert [isinstance(one, Row) for one in (first, far)] == [True, True]


def test_the_distance_decides() -> None:
    assert [isinstance(one, Row) for one in passing(["red", "crimson"], distance=0.004)] == [
        True
    ] * 2
    assert isinstance(passing(["red", "crimson"], distance=0.005)[1], Lost)


def test_only_what_passed_is_remembered() -> None:
    # a chain: each is near the one before it, the third far from the first
    VECTORS.update(a=vector(1, 0), b=vector(1, 0.3), c=vector(1, 0.6))
    kinds = [isinstance(one, Row) for one in passing(["a", "b", "c"])]
    assert kinds == [True, False, True]


def test_the_vector_is_in_no_row_and_no_story() -> None:
    (row,) = passing(["red"])
    assert isinstance(row, Row)
    assert (row.values, row.aside) == ({"a": "red"}, b"")
    assert [(event.kind, event.what) for event in row.story] == [
        ("call", {"key": "ab" * 16}),
        ("score", {"score": None, "detail": "nothing nearer than 0.05"}),
    ]
    assert passing(["red", "red"])[1].row.aside == b""  # type: ignore[union-attr]


def test_of_rows_with_nothing_written_the_first_passes_unasked() -> None:
    first, second = passing([None, " \n"])
    assert first == row_of(0, a=None)
    lost = Lost(row_of(1, a=" \n"), "rejected", "too similar", "as row 0: nothing", 0.0)
    assert second == lost


def test_a_refused_text_fails_its_row() -> None:
    (lost,) = passing(["unheard of"])
    assert isinstance(lost, Lost)
    assert (lost.kind, lost.reason, lost.detail) == ("failed", "context", "too long")


def test_columns_are_embedded_together() -> None:
    step = step_of(dedup=["a", "b"], method="semantic", model="vectors")
    asks = step.operations(bench_of(step))[0]
    assert isinstance(asks, Map)
    work = asks.run(row_of(a="x", b=3), Here())
    assert not isinstance(work, list)
    assert next(work) == [Embed("teacher", "x\n\n3")]
    assert (step.asks(), step.needs()) == ("vectors", ("embed",))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"distance": 0.1}, "`distance` means nothing to `method: exact`"),
        ({"model": "m"}, "`model` means nothing to `method: exact`"),
        (
            {"method": "semantic", "ignore": ["case"]},
            "`ignore` means nothing to `method: semantic`",
        ),
    ],
)
def test_options_of_the_other_method_are_problems(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        step_of(dedup="a", **said)


def test_without_a_name_the_embedder_is_asked_declared_or_not() -> None:
    assert step_of(dedup="a", method="semantic").asks() == "embedder"
    assert step_of(dedup="a").asks() is None
    recipe = Recipe.model_construct(models={})
    assert (recipe.model_for("embedder"), recipe.model("embedder").backend) == (
        "embedder",
        "wordllama",
    )
    declared = Model(backend="scripted")
    assert Recipe.model_construct(models={"embedder": declared}).model("embedder") == declared


RECIPE = """
recipe: alike
models: {MODELS}
seeds:
  tasks:
    rows: [{ask: Name a red fruit}, {ask: Count to ten}, {ask: "name a RED fruit!"}, {ask: ""}]
from: tasks
steps:
  - dedup: ask
    method: semantic
output:
  files: [jsonl]
  write: [{raw: {columns: [ask]}}]
"""


def test_a_run_by_the_command_line(tmp_path: Path) -> None:
    recipe = RECIPE.replace("MODELS", "embedder: {backend: scripted}")
    (tmp_path / "recipe.yaml").write_text(recipe)
    done = sofrito("run", "recipe.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / "runs")
    (file,) = (run / "dataset" / "raw").rglob("*.jsonl")
    rows = [json.loads(line)["ask"] for line in file.read_text().splitlines()]
    assert rows == ["Name a red fruit", "Count to ten", ""]
    (lost,) = map(json.loads, (run / "rejected.jsonl").read_text().splitlines())
    assert (lost["reason"], lost["detail"]) == ("too similar", "like row 0: Name a red fruit")
    written = (run / "rows.jsonl").read_text() + (run / "rejected.jsonl").read_text()
    assert "vector" not in written
    assert "aside" not in written


def test_undeclared_it_needs_no_word_in_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(RECIPE.replace("models: {MODELS}\n", ""))
    done = sofrito("validate", "recipe.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "ok: alike, 1 step\n")

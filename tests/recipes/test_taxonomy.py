"""taxonomy: a tree first, then homework for each of its concepts, in the order of the tree."""

import json
from pathlib import Path
from typing import Any

from runs import only_run, sofrito

TREE = """
subject: human knowledge and skills
levels: [discipline, subject, session, concept]
topics:
  Crafts:
    Pottery:
      Clay: [Shrinkage, Plasticity]
"""


def written(workspace: Path) -> list[dict[str, Any]]:
    text = (only_run(workspace) / "dataset" / "raw" / "train.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_the_tree_is_kept_and_every_concept_has_homework(tmp_path: Path) -> None:
    run = (
        "run", "taxonomy", "--rows", "32", "--quiet", "--set", "models.teacher={backend: scripted}",
        "--set", "output.files=[jsonl]",
    )  # fmt: skip
    done = sofrito(*run, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    (axis,) = (tmp_path / "runs" / "taxonomy" / "axes").glob("concept-*.yaml")
    assert "levels: [discipline, subject, session, concept]" in axis.read_text(encoding="utf-8")
    rows = written(tmp_path / "runs")
    assert len({row["concept"]["concept"] for row in rows}) == 16
    assert set(rows[0]["concept"]) == {"discipline", "subject", "session", "concept"}


def test_an_edited_tree_is_used_and_orders_the_rows(tmp_path: Path) -> None:
    run = (
        "run", "taxonomy", "--rows", "6", "--quiet", "--set", "models.teacher={backend: scripted}",
        "--set", "output.files=[jsonl]",
    )  # fmt: skip
    assert sofrito(*run, cwd=tmp_path).returncode == 0
    (axis,) = (tmp_path / "runs" / "taxonomy" / "axes").glob("concept-*.yaml")
    axis_folder = tmp_path / "edited" / "runs" / "taxonomy" / "axes"
    axis_folder.mkdir(parents=True)
    (axis_folder / axis.name).write_text(TREE, encoding="utf-8")
    assert sofrito(*run, cwd=tmp_path / "edited").returncode == 0
    rows = written(tmp_path / "edited" / "runs")
    assert [row["concept"]["concept"] for row in rows] == ["Shrinkage"] * 3 + ["Plasticity"] * 3
    levels = ["beginner", "student", "professional"]
    assert [row["level"] for row in rows] == levels * 2

"""taxonomy: a tree first, then homework for each of its concepts, in the order of the tree."""

import json
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
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


@pytest.mark.parametrize(
    ("levels", "first", "above"),
    [
        (
            "discipline, subject, session, concept",
            "A course on {subject} ({discipline}) has a lesson on {session}. It",
            'A lesson on "{session}" is held in the course "{subject}".',
        ),
        (
            "subject, session, concept",
            "A course on {subject} has a lesson on {session}. It",
            'A lesson on "{session}" is held in the course "{subject}".',
        ),
        (
            "session, concept",
            "A lesson on {session}",
            'A lesson on "{session}" is held.',
        ),
    ],
)
def test_the_prompts_hold_for_fewer_levels(
    tmp_path: Path, levels: str, first: str, above: str
) -> None:
    done = sofrito(
        "run", "taxonomy", "--rows", "2", "--quiet",
        "--set", "models.teacher={backend: scripted}",
        "--set", f"axes.concept.generate.levels=[{levels}]",
        "--set", "output.files=[jsonl]",
        cwd=tmp_path,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    concept = written(tmp_path / "runs")[0]["concept"]
    assert ", ".join(concept) == levels
    story = sofrito("show", only_run(tmp_path / "runs"), "0").stdout
    assert f"    {first.format(**concept)} teaches the concept: {concept['concept']}.\n" in story
    (journal,) = tmp_path.rglob("journal.sqlite")
    with closing(sqlite3.connect(journal)) as stored:
        asked = [
            json.loads(zlib.decompress(one))
            for (one,) in stored.execute("SELECT request FROM call")
        ]
    prompts = [one["messages"][-1][1] for one in asked if one.get("messages")]
    assert any(prompt.startswith(above.format(**concept)) for prompt in prompts)

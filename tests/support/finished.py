"""A run that has ended, as the export finds it: its folder, and a recipe for it."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from sofrito.export import CardFacts, ModelFacts, StepFacts
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.model import Recipe

FACTS = CardFacts(
    fingerprint="0123abcd",
    wanted=20,
    models=(ModelFacts("teacher", {"sha256": "ab12", "file": "a.gguf"}, "Apache-2.0"),),
    steps=(StepFacts("generate q", 0, 21, 20, 1, 0, 0, 0),),
    versions={"sofrito": "1.0"},
)
CHAT = {"messages": {"prompt": "q", "completion": "a"}}


def recipe(write: list[object], **output: object) -> Recipe:
    source = {
        "recipe": "demo",
        "title": "A | demo: of\nmuch",
        "license": "Apache-2.0",
        "tags": ["sft"],
        "rows": 20,
        "seed": 3,
        "steps": [{"generate": ["q", "a"], "prompt": "Write a pair.", "parse": "json"}],
        "output": {"write": write, **output},
    }
    return Recipe.model_validate(source, context=vocabulary())


def row(n: int, **columns: object) -> dict[str, Any]:
    return {
        "id": f"{n}.0",
        "cell": {"topic": f"t{n % 4}"},
        "columns": {"topic": f"t{n % 4}", "q": f"Q{n}", "a": f"Ä{n}", **columns},
        "story": [{"step": "generate q+a", "kind": "call", "key": "ff"}],
    }


def run_folder(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.mkdir(exist_ok=True)
    lost = {
        "id": "9.1",
        "step": "filter q",
        "kind": "rejected",
        "reason": "too long",
        "detail": "q has 900 words",
        "score": 900,
        "columns": {"q": "é"},
    }
    for name, lines in (("rows", rows), ("rejected", [lost])):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return path


def table(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found

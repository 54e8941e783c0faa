"""Siblings within siblings: the example of docs/recipe.md makes one row of each level in turn."""

import json
import re
from pathlib import Path

from runs import only_run, sofrito

PAGE = Path(__file__).parents[2] / "docs" / "recipe.md"


def test_the_example_of_the_page(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (recipe,) = [block for block in blocks if block.startswith("recipe: quizzes\n")]
    (tmp_path / "quizzes.yaml").write_text(recipe + "  files: [jsonl]\n", encoding="utf-8")
    done = sofrito("run", "quizzes.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (file,) = (only_run(tmp_path / "runs") / "dataset").rglob("*.jsonl")
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [row["subject"] for row in rows] == ["tides", "bread"]
    shapes = [[(type(q["question"]), len(q["answers"])) for q in row["quiz"]] for row in rows]
    assert shapes == [[(str, 3)] * 2] * 2

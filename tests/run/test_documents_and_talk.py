"""From a document to conversations about its passages, by the command line."""

import json
from pathlib import Path

from runs import only_run, sofrito

RECIPE = """
recipe: talks
models: {teacher: {backend: scripted}, visitor: {backend: scripted}}
seeds:
  docs: {files: docs/**}
from: docs
steps:
  - chunk: text
    words: [8, 20]
  - converse: chat
    exchanges: [1, 3]
    user: {model: visitor, prompt: "Ask on {{ source.heading }}; {{ messages|length }} were said."}
    assistant: {prompt: "{{ text }}"}
output:
  files: [jsonl]
  write: [{messages: chat}, {raw: [file, source, text, chat]}]
"""
TEA = "# Tea\n\nTea is made of leaves and of water. It is drunk hot.\n\n## Pots\n\nA pot is of clay or iron.\n"


def test_passages_of_documents_are_talked_about(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "tea.md").write_text(TEA, encoding="utf-8")
    (tmp_path / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    done = sofrito("run", "recipe.yaml", "--quiet", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / "runs")
    lines = (run / "dataset" / "raw" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    where = [(r["id"], r["source"]["heading"], r["source"]["start"]) for r in rows]
    assert where == [("0.0", "Tea", 0), ("0.1", "Pots", TEA.index("## Pots"))]
    for row in rows:
        start, end = row["source"]["start"], row["source"]["end"]
        assert row["text"] == TEA[start:end]
        assert row["file"] == row["source"]["file"] == "docs/tea.md"
        turns = [message["role"] for message in row["chat"]]
        assert turns == ["user", "assistant"] * (len(turns) // 2)
        assert len(turns) in (2, 4, 6)
    again = sofrito("run", "recipe.yaml", "--quiet", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
    after = (run / "dataset" / "raw" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    assert after == lines

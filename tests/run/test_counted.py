"""What steps count on their way: in the manifest, on the card, and to be seen by `sofrito show`."""

import json
from pathlib import Path

from runs import only_run, sofrito

RECIPE = """
recipe: counted
models: {teacher: {backend: scripted}}
rows: 4
steps:
  - {generate: topic, prompt: Write a word.}
  - {generate: text, prompt: "Write about {{ topic }}.", n: 3}
  - {judge: text, given: topic, rubric: better, compare: pairwise, rationale: false}
  - {pair: text, by: verdict.score}
output: {write: [dpo: {prompt: topic}]}
"""


def test_a_judge_tells_how_often_it_agrees_with_itself(tmp_path: Path) -> None:
    (tmp_path / "counted.yaml").write_text(RECIPE, encoding="utf-8")
    done = sofrito("run", "counted.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = only_run(tmp_path / "runs")
    accounting = json.loads((run / "manifest.json").read_bytes())["accounting"]
    counts = {step["step"]: step["counted"] for step in accounting if step["counted"]}
    assert {name: [*counted.items()] for name, counted in counts.items()} == {
        "judge text": [
            ("the same verdict in both orders", 7),
            ("another verdict in the other order", 8),
            ("of these, both times for the one shown first", 3),
            ("of these, both times for the one shown second", 2),
            ("of these, a tie in one of the orders", 3),
        ]
    }
    told = [f"{n:>8,}  judge text: {what}" for what, n in counts["judge text"].items()]
    lines = done.stdout.splitlines()
    assert [line for line in lines if "judge text: " in line] == told
    assert lines[lines.index(told[0]) - 1] == "counted on the way, no row is lost for it:"
    shown = sofrito("show", "counted", cwd=tmp_path)
    told = [f"    counted {n} {what}" for what, n in counts["judge text"].items()]
    assert [line for line in shown.stdout.splitlines() if "counted " in line[:12]] == told
    card = (run / "README.md").read_text(encoding="utf-8")
    for what, n in counts["judge text"].items():
        assert f"| judge text | {what} | {n} |" in card

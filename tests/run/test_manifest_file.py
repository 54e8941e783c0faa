"""The published schema of `manifest.json` against the manifests that runs write."""

import json
from dataclasses import fields
from pathlib import Path

from jsonschema import Draft202012Validator
from runs import digests, only_run, sofrito

from sofrito.recipe.schema import model_schema
from sofrito.run.manifest import Manifest
from sofrito.run.manifest_file import ManifestFile

RECIPE = """
recipe: told
models: {teacher: {backend: scripted}}
rows: 6
steps:
  - {generate: text, prompt: Write a word., keep: "text | length > 2"}
output: {write: [text]}
"""


SEEDED = """
recipe: seeded
models: {teacher: {backend: scripted}}
seeds: {numbers: {rows: [{n: 1}, {n: 2}, {n: 3}, {n: 4}, {n: 5}]}}
from: numbers
steps:
  - {generate: text, prompt: "Write about {{ n }}."}
output: {write: [text]}
"""


def test_it_has_every_key_that_is_written() -> None:
    around = {"sofrito", "python", "packages"}
    assert ManifestFile.model_fields.keys() == {one.name for one in fields(Manifest)} | around


def test_what_a_run_writes_is_valid(tmp_path: Path) -> None:
    (tmp_path / "told.yaml").write_text(RECIPE, encoding="utf-8")
    done = sofrito("run", "told.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((only_run(tmp_path / "runs") / "manifest.json").read_bytes())
    assert manifest["rows"] == 6
    schema = model_schema(ManifestFile, "manifest")
    assert list(Draft202012Validator(schema).iter_errors(manifest)) == []
    bad = {**manifest, "status": "done", "cost": {**manifest["cost"], "usd": "0"}}
    found = Draft202012Validator(schema).iter_errors(bad)
    assert sorted(".".join(map(str, one.path)) for one in found) == ["cost.usd", "status"]


def test_it_tells_what_all_sessions_spent(tmp_path: Path) -> None:
    (tmp_path / "seeded.yaml").write_text(SEEDED, encoding="utf-8")
    calm = sofrito("run", "seeded.yaml", "--out", "calm", cwd=tmp_path)
    whole = json.loads((only_run(tmp_path / "calm") / "manifest.json").read_bytes())
    assert "in all sessions" not in calm.stdout
    run = ("run", "seeded.yaml")
    assert sofrito(*run, "--limit-calls", "2", "--quiet", cwd=tmp_path).returncode == 1
    told = [sofrito(*run, cwd=tmp_path).stdout for _ in range(2)]
    folder = only_run(tmp_path / "runs")
    manifest = json.loads((folder / "manifest.json").read_bytes())
    tokens = whole["calls"]["prompt_tokens"] + whole["calls"]["completion_tokens"]
    assert manifest["spent"] == whole["spent"] == {"calls": 5, "tokens": tokens}
    assert (manifest["calls"]["asked"], whole["calls"]["asked"]) == (0, 5)
    sums = f"; in all sessions 5 calls, {tokens} tokens\n"
    assert [sums in one for one in told] == [True, True]
    shown = sofrito("show", folder).stdout
    assert shown.splitlines()[1:3] == [
        "5 rows, complete",
        f"5 calls and {tokens} tokens in all sessions",
    ]
    assert digests(folder) == digests(only_run(tmp_path / "calm"))

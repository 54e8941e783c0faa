"""The published schema of `manifest.json` against the manifests that runs write."""

import json
from dataclasses import fields
from pathlib import Path

from jsonschema import Draft202012Validator
from runs import only_run, sofrito

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

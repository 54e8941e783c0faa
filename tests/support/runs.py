"""Runs of the command line in processes of their own, to be looked at and killed."""

import hashlib
import os
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import orjson

from sofrito.teachers.call import CompareMath, RunProgram

SCRIPTED = """
recipe: killed
models: {teacher: {backend: scripted}}
seeds:
  tasks: {rows: [{instruction: Name a fruit.}, {instruction: Say hello.}, {instruction: Count.}]}
axes:
  style: {values: {plain: 2, formal: 1}}
rows: 600
round: 8
steps:
  - generate: instruction
    shots: [{draw: 2, from: tasks}, {draw: 1, from: tasks, grown: true, fill: true}]
    prompt: "{{ style }}: {% for s in shots %}{{ s.instruction }} {% endfor %}"
    parse: json_list
    items: [1, 3]
  - filter: instruction
    by: [{novelty: {rouge_l: 0.7, against: [tasks, passed]}}]
  - grow: tasks
    columns: instruction
  - generate: good
    prompt: "Is this good? {{ instruction }}"
    parse: boolean
    keep: good
  - generate: response
    prompt: "{{ instruction }}"
output:
  splits: {train: 0.9, test: 0.1}
  files: [parquet, jsonl]
  write: [{messages: {prompt: instruction, completion: response}}]
"""

VERBS = """
recipe: killed-verbs
models: {teacher: {backend: scripted}}
seeds:
  lessons:
    rows: [{lesson: fruit}, {lesson: tides}, {lesson: bread}, {lesson: trade}, {lesson: glass},
      {lesson: sleep}, {lesson: maps}, {lesson: bees}, {lesson: salt}, {lesson: rain}]
from: lessons
steps:
  - generate: [topics, sum, gold]
    prompt: "The parts of a lesson about {{ lesson }}"
    parse: json
    schema:
      topics: {type: strings, min_length: 1, max_length: 3}
      sum: {type: integer, minimum: 1, maximum: 9}
      gold: {type: integer, minimum: 1, maximum: 9}
  - verify: sum
    math: {equals: gold}
    keep: not check.ok
  - explode: topics
    into: topic
  - evolve: topic
    operators: [constrain, broaden]
    rounds: 2
    answer: {reply: "{{ topic }}"}
    undo: [echo, refusal: {column: reply}]
  - collect: [topic, reply]
  - generate: answer
    prompt: "{{ topic | join(' ') }}"
    n: 3
    sampling: {temperature: 1, max_tokens: 30}
  - revise: answer
    principles: conduct
    given: reply
  - judge: answer
    rubric: helpfulness
    given: topic
  - pair: answer
    by: verdict.score
  - dedup: chosen
output:
  splits: {train: 0.9, test: 0.1}
  files: [parquet, jsonl]
  write: [{dpo: {prompt: lesson}}]
"""


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "sofrito.cli", *map(str, arguments)]


def all_scripted(recipe: Path) -> list[str]:
    """Return the options that have a scripted teacher answer for every model a recipe asks."""
    from sofrito.plan.vocabulary import vocabulary
    from sofrito.recipe.asked import models_asked
    from sofrito.recipe.read import read_recipe

    found = read_recipe(recipe, vocabulary()).recipe
    models = {*found.models, *models_asked(found)} & {*found.models, "embedder"}
    sets = [("--set", f"models.{name}={{backend: scripted}}") for name in sorted(models)]
    return [word for one in sets for word in one]


def environment(**extra: str) -> dict[str, str]:
    engine = Path(__file__).parents[2] / "engine"
    path = os.pathsep.join(filter(None, [str(engine), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1", **extra}


def sofrito(
    *arguments: str | Path, cwd: Path | None = None, timeout: float = 250, **extra: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=timeout,
        env=environment(**extra),
        check=False,
    )


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """Run the mock server in a process of its own; yields its base URL."""
    mock = Path(__file__).with_name("mock_server.py")
    process = subprocess.Popen(
        [sys.executable, str(mock), *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        with process.stdout as lines:
            yield lines.readline().strip()
    finally:
        process.kill()
        process.wait()


def journaled(workspace: Path) -> tuple[int, int]:
    """Return how many calls of models a journal holds, and how many were asked for them."""
    requests = _rows(workspace, "SELECT request FROM call")
    held = [orjson.loads(zlib.decompress(one))["kind"] for (one,) in requests]
    asked = _rows(workspace, "SELECT coalesce(sum(calls), 0) FROM spent") or [(0,)]
    return sum(kind not in (RunProgram.kind, CompareMath.kind) for kind in held), asked[0][0]


def _rows(workspace: Path, query: str) -> list[Any]:
    path = workspace / "journal.sqlite"
    if not path.exists():
        return []
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:  # its tables are not made yet
            return []


def kill_at(calls: int, workspace: Path, arguments: Sequence[str | Path]) -> bool:
    """Start a run and kill -9 it once its journal holds so much; False if it ended before."""
    process = subprocess.Popen(
        command(*arguments),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    while process.poll() is None and len(_rows(workspace, "SELECT id FROM call")) < calls:
        time.sleep(0.002)
    alive = process.poll() is None
    process.kill()
    process.wait()
    return alive


def digests(run: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a run's dataset, and of what lies beside it."""
    files = [p for p in run.rglob("*") if p.is_file() and p.name not in ("manifest.json", ".lock")]
    return {
        path.relative_to(run).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
    }


def only_run(workspace: Path) -> Path:
    (manifest,) = workspace.glob("*/*/manifest.json")
    return manifest.parent

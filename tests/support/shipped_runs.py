"""Shipped recipes on a scripted teacher, in this process: with other seeds, and exact answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sofrito.plan.compile import program_of
from sofrito.plan.inputs import inputs
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.asked import models_asked
from sofrito.recipe.model import MATHEMATICS, SANDBOXES
from sofrito.recipe.read import read_recipe
from sofrito.run.budget import Limits
from sofrito.run.session import run_program
from sofrito.sandbox.mathematics import Mathematics
from sofrito.sandbox.native import NativeRunner
from sofrito.teachers.call import Completion
from sofrito.teachers.checks import MathTeacher, SandboxTeacher
from sofrito.teachers.scripted.teacher import Script, ScriptedTeacher
from sofrito.teachers.teacher import Teacher


@dataclass(frozen=True)
class ShippedRun:
    """What a run left: the columns of its rows by id, why others did not come through, the prompts."""

    status: str
    rows: Mapping[str, Mapping[str, Any]]
    lost: Mapping[str, str]
    asked: Mapping[str, tuple[str, ...]]


def run_like(name: str, script: Script, folder: Path, **changes: Any) -> ShippedRun:
    """Run a recipe that builds on the shipped one called ``name``, with ``changes`` to its keys.

    Programs run in a bare process: those of a test are its own.
    """
    recipe = folder / "recipe.yaml"
    recipe.write_text(json.dumps({"recipe": "mine", "extends": name, **changes}), encoding="utf-8")
    read = read_recipe(recipe, vocabulary())
    program = program_of(read, inputs(read))
    teachers: dict[str, Teacher] = {
        model: ScriptedTeacher(script, name=model) for model in models_asked(read.recipe)
    }
    if MATHEMATICS in teachers:
        teachers[MATHEMATICS] = MathTeacher(Mathematics())
    for sandbox in teachers.keys() & set(SANDBOXES.values()):
        teachers[sandbox] = SandboxTeacher(NativeRunner("unsafe"))
    (folder / "run").mkdir()
    ended = run_program(
        program,
        folder / "run",
        workspace=folder,
        teachers=teachers,
        limits=Limits(),
        on_progress=lambda _: None,
    )
    return ShippedRun(
        ended.status,
        {row["id"]: row["columns"] for row in _lines(folder / "run" / "rows.jsonl")},
        {row["id"]: row["reason"] for row in _lines(folder / "run" / "rejected.jsonl")},
        {
            model: tuple(_prompts(teacher))
            for model, teacher in teachers.items()
            if isinstance(teacher, ScriptedTeacher)
        },
    )


def _prompts(teacher: ScriptedTeacher) -> list[str]:
    calls = (call for call in teacher.asked if isinstance(call, Completion))
    return [call.messages[-1].content if call.messages else "" for call in calls]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

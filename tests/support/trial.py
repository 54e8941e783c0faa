"""Shipped recipes on a scripted teacher: what a plan tells of their calls, and what a run uses."""

import json
import random
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson

from sofrito.plan.compile import program_of
from sofrito.plan.estimate import expected
from sofrito.plan.estimate_time import Speed
from sofrito.plan.inputs import inputs
from sofrito.plan.passing import passing
from sofrito.plan.program import Program
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.asked import models_asked
from sofrito.recipe.model import CHECKERS, Recipe
from sofrito.recipe.read import Read, read_recipe
from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.dry_run import dry_run, unseen
from sofrito.run.engine import Engine
from sofrito.run.journal import Journal, MemoryJournal, Spent
from sofrito.run.outlook import Estimate, estimated, rows_to_start_from
from sofrito.run.prices import FREE
from sofrito.run.rehearse import Ends, deep_enough, piloted, rehearsed
from sofrito.run.sqlite_journal import SqliteJournal
from sofrito.run.virtual import run_virtually
from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Call, CompareMath, Completion, RunProgram
from sofrito.teachers.result import Checked
from sofrito.teachers.scripted.teacher import ScriptedTeacher
from sofrito.teachers.scripted.words import WORDS
from sofrito.teachers.teacher import Teacher

RECIPES = shipped_recipes()
Script = Callable[[Completion], str | None]


def sentences(call: Completion) -> str | None:
    """Answer as a teacher would, by the call alone: sentences where texts are asked for."""
    if call.schema is None:
        return None
    rng = random.Random(int.from_bytes(call.key({})))
    return orjson.dumps(_value(call.schema, rng)).decode()


def _value(schema: Mapping[str, Any], rng: random.Random) -> Any:
    match schema["type"]:
        case "object":
            return {name: _value(one, rng) for name, one in schema["properties"].items()}
        case "array":
            count = rng.randint(schema.get("minItems", 1), schema.get("maxItems", 4))
            return [_value(schema["items"], rng) for _ in range(count)]
    words = " ".join(rng.choice(WORDS) for _ in range(rng.randint(3, 12)))
    if "noinput" in schema.get("pattern", ""):
        return rng.choice(["<noinput>", words])
    return f"Explain {words}."


def agreeing(call: Completion) -> str | None:
    """Answer problems alike four times in five."""
    return _having(call, dict.fromkeys(("answer", "claimed"), _seven))


def defining(call: Completion) -> str | None:
    """Define the function that the prompt is about."""
    found = re.findall(r"def (\w+)\(", call.messages[-1].content)
    name = found[-1] if found else "nobody"
    return _having(call, {"program": lambda _: f"def {name}(one):\n    return [one, one]\n"})


def _seven(rng: random.Random) -> int:
    return 7 if rng.random() < 0.8 else 8


def _having(call: Completion, values: Mapping[str, Callable[[random.Random], Any]]) -> str | None:
    asked = (call.schema or {}).get("properties", {})
    if not asked.keys() & values:
        return None
    told = json.loads(ScriptedTeacher().default(call))
    rng = random.Random(int.from_bytes(call.key({})))
    return json.dumps({**told, **{name: values[name](rng) for name in asked if name in values}})


SCRIPTS: dict[str, Script] = {
    "alpaca": sentences,
    "self-instruct": sentences,
    "math-problems": agreeing,
    "code-exercises": defining,
}


class Checker(Teacher):
    """Says of programs and mathematics at once what a sandbox would find out slowly.

    Two answers are equal or not; a program passes unless it returns nothing or, by default, luck
    will have it.
    """

    identity: Mapping[str, Any] = {"backend": "checker"}
    concurrency = 2

    def __init__(self, lucky: bool = False) -> None:
        self._lucky = lucky

    async def answer(self, call: Call) -> Checked:
        """Say how a check ended, by the call alone."""
        if isinstance(call, CompareMath):
            return Checked("" if call.gold == call.answer else "different")
        assert isinstance(call, RunProgram)
        lucky = self._lucky or call.key({})[0] < 200
        return Checked("" if lucky and "return None" not in call.program else "failed")


class Trial:
    """A recipe in a folder, with the teachers that answer it."""

    def __init__(
        self, name: str, rows: int, folder: Path, script: Script | None = None, lucky: bool = False
    ) -> None:
        sets = {"rows": str(rows)} if rows else {}
        self.read: Read = read_recipe(RECIPES[name], vocabulary(), sets=sets)
        self.given = inputs(self.read)
        self._script, self._lucky = script or SCRIPTS.get(name), lucky
        self._journal = folder / "journal"
        self._speeds: dict[str, Speed] = {}

    def program(self, recipe: Recipe | None = None) -> Program:
        return program_of(self.read, self.given, recipe=recipe)

    def teachers(self, latency: float = 0.0) -> dict[str, Teacher]:
        scripted, checker = ScriptedTeacher(self._script, latency=latency), Checker(self._lucky)
        return {
            name: checker if name in CHECKERS else scripted
            for name in models_asked(self.read.recipe)
        }

    def asked(self, candidates: int) -> int:
        """Run the first candidates; return the calls that were asked for it.

        What is told then takes each to last a second, as where it is :meth:`used`.
        """
        made = piloted(
            self.program(),
            candidates,
            self._journal,
            self.teachers(),
            limits=Limits(),
            rates={},
            tariffs={},
            on_progress=lambda _: None,
        )
        timed = {name: len(calls) for name, calls in made.timed.items() if calls}
        speeds = {name: Speed(1.0, 0.0, made.lanes[name], calls) for name, calls in timed.items()}
        self._speeds = speeds or self._speeds
        return made.asked

    def used(self) -> tuple[int, Engine]:
        """Run it on a teacher that takes a second for each answer; return its calls and how it went."""
        program = self.program()
        engine = Engine(program, Ends())

        async def run() -> int:
            teachers, journal = self.teachers(latency=1.0), MemoryJournal(delay=0.01)
            calls = Calls(teachers, journal, Budget(Limits(), Spent()), wake=engine.wake)
            try:
                await engine.run(calls)
            finally:
                await calls.close()
            return calls.totals.asked

        with deep_enough(program):
            asked, _ = run_virtually(run())
        return asked, engine

    def told(self) -> Estimate:
        """Return what is told by what the journal has, nothing if no candidate was run."""
        if not self._journal.is_file():
            return self._told(MemoryJournal())
        journal = SqliteJournal(self._journal, self.program().fingerprint)
        try:
            return self._told(journal)
        finally:
            journal.close()

    def _told(self, journal: Journal) -> Estimate:
        teachers, recipe = self.teachers(), passing(self.read.recipe)
        known = rehearsed(self.program(), journal, teachers)
        dry = None
        if unseen(self.program(), known):
            dry = dry_run(self.program(recipe), recipe.steps, teachers)
        return estimated(
            self.program(),
            expected(self.read.recipe),
            {},
            known,
            speeds=self._speeds,
            tariffs=dict.fromkeys(teachers, FREE),
            seeds=rows_to_start_from(self.program()),
            teachers=teachers,
            dry=dry,
        )

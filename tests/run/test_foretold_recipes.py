"""Every shipped recipe on a scripted teacher: a pilot foretells the calls that the run then uses."""

import json
import random
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from sofrito.plan.compile import compiled
from sofrito.plan.estimate import expected
from sofrito.plan.estimate_time import Speed, speed
from sofrito.plan.inputs import inputs
from sofrito.plan.program import Program
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.asked import models_asked
from sofrito.recipe.model import CHECKERS
from sofrito.recipe.read import Read, read_recipe
from sofrito.run.budget import Limits
from sofrito.run.journal import SqliteJournal
from sofrito.run.outlook import Estimate, estimated, rows_to_start_from
from sofrito.run.prices import FREE
from sofrito.run.rehearse import piloted, rehearsed
from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Call, CompareMath, Completion, RunProgram
from sofrito.teachers.result import Checked
from sofrito.teachers.scripted.teacher import ScriptedTeacher
from sofrito.teachers.scripted.words import WORDS
from sofrito.teachers.teacher import Teacher

RECIPES = shipped_recipes()
SIZES: dict[str, tuple[int, int]] = {
    "alpaca": (400, 8),
    "backtranslation": (12, 8),
    "chain-of-thought": (0, 12),
    "code-exercises": (80, 16),
    "constitutional": (60, 8),
    "curate": (0, 8),
    "curate-scored": (0, 24),
    "dialogue": (60, 8),
    "distill": (40, 8),
    "domain-qa": (10, 8),
    "evol-code": (60, 8),
    "evol-instruct": (100, 8),
    "math-problems": (80, 16),
    "personas": (80, 16),
    "preference-pairs": (40, 8),
    "refusals": (80, 32),
    "self-instruct": (400, 16),
    "self-rewarding": (80, 16),
    "stories": (80, 64),
    "taxonomy": (120, 8),
    "template-prefix": (80, 8),
    "textbook": (0, 4),
    "tool-calls": (60, 8),
    "translate-and-adapt": (30, 8),
}
"""Rows that are asked for, 0 for what the recipe makes of all it starts from, and the pilot's candidates."""


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


SCRIPTS = {
    "alpaca": sentences,
    "self-instruct": sentences,
    "math-problems": agreeing,
    "code-exercises": defining,
}


class Checker(Teacher):
    """Says of programs and mathematics at once what a sandbox would find out slowly."""

    identity: Mapping[str, Any] = {"backend": "checker"}
    concurrency = 2

    async def answer(self, call: Call) -> Checked:
        """Two answers are equal, or a program passes unless it returns nothing, or luck will have it."""
        if isinstance(call, CompareMath):
            return Checked("" if call.gold == call.answer else "different")
        assert isinstance(call, RunProgram)
        lucky = call.key({})[0] < 200 and "return None" not in call.program
        return Checked("" if lucky else "failed")


class Trial:
    """A recipe in a folder, with the teachers that answer it."""

    def __init__(self, name: str, rows: int, folder: Path) -> None:
        sets = {"rows": str(rows)} if rows else {}
        self.read: Read = read_recipe(RECIPES[name], vocabulary(), sets=sets)
        self.given = inputs(self.read)
        self._name, self._journal = name, folder / "journal"
        self._speeds: dict[str, Speed] = {}

    def program(self) -> Program:
        return compiled(
            self.read.recipe,
            folder=self.read.folders,
            pools=self.given.pools,
            axes=self.given.axes,
            records=self.given.records,
            source=self.given.source,
            hashes=self.given.hashes,
        )

    def teachers(self) -> dict[str, Teacher]:
        scripted, checker = ScriptedTeacher(SCRIPTS.get(self._name)), Checker()
        return {
            name: checker if name in CHECKERS else scripted
            for name in models_asked(self.read.recipe)
        }

    def asked(self, candidates: int) -> int:
        """Run the first candidates; return the calls that were asked for it."""
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
        timed = {name: speed(made.timed[name], made.lanes[name]) for name in made.timed}
        self._speeds = {name: one for name, one in timed.items() if one} or self._speeds
        return made.asked

    def told(self) -> Estimate:
        journal, teachers = (
            SqliteJournal(self._journal, self.program().fingerprint),
            self.teachers(),
        )
        known = rehearsed(self.program(), journal, teachers)
        journal.close()
        return estimated(
            self.program(),
            expected(self.read.recipe),
            {},
            known,
            speeds=self._speeds,
            tariffs=dict.fromkeys(teachers, FREE),
            seeds=rows_to_start_from(self.program()),
            teachers=teachers,
        )


def test_every_shipped_recipe_is_tried() -> None:
    assert SIZES.keys() == RECIPES.keys()


@pytest.mark.parametrize("name", SIZES)
def test_calls_are_foretold_within_a_fifth(name: str, tmp_path: Path) -> None:
    rows, pilot = SIZES[name]
    trial = Trial(name, rows, tmp_path)
    used = trial.asked(pilot)
    found = trial.told()
    used += trial.asked(10_000)
    assert found.calls == pytest.approx(used, rel=0.2)
    again = trial.told()
    assert (again.whole, again.calls - again.held) == (True, 0)
    assert again.calls == pytest.approx(used, rel=0.2)

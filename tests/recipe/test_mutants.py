"""A shipped recipe with a mistake in it: validate tells of it, or the recipe runs all the same."""

import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from mutants import Mutant, mutant
from obliging import OBLIGING
from trial import SCRIPTS, Checker

from sofrito.export.dataset import write_dataset
from sofrito.export.rows import Accepted
from sofrito.plan.compile import program_of
from sofrito.plan.inputs import inputs
from sofrito.plan.program import Program
from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import RecipeError
from sofrito.recipe.asked import models_asked
from sofrito.recipe.document import load_document
from sofrito.recipe.model import CHECKERS
from sofrito.recipe.read import Read, read_recipe
from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.engine import Engine
from sofrito.run.journal import MemoryJournal, Spent
from sofrito.run.lenient import without_target
from sofrito.run.rehearse import FirstCandidates, deep_enough
from sofrito.run.virtual import run_virtually
from sofrito.shipped import shipped_recipes
from sofrito.steps.work import Lost, Row
from sofrito.teachers.call import Completion
from sofrito.teachers.scripted.teacher import ScriptedTeacher
from sofrito.teachers.teacher import Teacher

RECIPES = shipped_recipes()
MUTANTS = int(os.environ.get("SOFRITO_MUTANTS", "4"))
"""Mutants of each recipe; of some thousands a few fail by values that only a run knows."""

CANDIDATES = 4
MISTAKEN = ("template", "expression")
"""Why rows fail by what the recipe says."""

OF_VALUES = ("the prompt is empty",)
"""What no recipe tells: it depends on the values of a row."""


class Ends:
    """A sink that keeps the rows, and those that were lost, by step."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.gone: list[tuple[int, Lost]] = []

    def accepted(self, row: Row, _: int) -> None:
        self.rows.append(row)

    def lost(self, step: int, lost: Lost) -> None:
        self.gone.append((step, lost))


class Obliging(ScriptedTeacher):
    """Answers as a recipe's script does, and by default where that does not know the question."""

    def __init__(self, name: str) -> None:
        super().__init__(self._told)
        self._of_recipe = OBLIGING.get(name) or SCRIPTS.get(name)

    def _told(self, call: Completion) -> str | None:
        try:
            return self._of_recipe(call) if self._of_recipe else None
        except (LookupError, ValueError, TypeError, StopIteration):
            return None

    def default(self, call: Completion) -> str:
        """Return an answer without shape where no text can be made up for a pattern."""
        try:
            return super().default(call)
        except NotImplementedError:
            return "nothing"


def run_first(read: Read, name: str) -> tuple[Program, Ends, Engine]:
    """Run the first candidates of a recipe on answers that are made up."""
    program, ends = without_target(program_of(read, inputs(read))), Ends()
    engine = Engine(program, ends, candidates=FirstCandidates(program, CANDIDATES))
    teacher, checker = Obliging(name), Checker(lucky=True)
    teachers: Mapping[str, Teacher] = {
        model: checker if model in CHECKERS else teacher for model in models_asked(read.recipe)
    }

    async def run() -> None:
        calls = Calls(teachers, MemoryJournal(), Budget(Limits(), Spent()), wake=engine.wake)
        try:
            await engine.run(calls)
        finally:
            await calls.close()

    with deep_enough(program):
        run_virtually(run())
    return program, ends, engine


def untold(read: Read, name: str, folder: Path) -> list[str]:
    """Return where all rows of a run failed by what the recipe says, and nothing was told of it."""
    program, ends, engine = run_first(read, name)
    assert engine.ledger.balances
    rows = [Accepted(row.id, {}, row.values, []) for row in ends.rows]
    write_dataset(rows, folder, read.recipe)
    if any(one.code == "SOF218" for one in read.warnings):
        return []
    mistaken = [(step, lost) for step, lost in ends.gone if lost.reason in MISTAKEN]
    failed = Counter(step for step, _ in mistaken)
    return [
        f"{program.steps[step]}: {lost.detail}"
        for step, lost in mistaken
        if failed[step] == engine.ledger.tallies[step + 1].entered
        and not any(words in lost.detail for words in OF_VALUES)
    ]


def read_or_told(recipe: Path) -> Read | None:
    """Read a recipe, None if it is wrong; each problem has a place and words."""
    try:
        read = read_recipe(recipe, vocabulary(), environ={})
    except RecipeError as error:
        read, problems = None, error.problems
    else:
        problems = read.warnings
    for one in problems:
        assert one.what
        assert one.fix
        assert min(one.where.line, one.where.column, one.where.length) >= 1
    assert read or problems
    return read


def written(folder: Path, one: Mutant) -> Path:
    """Write a mutant over the recipe in a folder."""
    (folder / "recipe.yaml").write_text(json.dumps(one.data, indent=1), encoding="utf-8")
    for name, text in one.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "recipe.yaml"


@pytest.mark.filterwarnings("ignore:Possible (set|nested):FutureWarning")
@pytest.mark.parametrize("name", RECIPES)
def test_a_mistake_is_told_or_does_not_matter(name: str, tmp_path: Path) -> None:
    folder = RECIPES[name]
    texts = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.j2"))
    }
    data = load_document(folder / "recipe.yaml").data
    found = []
    for number in range(MUTANTS):
        one, own = mutant(random.Random(f"{name} {number}"), data, texts), tmp_path / str(number)
        shutil.copytree(folder, own)
        recipe = written(own, one)
        read = read_or_told(recipe)
        if read is None:
            continue
        found += [f"{number}, {one.what}: {why}" for why in untold(read, name, own / "written")[:1]]
    assert found == []

"""What a run would do, told before it does it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sofrito.export.make import axes_made, teachers_of
from sofrito.export.reach import (
    FileReach,
    Host,
    ModelReach,
    files_reached,
    hosts_reached,
    models_reached,
)
from sofrito.plan.compile import compiled
from sofrito.plan.estimate import expected, guessed_tokens
from sofrito.plan.estimate_bounds import Bound, bounds
from sofrito.plan.estimate_time import Speed, speed
from sofrito.plan.inputs import Inputs, inputs
from sofrito.plan.program import Cell, Program
from sofrito.problems import Trouble
from sofrito.recipe.asked import models_asked
from sofrito.recipe.model import Recipe
from sofrito.recipe.read import Read
from sofrito.recipe.sources import TemplateSources
from sofrito.run.axes import calls_of, missing_axes
from sofrito.run.cost import ModelCost, costs_of
from sofrito.run.journal import MemoryJournal, SqliteJournal
from sofrito.run.observe import FIRST
from sofrito.run.outlook import Estimate, estimated, prompt_lengths, rows_to_start_from
from sofrito.run.prices import PRICES, Tariff, all_priced, table, tariffs_of
from sofrito.run.progress import OnProgress
from sofrito.run.rehearse import Piloted, Rehearsal, piloted, rehearsed
from sofrito.run.session import JOURNAL, limits_of, rates_of
from sofrito.run.sketch import Sketch, sketched
from sofrito.run.speeds import remember, remembered
from sofrito.run.totals import Totals
from sofrito.teachers.hf.find import find_checkpoint
from sofrito.teachers.llama.find import find_hub
from sofrito.teachers.teacher import Teacher

SKETCHED = 8
"""Candidates whose prompts are rendered to guess how long prompts are."""

SHOWN = 3
"""Prompts that are shown in full."""


@dataclass(frozen=True)
class Forecast:
    """What a run would do. ``absent`` says of models that cannot be asked why, by name.

    ``bounds`` and the estimate's steps go with ``steps``, their names. ``axes`` are the numbers
    of their values, ``unmade`` about how many calls make those that are not made yet,
    ``seeds`` the rows that candidates start from, ``costs`` what the run has cost so
    far.
    """

    recipe: Recipe
    fingerprint: str
    steps: tuple[str, ...]
    axes: Mapping[str, int]
    unmade: Mapping[str, int]
    cells: tuple[Cell, ...]
    seeds: int | None
    estimate: Estimate
    bounds: tuple[Bound, ...]
    tariffs: Mapping[str, Tariff | None]
    prices: str
    costs: tuple[ModelCost, ...]
    speeds: Mapping[str, Speed]
    pilot: Piloted | None
    prompts: tuple[Sketch, ...]
    models: tuple[ModelReach, ...]
    hosts: tuple[Host, ...]
    files: tuple[FileReach, ...]
    absent: Mapping[str, Trouble]


def forecast(
    read: Read,
    *,
    workspace: Path,
    pilot: int = 0,
    on_progress: OnProgress = lambda _: None,
    announce: Callable[[str], None] = lambda _: None,
    allow_files: bool = False,
) -> Forecast:
    """Tell what a run of a recipe that was checked would do, after a pilot of so many candidates.

    Without a pilot nothing is asked, loaded or downloaded, and nothing is written; with one, its
    answers are in the workspace's journal, and the run reads them back. Raises RecipeError for a
    broken seed file, Trouble where the pilot cannot be made.
    """
    recipe, given = read.recipe, inputs(read, workspace=workspace, allow_files=allow_files)
    if pilot:
        axes_made(read, workspace=workspace, on_progress=on_progress, announce=announce)
        given = inputs(read, workspace=workspace, allow_files=allow_files)
    absent = {} if pilot else dict(_absent(recipe, read.folder))
    teachers = {} if absent else _teachers(recipe, read.folder, announce, absent, must=bool(pilot))
    program = _Programs(read, given, teachers)
    journal = workspace / JOURNAL
    models = {name: recipe.model(name) for name in models_asked(recipe)}
    factors = {name: t.price_factor for name, t in teachers.items()}
    tariffs = tariffs_of(models, factors)
    identities = {name: dict(teacher.identity) for name, teacher in teachers.items()}
    made, speeds = None, remembered(journal, identities)
    if pilot:
        if recipe.budget.usd is not None:
            all_priced(tariffs, models)
        made = piloted(
            program.fresh(),
            pilot,
            journal,
            teachers,
            limits=limits_of(recipe, None),
            rates=rates_of(recipe),
            tariffs=tariffs,
            on_progress=on_progress,
        )
        timed = {name: speed(made.timed[name], made.lanes[name]) for name in teachers}
        new = {name: one for name, one in timed.items() if one is not None}
        remember(journal, new, identities)
        speeds |= new
    known = None
    if not models:
        known = rehearsed(program.fresh(), MemoryJournal(), {})
    elif journal.is_file() and not absent:
        fresh = program.fresh()
        with closing(SqliteJournal(journal, fresh.fingerprint)) as store:
            known = rehearsed(fresh, store, teachers)
    axes = {name: len(values) for name, values in given.axes.items()}
    unmade = {name: calls_of(topics) for name, topics in missing_axes(read, workspace).items()}
    return _told(
        read, program.fresh(), known, made, teachers, absent, tariffs, speeds, axes, unmade
    )


def _told(
    read: Read,
    program: Program,
    known: Rehearsal | None,
    made: Piloted | None,
    teachers: Mapping[str, Teacher],
    absent: Mapping[str, Trouble],
    tariffs: Mapping[str, Tariff | None],
    speeds: Mapping[str, Speed],
    axes: Mapping[str, int],
    unmade: Mapping[str, int],
) -> Forecast:
    recipe, steps = read.recipe, expected(read.recipe)
    sketches = sketched(program, recipe.steps, SKETCHED)
    seeds = rows_to_start_from(program)
    budget = recipe.budget
    spent = known.spent if known else {}
    return Forecast(
        recipe=recipe,
        fingerprint=program.fingerprint,
        steps=program.steps,
        axes=axes,
        unmade=unmade,
        cells=program.cells,
        seeds=seeds,
        estimate=estimated(
            program,
            steps,
            prompt_lengths(sketches, steps, recipe.steps, guessed_tokens),
            known,
            speeds=speeds,
            tariffs=tariffs,
            seeds=seeds,
        ),
        bounds=bounds(program, steps, seeds=seeds, calls=budget.calls, tokens=budget.tokens),
        tariffs=tariffs,
        prices=table() if any(t and t.source.startswith(PRICES) for t in tariffs.values()) else "",
        costs=costs_of(spent, Totals(), tariffs, tariffs),
        speeds=speeds,
        pilot=made,
        prompts=_prompts(sketches, known),
        models=models_reached(recipe, teachers),
        hosts=hosts_reached(recipe, frozenset(absent)),
        files=files_reached(read, TemplateSources(read.folders, params=recipe.values()), teachers),
        absent=absent,
    )


class _Programs:
    """Compiles the recipe as often as it is to be run: a program with memory runs once."""

    def __init__(self, read: Read, given: Inputs, teachers: Mapping[str, Teacher]) -> None:
        self._read, self._given = read, given
        self._identities: dict[str, Mapping[str, Any]] = {
            name: dict(teacher.identity) for name, teacher in teachers.items()
        }

    def fresh(self) -> Program:
        """Return a program whose memories are empty."""
        return compiled(
            self._read.recipe,
            folder=self._read.folders,
            pools=self._given.pools,
            axes=self._given.axes,
            records=self._given.records,
            source=self._given.source,
            hashes=self._given.hashes,
            identities=self._identities,
        )


def _absent(recipe: Recipe, folder: Path) -> Mapping[str, Trouble]:
    """Return the models that a run would have to download first, and what is said of each."""
    found = {}
    for name in models_asked(recipe):
        model = recipe.model(name)
        try:
            if model.hub and model.backend == "llama.cpp":
                find_hub(model.hub, download=False)
            elif model.hub and model.backend == "transformers":
                find_checkpoint(model.path, model.hub, folder, download=False)
        except Trouble as trouble:
            found[name] = trouble
    return found


def _teachers(
    recipe: Recipe,
    folder: Path,
    announce: Callable[[str], None],
    absent: dict[str, Trouble],
    *,
    must: bool,
) -> dict[str, Teacher]:
    """Return the teachers; where one cannot be made, none, and why in ``absent`` unless they ``must``."""
    try:
        return teachers_of(recipe, folder, announce)
    except Trouble as trouble:
        if must:
            raise
        absent[" and ".join(models_asked(recipe))] = trouble
        return {}


def _prompts(sketches: Sequence[Sketch], known: Rehearsal | None) -> tuple[Sketch, ...]:
    """Return questions to show: of each step that asks the first one, then those of more candidates.

    One that was really asked stands before one with stand-ins.
    """
    found: dict[tuple[int, int], Sketch] = {}
    for sketch in sketches:
        candidate = int(sketch.candidate)
        if candidate < FIRST:
            found[candidate, sketch.step] = sketch
    questions = known.notebook.questions if known else {}
    for (step, candidate), call in questions.items():
        found[candidate, step] = Sketch(step, str(candidate), call)
    return tuple(found[at] for at in sorted(found)[:SHOWN])

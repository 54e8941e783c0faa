"""What a run would do, told before it does it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sofrito.export.make import axes_made, tariffs_for, teachers_of
from sofrito.export.reach import (
    FileReach,
    Host,
    ModelReach,
    files_reached,
    hosts_reached,
    models_reached,
)
from sofrito.export.unmade import unmade_axes
from sofrito.plan.axis_notes import axis_notes
from sofrito.plan.compile import program_of
from sofrito.plan.estimate import expected, guessed_tokens
from sofrito.plan.estimate_bounds import Bound, bounds
from sofrito.plan.estimate_time import Speed, speed
from sofrito.plan.inputs import Inputs, inputs
from sofrito.plan.passing import passing
from sofrito.plan.program import Cell, Program
from sofrito.problems import Trouble
from sofrito.recipe.asked import models_asked
from sofrito.recipe.model import Recipe
from sofrito.recipe.read import Read
from sofrito.recipe.sources import TemplateSources
from sofrito.recipe.verb import Verb
from sofrito.run.axes import charge
from sofrito.run.cost import ModelCost, costs_of
from sofrito.run.dry_run import dry_run, unseen
from sofrito.run.journal import MemoryJournal
from sofrito.run.observe import FIRST
from sofrito.run.outlook import (
    Estimate,
    estimated,
    lengths_asked,
    prompt_lengths,
    rows_to_start_from,
    with_axes,
)
from sofrito.run.prices import PRICES, Tariff, table, tariffs_of
from sofrito.run.progress import OnProgress
from sofrito.run.rehearse import Piloted, Rehearsal, piloted, rehearsed
from sofrito.run.session import JOURNAL, limits_of, rates_of
from sofrito.run.sketch import Sketch, sketched, sketched_further
from sofrito.run.speeds import remember, remembered
from sofrito.run.sqlite_journal import SqliteJournal
from sofrito.run.totals import Totals
from sofrito.teachers.call import Completion, Weigh
from sofrito.teachers.hf.find import find_checkpoint
from sofrito.teachers.llama.find import find_hub
from sofrito.teachers.scripted.teacher import ScriptedTeacher
from sofrito.teachers.teacher import Teacher

SKETCHED = 8
"""Candidates whose prompts are rendered to guess how long prompts are."""

SHOWN = 3
"""Prompts that are shown in full at least, where the steps ask so many."""


@dataclass(frozen=True)
class Forecast:
    """What a run would do. ``absent`` says of models that cannot be asked why, by name.

    ``bounds`` and the estimate's steps go with ``steps``, their names, the axes first that are
    ``unmade``: about how many calls make each. ``axes`` are the numbers of their values, ``seeds``
    the rows that candidates start from, ``costs`` what the run has cost so far. ``notes`` tell where
    the axes that were made have fewer values than were asked for.
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
    notes: tuple[str, ...]


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
    scene = _Scene(read, workspace, given, teachers, absent)
    if pilot:
        charge(read, workspace, scene.program())
    speeds = remembered(scene.journal, scene.identities)
    made = None
    if pilot:
        made = _piloted(scene, pilot, on_progress)
        speeds |= _timed(made)
        remember(scene.journal, speeds, scene.identities)
    return _told(scene, _rehearsed(scene), made, speeds)


@dataclass(frozen=True)
class _Scene:
    """What a plan is made of: a recipe and its inputs, its teachers or why there are none."""

    read: Read
    workspace: Path
    given: Inputs
    teachers: Mapping[str, Teacher]
    absent: Mapping[str, Trouble]

    @property
    def journal(self) -> Path:
        """The workspace's journal."""
        return self.workspace / JOURNAL

    @property
    def identities(self) -> dict[str, Mapping[str, Any]]:
        """What of each model is in the keys of its calls."""
        return {name: dict(teacher.identity) for name, teacher in self.teachers.items()}

    @property
    def tariffs(self) -> dict[str, Tariff | None]:
        """What each model that is asked costs, None where nobody knows."""
        models = {name: self.read.recipe.model(name) for name in models_asked(self.read.recipe)}
        return tariffs_of(models, {name: t.price_factor for name, t in self.teachers.items()})

    def program(self, recipe: Recipe | None = None) -> Program:
        """Return a program whose memories are empty: one that has a memory runs once.

        It is that of the recipe, or of one that differs from it in its steps alone.
        """
        return program_of(self.read, self.given, self.identities, recipe)


def _piloted(scene: _Scene, candidates: int, on_progress: OnProgress) -> Piloted:
    recipe = scene.read.recipe
    return piloted(
        scene.program(),
        candidates,
        scene.journal,
        scene.teachers,
        limits=limits_of(recipe, None),
        rates=rates_of(recipe),
        tariffs=tariffs_for(recipe, scene.teachers),
        on_progress=on_progress,
    )


def _timed(made: Piloted) -> dict[str, Speed]:
    timed = {name: speed(made.timed[name], made.lanes[name]) for name in made.timed}
    return {name: one for name, one in timed.items() if one is not None}


def _rehearsed(scene: _Scene) -> Rehearsal:
    """Run as far as the journal goes; what asks no model is seen also where there is none."""
    fresh = scene.program()
    if scene.journal.is_file() and not scene.absent:
        with closing(SqliteJournal(scene.journal, fresh.fingerprint)) as store:
            return rehearsed(fresh, store, scene.teachers)
    nobody = {name: ScriptedTeacher() for name in models_asked(scene.read.recipe)}
    return rehearsed(fresh, MemoryJournal(), {**nobody, **scene.teachers})


def _dry(scene: _Scene, known: Rehearsal) -> Rehearsal | None:
    """Make up what a rehearsal did not see, None where it saw all."""
    if not unseen(scene.program(), known):
        return None
    recipe = passing(scene.read.recipe)
    return dry_run(scene.program(recipe), recipe.steps, models_asked(recipe))


def _told(
    scene: _Scene, known: Rehearsal, made: Piloted | None, speeds: Mapping[str, Speed]
) -> Forecast:
    read, recipe, tariffs = scene.read, scene.read.recipe, scene.tariffs
    program = scene.program()
    first = unmade_axes(read, scene.workspace, speeds, tariffs)
    sketches = sketched(program, recipe.steps, SKETCHED)
    seeds, budget = rows_to_start_from(program), recipe.budget
    estimate = _estimate(scene, program, known, speeds, sketches)
    known_bounds = bounds(
        program, expected(recipe), seeds=seeds, calls=budget.calls, tokens=budget.tokens
    )
    return Forecast(
        recipe=recipe,
        fingerprint=program.fingerprint,
        steps=(*(f"axis {name}" for name in first.calls), *program.steps),
        axes={name: len(values) for name, values in scene.given.axes.items()},
        unmade=first.calls,
        cells=program.cells,
        seeds=seeds,
        estimate=with_axes(estimate, first.costs, first.timed),
        bounds=(*first.bounds, *known_bounds),
        tariffs=tariffs,
        prices=table() if any(t and t.source.startswith(PRICES) for t in tariffs.values()) else "",
        costs=costs_of(known.spent, Totals(), tariffs, tariffs),
        speeds=speeds,
        pilot=made,
        prompts=tuple(
            replace(one, step=one.step + len(first.calls))
            for one in _prompts(
                [*sketches, *sketched_further(program, recipe.steps, FIRST)], known, recipe.steps
            )
        ),
        models=models_reached(recipe, scene.teachers),
        hosts=hosts_reached(recipe, frozenset(scene.absent)),
        files=files_reached(
            read, TemplateSources(read.folders, params=recipe.values()), scene.teachers
        ),
        absent=scene.absent,
        notes=tuple(axis_notes(read, scene.workspace)),
    )


def _estimate(
    scene: _Scene,
    program: Program,
    known: Rehearsal,
    speeds: Mapping[str, Speed],
    sketches: Sequence[Sketch],
) -> Estimate:
    steps = expected(scene.read.recipe)
    guessed = prompt_lengths(sketches, steps, scene.read.recipe.steps, guessed_tokens)
    asked = lengths_asked(known.notebook.questions, sketches, guessed_tokens)
    return estimated(
        program,
        steps,
        {**guessed, **asked},
        known,
        speeds=speeds,
        tariffs=scene.tariffs,
        seeds=rows_to_start_from(program),
        teachers=scene.teachers,
        dry=_dry(scene, known),
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


def _prompts(
    sketches: Sequence[Sketch], known: Rehearsal, steps: Sequence[Verb]
) -> tuple[Sketch, ...]:
    """Return prompts to show: one of each question that the steps ask, at least :data:`SHOWN`.

    One that was really asked stands before one with stand-ins, and that of an earlier candidate before
    that of a later one.
    """
    found: dict[tuple[int, bool, int], Sketch] = {}
    for sketch in sketches:
        if (candidate := int(sketch.candidate)) < FIRST:
            found[sketch.step, sketch.later, candidate] = sketch
    for (step, candidate), calls in known.notebook.asked.items():
        for at in {0, len(steps[step].asks_before())}:
            if at < len(calls):
                real = Sketch(step, str(candidate), calls[at], later=at > 0)
                found[step, at > 0, candidate] = real
    read = {at: one for at, one in found.items() if isinstance(one.call, Completion | Weigh)}
    ranked = sorted(read, key=lambda at: (bool(read[at].missing), at[2]))
    first = {at[:2]: at for at in reversed(ranked)}.values()
    others = sorted(read.keys() - first, key=lambda at: (at[2], at[:2]))
    return tuple(read[at] for at in (*sorted(first), *others[: max(0, SHOWN - len(first))]))

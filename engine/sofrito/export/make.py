"""From a checked recipe to a dataset in its folder: run, then write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sofrito import __version__
from sofrito.export import export
from sofrito.export.facts import CardFacts, Exported, ModelFacts, StepFacts
from sofrito.export.order import ranks_of
from sofrito.export.record import keep_recipe
from sofrito.plan.axis_notes import axis_notes
from sofrito.plan.compile import program_of
from sofrito.plan.inputs import Inputs, files_of, inputs
from sofrito.plan.program import Program
from sofrito.recipe.asked import models_asked
from sofrito.recipe.folder import home
from sofrito.recipe.model import Model, Recipe
from sofrito.recipe.read import Read
from sofrito.run.axes import MadeAxes, charge, make_axes, missing_axes
from sofrito.run.ledger import Ledger
from sofrito.run.manifest import Manifest, calls_of, cost_of, versions
from sofrito.run.prices import Tariff, all_priced, tariffs_of
from sofrito.run.progress import OnProgress
from sofrito.run.session import (
    Ended,
    limits_of,
    locked,
    rates_of,
    run_folder,
    run_program,
    spent_of,
)
from sofrito.run.totals import Totals
from sofrito.teachers.make import teacher_of
from sofrito.teachers.teacher import Teacher

EXIT_CODES = {"complete": 0, "interrupted": 130}


@dataclass(frozen=True)
class Made:
    """A run that ended: its folder, how it ended, and what was written (None if nothing was)."""

    recipe: Recipe
    folder: Path
    ended: Ended
    exported: Exported | None

    @property
    def exit_code(self) -> int:
        """0 if all rows are there, 130 if interrupted, 1 if the run fell short."""
        return EXIT_CODES.get(self.ended.status, 1)


def make(
    read: Read,
    *,
    workspace: Path,
    on_progress: OnProgress,
    announce: Callable[[str], None] = lambda _: None,
    session_calls: int | None = None,
    allow_files: bool = False,
) -> Made:
    """Run a recipe to its end and write its dataset; go on where an earlier session stopped.

    An interrupted run writes no dataset; one that fell short writes the rows it has, which are the
    first rows of the finished dataset. ``announce`` is told what takes time before the first call.
    Raises RecipeError for a broken seed file, Trouble.
    """
    recipe = read.recipe
    inputs(read, workspace=workspace, allow_files=allow_files)  # what is broken is told first
    axes = axes_made(
        read,
        workspace=workspace,
        on_progress=on_progress,
        announce=announce,
        session_calls=session_calls,
    )
    if session_calls is not None:
        session_calls = max(0, session_calls - axes.asked)
    given = inputs(read, workspace=workspace, allow_files=allow_files)
    teachers = teachers_of(recipe, read.folders, announce)
    identities = {name: dict(teacher.identity) for name, teacher in teachers.items()}
    program = program_of(read, given, identities)
    folder = run_folder(workspace, program)
    tariffs = tariffs_for(recipe, teachers)
    with locked(folder):
        charged = charge(read, workspace, program).calls
        files = files_of(read, allow_files=allow_files)
        keep_recipe(read, folder, identities, files, workspace)
        ended = run_program(
            program,
            folder,
            workspace=workspace,
            teachers=teachers,
            limits=limits_of(recipe, session_calls),
            on_progress=on_progress,
            rates=rates_of(recipe),
            tariffs=tariffs,
        )
        before = axes.totals if axes.asked else Totals(asked=charged, hits=charged)
        ended = replace(
            ended,
            totals=before + ended.totals,
            spent=spent_of(workspace, program.fingerprint),
            earlier=ended.earlier - axes.totals.tries,
        )
        models = {name: dict(teacher.described()) for name, teacher in teachers.items()}
        notes = axis_notes(read, workspace)
        ended, exported = _written(folder, recipe, program, ended, given, models, notes)
    return Made(recipe, folder, ended, exported)


def _written(
    folder: Path,
    recipe: Recipe,
    program: Program,
    ended: Ended,
    given: Inputs,
    models: Mapping[str, Mapping[str, Any]],
    notes: Sequence[str],
) -> tuple[Ended, Exported | None]:
    """Write the dataset, unless the run was interrupted, and the manifest of what is there then."""
    exported = None
    if ended.status != "interrupted":
        ranks = ranks_of(given.axes, given.records)
        facts = _facts(program, ended, models, accepted_terms(recipe), notes)
        exported = export(folder, recipe, facts, real=given.real, ranks=ranks)
    if exported or not (folder / "dataset").exists():
        _manifest(recipe, program, ended, models, exported).write(folder)
    return ended, exported


def axes_made(
    read: Read,
    *,
    workspace: Path,
    on_progress: OnProgress,
    announce: Callable[[str], None] = lambda _: None,
    session_calls: int | None = None,
) -> MadeAxes:
    """Make the axes that a model must make first, if any are missing; raises as make_axes does.

    Raises Trouble too where any model of the recipe cannot be asked, before the first call is paid.
    """
    recipe, missing = read.recipe, missing_axes(read, workspace)
    if not missing:
        return MadeAxes()
    announce(f"making {' and '.join(f'the axis `{name}`' for name in missing)}")
    teachers = teachers_of(recipe, read.folders, announce)
    return make_axes(
        read,
        workspace=workspace,
        teachers=teachers,
        limits=limits_of(recipe, session_calls),
        rates=rates_of(recipe),
        tariffs=tariffs_for(recipe, teachers),
        on_progress=on_progress,
    )


def teachers_of(
    recipe: Recipe,
    folder: Path | Sequence[Path],
    announce: Callable[[str], None] = lambda _: None,
) -> dict[str, Teacher]:
    """Return the teachers that the recipe asks; equal models share one.

    ``folder`` is the recipe's, behind it those of the recipes that it extends: a model's file is
    looked for in each.
    """
    folders = [folder] if isinstance(folder, Path) else folder
    made: dict[str, Teacher] = {}
    for name in models_asked(recipe):
        model = recipe.model(name)
        twin = next((other for other in made if recipe.model(other) == model), None)
        made[name] = (
            made[twin] if twin else teacher_of(name, model, _home(folders, model), announce)
        )
    return made


def _home(folders: Sequence[Path], model: Model) -> Path:
    """Return the folder that a model's file, or its template, is found from."""
    return home(folders, model.path or model.chat_template or ".")


def tariffs_for(recipe: Recipe, teachers: Mapping[str, Teacher]) -> dict[str, Tariff | None]:
    """Return what each teacher costs, None where nobody knows.

    Raises Trouble if the recipe limits what may be paid and a price is not known.
    """
    models = {name: recipe.model(name) for name in teachers}
    factors = {name: t.price_factor for name, t in teachers.items()}
    tariffs = tariffs_of(models, factors)
    if recipe.budget.usd is not None:
        all_priced(tariffs, models)
    return tariffs


def accepted_terms(recipe: Recipe) -> dict[str, str]:
    """Return why the terms of models were accepted, in the recipe's words, by model."""
    return {
        name: model.terms.accepted_because for name, model in recipe.models.items() if model.terms
    }


def _facts(
    program: Program,
    ended: Ended,
    identities: Mapping[str, Mapping[str, Any]],
    accepted: Mapping[str, str],
    notes: Sequence[str],
) -> CardFacts:
    return CardFacts(
        fingerprint=program.fingerprint,
        wanted=program.rows,
        models=tuple(
            ModelFacts(name, identity, identity.get("license", ""), accepted.get(name, ""))
            for name, identity in identities.items()
        ),
        steps=_steps(ended.ledger),
        versions={"sofrito": __version__, **versions()},
        notes=tuple(notes),
    )


def _steps(ledger: Ledger) -> tuple[StepFacts, ...]:
    """Return the accounting from the first step on: how many candidates were started is luck."""
    steps = zip(ledger.names[1:], ledger.tallies[1:], strict=True)
    return tuple(StepFacts(name, *tally.counts(), dict(tally.counted)) for name, tally in steps)


def _manifest(
    recipe: Recipe,
    program: Program,
    ended: Ended,
    identities: Mapping[str, Mapping[str, Any]],
    exported: Exported | None,
) -> Manifest:
    return Manifest(
        recipe=recipe.recipe,
        title=recipe.title,
        fingerprint=program.fingerprint,
        status=ended.status,
        reason=ended.reason,
        seed=recipe.seed,
        rows=ended.accepted,
        wanted=program.rows,
        models=identities,
        accounting=ended.ledger.as_rows(),
        short_cells=ended.short_cells,
        calls=calls_of(ended.totals),
        seconds=round(ended.seconds, 3),
        cost=cost_of(ended.costs),
        spent={"calls": ended.spent.calls, "tokens": ended.spent.tokens},
        extends=recipe.extends,
        params=recipe.values(),
        terms=accepted_terms(recipe),
        files=[vars(file) for file in exported.files] if exported else (),
        notes=exported.notes if exported else (),
    )

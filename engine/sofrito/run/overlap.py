"""Which calls two recipes have in common: the same key is the same answer, asked once."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sofrito.plan.program import Program
from sofrito.problems import Trouble
from sofrito.recipe.asked import models_asked
from sofrito.recipe.model import Model, Recipe
from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.engine import Engine
from sofrito.run.journal import MemoryJournal, Spent
from sofrito.run.observe import with_operations, with_run
from sofrito.run.rehearse import FirstCandidates, deep_enough
from sofrito.steps.work import Gather, Lost, Map, Operation, Ordered, Outcome, Row, Work
from sofrito.teachers.make import teacher_of
from sofrito.teachers.scripted.teacher import ScriptedTeacher

CANDIDATES = 24
"""Candidates whose calls are compared; with a pool that grows, three rounds of them if that is more."""

WIDER = 5
"""Times as many candidates of the recipe before: an edit may bring another one to the front."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Calls of one step: how many the first candidates ask, and how many of them are the other's too."""

    step: str
    asked: int
    reused: int


def shared_calls(
    before: Program,
    after: Program,
    identities: tuple[Mapping[str, Mapping[str, Any]], Mapping[str, Mapping[str, Any]]],
    *,
    candidates: int | None = None,
) -> list[Shared]:
    """Return for each step of ``after`` that asks how many of its calls ``before`` asks too.

    Nobody is asked: both run their first candidates on answers that are a function of the call, so
    that equal calls have equal answers and what follows from another answer is another call. Rows
    that a rule would reject go on, since made-up answers say nothing of what real ones pass.
    ``identities`` are of the models by name: of the real ones, as keys are made of them.
    """
    rounds = 3 * after.round if after.grows else 0
    most = candidates or min(max(CANDIDATES, rounds), 200)
    theirs, ours = identities
    known = {key for keys in _asked(before, theirs, most * WIDER).values() for key in keys}
    found = _asked(after, ours, most)
    return [
        Shared(step, len(found[step]), len(found[step] & known))
        for step in after.steps
        if step in found
    ]


def _asked(
    program: Program, identities: Mapping[str, Mapping[str, Any]], candidates: int
) -> dict[str, set[str]]:
    """Return the keys of the first candidates' calls by step."""
    stories = _Stories()
    lenient = with_operations(_without_target(program), _lenient)
    engine = Engine(lenient, stories, candidates=FirstCandidates(lenient, candidates))
    teachers = {name: _StandIn(identity) for name, identity in identities.items()}

    async def run() -> None:
        calls = Calls(teachers, MemoryJournal(), Budget(Limits(), Spent()), wake=engine.wake)
        try:
            await engine.run(calls)
        finally:
            await calls.close()

    with deep_enough(program):
        asyncio.run(run())
    return stories.keys


def _without_target(program: Program) -> Program:
    """Return a program that wants more rows than its first candidates make, spread as before."""
    many = 1_000
    cells = [replace(one, quota=one.quota and one.quota * many) for one in program.cells]
    return replace(program, rows=program.rows and program.rows * many, cells=tuple(cells))


class _StandIn(ScriptedTeacher):
    """Answers for a model that is not asked, under its name."""

    def __init__(self, identity: Mapping[str, Any]) -> None:
        super().__init__()
        self.identity = identity


class _Stories:
    """A sink that keeps the calls of each row's story."""

    def __init__(self) -> None:
        self.keys: dict[str, set[str]] = {}

    def accepted(self, row: Row, cell: int) -> None:  # noqa: ARG002
        """Take a row that reached the output."""
        self._take(row)

    def lost(self, step: int, lost: Lost) -> None:  # noqa: ARG002
        """Take a row that did not."""
        self._take(lost.row)

    def _take(self, row: Row) -> None:
        for event in row.story:
            if event.kind == "call":
                self.keys.setdefault(event.step, set()).add(str(event.what["key"]))


def _lenient(_: int, operation: Operation) -> Operation:
    """Return an operation that lets go on what only a rule rejects."""
    run: Any = operation.run
    match operation:
        case Map():

            def by_row(row: Row, candidate: Any) -> Any:
                result = run(row, candidate)
                return [_on(one) for one in result] if isinstance(result, list) else _later(result)

            return with_run(operation, by_row)
        case Ordered():
            return with_run(operation, lambda row: _on(run(row)))
        case Gather():

            def by_siblings(rows: tuple[Row, ...]) -> Any:
                result = run(rows)
                return [_on(one) for one in result] if isinstance(result, list) else _later(result)

            return with_run(operation, by_siblings)
    return operation


def _later(work: Work) -> Work:
    outcome: Outcome = yield from work
    return [_on(one) for one in outcome]


def _on(one: Row | Lost) -> Row | Lost:
    """Return the row of a rule's rejection; of an answer that has no shape there is no row."""
    shapeless = ("unparseable", "truncated", "empty list")
    ruled = isinstance(one, Lost) and one.kind == "rejected" and one.reason not in shapeless
    return one.row if ruled and isinstance(one, Lost) else one


def identities_of(
    recipe: Recipe, folder: Path | Sequence[Path], known: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """Return the identity of each model that a recipe asks, as keys are made of it; nothing is loaded.

    ``known`` are those that are known already. A model that is not here, or whose key is not, is
    told by what the recipe says of it.
    """
    folders = [folder] if isinstance(folder, Path) else folder
    return {
        name: known.get(name) or _identity(name, recipe.model(name), folders)
        for name in models_asked(recipe)
    }


def _identity(name: str, model: Model, folders: Sequence[Path]) -> Mapping[str, Any]:
    for folder in folders:
        try:
            return dict(teacher_of(name, model, folder).identity)
        except Trouble:
            continue
    return {"of the recipe": model.model_dump(mode="json", exclude_unset=True)}

"""Which calls of a recipe are another's too, or in a journal: the same key is asked once."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sofrito.plan.program import Program
from sofrito.problems import Trouble
from sofrito.recipe.asked import models_asked
from sofrito.recipe.model import Model, Recipe
from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.engine import Engine
from sofrito.run.journal import Journal, MemoryJournal, Spent
from sofrito.run.lenient import lenient, without_target
from sofrito.run.rehearse import FirstCandidates, deep_enough
from sofrito.steps.work import Lost, Row
from sofrito.teachers.make import teacher_of
from sofrito.teachers.scripted.teacher import ScriptedTeacher
from sofrito.teachers.teacher import Teacher

CANDIDATES = 24
"""Candidates whose calls are compared; with a pool that grows, three rounds of them if that is more."""

WIDER = 5
"""Times as many candidates of the recipe before: an edit may bring another one to the front."""

MOST = 200
"""Candidates whose calls are looked up in a journal, at the most."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Calls of one step: how many the first candidates ask, and how many of them need not be asked."""

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
    theirs, ours = (
        {name: _StandIn(identity) for name, identity in one.items()} for one in identities
    )
    wider = _asked(lenient(without_target(before)), theirs, MemoryJournal(), most * WIDER)
    found = _asked(lenient(without_target(after)), ours, MemoryJournal(), most)
    return _counted(after, found, {key for keys in wider.values() for key in keys})


def journaled_calls(
    program: Program, journal: Journal, identities: Mapping[str, Mapping[str, Any]]
) -> list[Shared]:
    """Return for each step that asks how many calls of the first candidates a journal answers.

    Nobody is asked and nothing is written: what the journal lacks is answered by made-up words, and
    only rows that have some of these go on where a rule would reject them.
    """
    answers = _Overlaid(journal)

    def made_up(_: int, row: Row) -> bool:
        return any(key not in answers.found for _, key in _calls_of(row))

    teachers = {name: _StandIn(identity) for name, identity in identities.items()}
    asked = _asked(lenient(program, made_up), teachers, answers, MOST)
    return _counted(program, asked, answers.found)


def _counted(program: Program, asked: Mapping[str, set[str]], known: "set[str]") -> list[Shared]:
    return [
        Shared(step, len(asked[step]), len(asked[step] & known))
        for step in program.steps
        if step in asked
    ]


def _asked(
    program: Program, teachers: Mapping[str, Teacher], journal: Journal, candidates: int
) -> dict[str, set[str]]:
    """Return the keys of the first candidates' calls by step."""
    stories = _Stories()
    engine = Engine(program, stories, candidates=FirstCandidates(program, candidates))

    async def run() -> None:
        calls = Calls(teachers, journal, Budget(Limits(), Spent()), wake=engine.wake)
        try:
            await engine.run(calls)
        finally:
            await calls.close()

    with deep_enough(program):
        asyncio.run(run())
    return stories.keys


class _StandIn(ScriptedTeacher):
    """Answers for a model that is not asked, under its name."""

    def __init__(self, identity: Mapping[str, Any]) -> None:
        super().__init__()
        self.identity = identity


class _Overlaid(MemoryJournal):
    """A journal over another one, which is only read; ``found`` are the keys that this one has."""

    def __init__(self, below: Journal) -> None:
        super().__init__()
        self._below = below
        self.found: set[str] = set()

    def get_many(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return the answers that are there, by key."""
        wanted = [*keys]
        answers = self._below.get_many(wanted)
        self.found |= {key.hex() for key in answers}
        return super().get_many(wanted) | answers


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
        for step, key in _calls_of(row):
            self.keys.setdefault(step, set()).add(key)


def _calls_of(row: Row) -> Iterator[tuple[str, str]]:
    """Yield the step and the key of each call that a row comes from."""
    for event in row.story:
        if event.kind == "call":
            yield event.step, str(event.what["key"])


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

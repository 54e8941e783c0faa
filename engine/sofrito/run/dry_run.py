"""The first candidates on made-up answers that every rule lets through: what a run asks by its structure."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sofrito.plan.estimate import (
    GUESSED_ROWS,
    GUESSED_WRITTEN,
    Cost,
    Expected,
    Happening,
    guessed_tokens,
)
from sofrito.plan.program import Program, always_fit
from sofrito.run.budget import Budget, Limits
from sofrito.run.calls import Calls
from sofrito.run.engine import Engine
from sofrito.run.journal import MemoryJournal, Spent
from sofrito.run.lenient import lenient, without_target
from sofrito.run.observe import Notebook, observed, stages
from sofrito.run.rehearse import Ends, FirstCandidates, Rehearsal, deep_enough
from sofrito.run.sketch import messages_of
from sofrito.steps.filter import Filter
from sofrito.steps.work import Told
from sofrito.teachers.call import Call, CompareMath, Completion, RunProgram
from sofrito.teachers.result import Answer, Checked, Result
from sofrito.teachers.scripted.teacher import ScriptedTeacher

CANDIDATES = 12
"""Candidates that are made up."""


def dry_run(program: Program, steps: Sequence[object], models: Iterable[str]) -> Rehearsal:
    """Return what the first candidates do of a program whose rules let made-up answers through.

    ``program`` is that of a :func:`~sofrito.plan.passing.passing` recipe with these ``steps``. Nobody
    is asked. Answers fit their schemas, every check of a program or of mathematics passes, and an
    answer is never cut off.
    """
    notebook, ends = _Passed(), Ends()
    ruled = {index for index, step in enumerate(steps) if isinstance(step, Filter)}
    program = replace(program, unfit=always_fit)
    run = lenient(without_target(program), lambda step, _: step not in ruled)
    engine = Engine(observed(run, notebook), ends, candidates=FirstCandidates(run, CANDIDATES))

    async def ran() -> None:
        teachers = dict.fromkeys(models, _StandIn())
        calls = Calls(teachers, MemoryJournal(), Budget(Limits(), Spent()), wake=engine.wake)
        try:
            await engine.run(calls)
        finally:
            await calls.close()

    with deep_enough(program):
        asyncio.run(ran())
    return Rehearsal(
        "short", engine.settled, engine.accepted, engine.ledger, notebook, frozenset(ends.at), {}
    )


def unseen(program: Program, known: Rehearsal) -> bool:
    """Return whether there is an operation of which a rehearsal saw nothing."""
    seen = {place for place, _ in known.notebook.happened}
    return any(place not in seen for place in range(len(stages(program))))


def made_up(
    program: Program, dry: Rehearsal, expectations: Sequence[Expected], reads: Mapping[int, int]
) -> dict[int, list[Happening]]:
    """Return what may happen at each operation, as a dry run has it, each as likely.

    How many tokens a call has is guessed as without one: ``reads`` are those of prompts by step. So is
    how long a list is that a model writes. What an answer without shape led to is left out.
    """
    places, found = stages(program), dict[int, list[Happening]]()
    for place, several in dry.notebook.pool().items():
        step = places[place].operation.step
        shaped = [one for one in several if not one.asked or (one.children != 0 and any(one.kept))]
        sized = _sized(shaped, expectations[step])
        if sized:
            found[place] = [_weighed(one, expectations[step], reads.get(step)) for one in sized]
    return found


def _sized(several: list[Happening], step: Expected) -> list[Happening]:
    """Let lists have the lengths that the recipe allows, each as often."""
    lists = [one for one in several if one.asked and one.children is not None]
    least, most = step.load.rows or (GUESSED_ROWS, GUESSED_ROWS)
    if not lists or (least == most and step.load.rows):
        return several
    return [replace(one, children=n, places=()) for n in range(least, most + 1) for one in lists]


def _weighed(one: Happening, step: Expected, read: int | None) -> Happening:
    load = step.load
    written = load.written or (GUESSED_WRITTEN if load.most_written is None else 0)
    asked = tuple(
        tuple(Cost(cost.model, cost.read if read is None else read, written) for cost in group)
        for group in one.asked
    )
    return replace(one, asked=asked)


class _Passed(Notebook):
    """Knows that answers which pass a check of mathematics are one answer, and asked about once."""

    def cost(self, step: int, call: Call, told: Told) -> Cost | None:
        """Return what a call cost; None for one that was asked before."""
        if isinstance(call, CompareMath):
            told = replace(told, key=f"{step} {call.gold}")
        return super().cost(step, call, told)


class _StandIn(ScriptedTeacher):
    """Answers for every model: what was asked for, whole, and nothing fails."""

    async def answer(self, call: Call) -> Result:
        """Answer as a script does; the tokens of what was read are guessed."""
        if isinstance(call, RunProgram | CompareMath):
            return Checked()
        if isinstance(call, Completion):
            sampling = {k: v for k, v in call.sampling.items() if k != "max_tokens"}
            call = replace(call, sampling=sampling)
        found = await super().answer(call)
        if isinstance(found, Answer):
            read = sum(guessed_tokens(message.content) for message in messages_of(call))
            return replace(found, prompt_tokens=read)
        return found

    def default(self, call: Completion) -> str:
        """Return a text that fits, or one that need not where nothing is known that does."""
        try:
            return super().default(call)
        except NotImplementedError:
            return super().default(replace(call, schema=None))

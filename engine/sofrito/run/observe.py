"""A program that writes down what its operations do: calls, tokens, rows."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any

from sofrito.plan.estimate import Cost, Happening
from sofrito.plan.program import Program, Segment, Stage
from sofrito.steps.work import Lost, Operation, Row, Told, Work
from sofrito.teachers.call import Call
from sofrito.teachers.teacher import Refused

Path = tuple[int, ...]

FIRST = 3
"""Candidates whose prompts are kept."""

QUESTIONS = 8
"""Calls that are kept of a row at a step."""


class Notebook:
    """What was seen: by operation (its place in the program) and row, and the calls by key.

    ``begun`` are those that asked, whether the answers came or not. ``keys`` are the calls that were
    answered, each with the step that asked it first; ``asked`` the first calls of each step for each
    of the first candidates, those of one row.
    """

    def __init__(self) -> None:
        self.happened: dict[tuple[int, Path], Happening] = {}
        self.begun: set[tuple[int, Path]] = set()
        self.keys: dict[str, int] = {}
        self.asked: dict[tuple[int, int], list[Call]] = {}

    @property
    def questions(self) -> dict[tuple[int, int], Call]:
        """The first call of each step for each of the first candidates."""
        return {at: calls[0] for at, calls in self.asked.items()}

    def pool(self) -> dict[int, list[Happening]]:
        """Return what happened at each operation, in the order of the rows."""
        found: dict[int, list[Happening]] = {}
        for (place, _), one in sorted(self.happened.items(), key=lambda item: item[0]):
            found.setdefault(place, []).append(one)
        return found

    def cost(self, step: int, call: Call, told: Told) -> Cost | None:
        """Return what a call cost; None for one that was asked before."""
        if told.key in self.keys:
            return None
        self.keys[told.key] = step
        answer = told.answer
        if isinstance(answer, Refused):
            return Cost(call.model, *(answer.spent or (0, 0)))
        return Cost(call.model, answer.prompt_tokens, answer.completion_tokens)


def observed(program: Program, notebook: Notebook) -> Program:
    """Return a program that does the same and writes it down."""
    return with_operations(
        program, lambda place, one: with_run(one, _observed(place, one, notebook))
    )


def with_run(operation: Operation, run: Callable[..., Any], **others: Any) -> Operation:
    """Return an operation of the same kind that does something else."""
    changes: dict[str, Any] = {"run": run, **others}
    return replace(operation, **changes)


def stages(program: Program) -> list[Stage]:
    """Return a program's operations in the order of their places."""
    return [
        stage
        for segment in program.segments
        for stage in (*segment.maps, *([segment.barrier] if segment.barrier else ()))
    ]


def with_operations(program: Program, change: Callable[[int, Operation], Operation]) -> Program:
    """Return a program with its operations changed, each told its place."""
    place = -1

    def changed(stage: Stage) -> Stage:
        nonlocal place
        place += 1
        return replace(stage, operation=change(place, stage.operation))

    segments = []
    for segment in program.segments:
        maps = tuple(changed(stage) for stage in segment.maps)
        segments.append(Segment(maps, changed(segment.barrier) if segment.barrier else None))
    return replace(program, segments=tuple(segments))


def _observed(place: int, operation: Operation, notebook: Notebook) -> Callable[..., Any]:
    run: Callable[..., Any] = operation.run

    def observing(rows: Any, *rest: Any) -> Any:
        entered = (rows,) if isinstance(rows, Row) else tuple(rows)
        outcome = run(rows, *rest)
        if isinstance(outcome, Generator):
            return _working(place, operation.step, entered, outcome, notebook)
        _write_down(place, entered, outcome, (), notebook)
        return outcome

    return observing


def _working(place: int, step: int, entered: Sequence[Row], work: Work, notebook: Notebook) -> Work:
    replies: Any = None
    asked: list[tuple[Cost, ...]] = []
    candidate = entered[0].path[0] if entered else FIRST
    questions: list[Call] = []
    notebook.begun.update((place, row.path) for row in entered)
    while True:
        try:
            requests = work.send(replies)
        except StopIteration as stop:
            _write_down(place, entered, stop.value, tuple(asked), notebook)
            return stop.value  # type: ignore[no-any-return]
        questions += [one for one in requests if isinstance(one, Call)][
            : QUESTIONS - len(questions)
        ]
        if candidate < FIRST and questions:
            notebook.asked.setdefault((step, candidate), questions)
        replies = yield requests
        costs = [
            notebook.cost(step, request, reply)
            for request, reply in zip(requests, replies, strict=True)
            if isinstance(request, Call)
        ]
        if group := tuple(cost for cost in costs if cost is not None):
            asked.append(group)


def _write_down(
    place: int,
    entered: Sequence[Row],
    outcome: Any,
    asked: tuple[tuple[Cost, ...], ...],
    notebook: Notebook,
) -> None:
    if not entered:
        return
    several = outcome if isinstance(outcome, list) else [outcome]
    out = [one for one in several if isinstance(one, Row)]
    length = len(entered[0].path)
    ended = [one.row for one in several if isinstance(one, Lost)]
    if any(len(row.path) > length for row in (*out, *ended)):
        places = tuple(row.path[-1] for row in out)
        happening = Happening(asked, children=len(out), places=places)
    else:
        paths = {row.path for row in out}
        happening = Happening(asked, tuple(row.path in paths for row in entered))
    notebook.happened[place, entered[0].path] = happening

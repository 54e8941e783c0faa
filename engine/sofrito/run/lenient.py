"""A program that lets rows go on which only a rule rejects, and has no target."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sofrito.plan.program import Program
from sofrito.run.observe import with_operations, with_run
from sofrito.steps.work import Gather, Join, Lost, Map, Operation, Ordered, Outcome, Row, Work

SHAPELESS = ("unparseable", "truncated", "empty list")
"""Why there is no row to go on: the answer has no shape."""

Which = Callable[[int, Row], bool]
"""Whether a row goes on that a step, by its index, rejects."""


def lenient(program: Program, which: Which = lambda *_: True) -> Program:
    """Return a program that lets rows go on which only a rule rejects: all, or those of ``which``."""
    return with_operations(program, lambda _, operation: _lenient(operation, which))


def without_target(program: Program) -> Program:
    """Return a program that wants more rows than its first candidates make, spread as before."""
    many = 1_000
    cells = [replace(one, quota=one.quota and one.quota * many) for one in program.cells]
    return replace(program, rows=program.rows and program.rows * many, cells=tuple(cells))


def _lenient(operation: Operation, which: Which) -> Operation:
    run: Any = operation.run

    def on(one: Row | Lost) -> Row | Lost:
        """Return the row of a rule's rejection; of an answer that has no shape there is no row."""
        if not isinstance(one, Lost) or one.kind != "rejected" or one.reason in SHAPELESS:
            return one
        return one.row if which(operation.step, one.row) else one

    def later(work: Work) -> Work:
        outcome: Outcome = yield from work
        return [on(one) for one in outcome]

    def by_one(*arguments: Any) -> Any:
        result = run(*arguments)
        return [on(one) for one in result] if isinstance(result, list) else later(result)

    match operation:
        case Map() | Gather() | Join():
            return with_run(operation, by_one)
        case Ordered():
            return with_run(operation, lambda row: on(run(row)))

"""Lets rows join a seed pool."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sofrito.recipe.field_types import Columns
from sofrito.steps.base import Bench, Step
from sofrito.steps.work import Candidate, Event, Map, Operation, Outcome, Row


class Grow(Step):
    """Rows that come this far join a seed pool, for the rounds after the next ones to draw from.

    A pool is frozen while a round runs, so that what is drawn does not depend on which call came
    back first. Later steps may still reject the row; it stays in the pool.
    """

    verb: ClassVar[str] = "grow"
    example: ClassVar[Mapping[str, Any]] = {"grow": "tasks", "columns": ["instruction"]}

    grow: str
    """The seed pool."""

    columns: Columns
    """The columns that the pool's new rows have."""

    @property
    def object(self) -> tuple[str, ...]:
        """The pool."""
        return (self.grow,)

    def uses(self) -> tuple[str, ...]:
        """The columns taken."""
        return self.columns

    def grows(self) -> str:
        """The pool."""
        return self.grow

    def pools(self) -> tuple[str, ...]:
        """The pool that grows."""
        return (self.grow,)

    def operations(self, bench: Bench) -> list[Operation]:
        """One map that offers the row to the pool."""

        def run(row: Row, candidate: Candidate) -> Outcome:
            candidate.grow(self.grow, row, {name: row.values.get(name) for name in self.columns})
            return [row.told(Event(bench.label, "grow", {"pool": self.grow}))]

        return [Map(bench.index, run, self.guard())]

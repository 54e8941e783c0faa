"""Gathers siblings back into the row they came from."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from sofrito.formats.base import Column
from sofrito.recipe.base import Key
from sofrito.recipe.expressions import ExpressionError, expression
from sofrito.recipe.field_types import Columns
from sofrito.recipe.inference import list_of
from sofrito.recipe.value_types import Values
from sofrito.steps.base import Bench
from sofrito.steps.closing import Closing, joined
from sofrito.steps.work import Join, Lost, Operation, Outcome, Row


class Collect(Closing):
    """Makes lists of the siblings' columns, and of the siblings the one row again they came from.

    Of siblings within siblings it takes the innermost, those of the last step that made several rows
    of one; another `collect` below takes those around them. It waits until every sibling is settled.
    Where none is left the lists are empty. What else the siblings had is gone: the row is as it was
    before they were made, with the lists. A list that `explode` made these siblings of may be collected
    anew, under its own name.
    """

    verb: ClassVar[str] = "collect"
    example: ClassVar[Mapping[str, Any]] = {"collect": ["exercise", "solution"], "as": "exercises"}

    collect: Columns
    """The columns of the siblings."""

    where: str = ""
    """An expression over a sibling; only those for which it is true are collected."""

    as_: Column = Field(default="", alias="as")
    """The column for the list: of values if one column is collected, else of objects. Without it \
each column becomes a list of its own."""

    least: Annotated[int, Field(ge=0)] = 0
    """How many must be collected for the row to go on."""

    @model_validator(mode="after")
    def _sensible(self) -> "Collect":
        self.takes_no_when()
        return self

    def makes(self) -> tuple[str, ...]:
        """The lists."""
        return (self.as_,) if self.as_ else self.collect

    def puts_together(self) -> tuple[str, ...]:
        """The lists."""
        return self.makes()

    def learns(self, known: Mapping[str, Values]) -> Mapping[str, Values]:
        """Lists: of what the columns are, or of records of them."""
        if self.as_ and len(self.collect) > 1:
            fields = {name: known.get(name) for name in self.collect}
            return {self.as_: list_of(Values("record", fields=fields, whole=True))}
        names = zip(self.makes(), self.collect, strict=True)
        return {name: list_of(known.get(column)) for name, column in names}

    def uses(self) -> tuple[str, ...]:
        """The columns collected."""
        return self.collect

    def expressions(self) -> dict[Key, str]:
        """Which siblings are collected."""
        return {("where",): self.where} if self.where else {}

    def least_siblings(self) -> int:
        """`least`."""
        return self.least

    def operations(self, bench: Bench) -> list[Operation]:
        """One join."""

        def run(parent: Row, siblings: tuple[Row, ...]) -> Outcome:
            row = joined(parent, siblings)
            try:
                taken = [one for one in siblings if self._takes(one)]
            except ExpressionError as error:
                return [Lost(row, "failed", "expression", f"{self.where}: {error.words}")]
            row = row.having(self._lists(taken))
            if len(taken) < self.least:
                return [Lost(row, "rejected", f"fewer than {self.least} collected")]
            return [row]

        return [Join(bench.index, run)]

    def _takes(self, row: Row) -> bool:
        return not self.where or expression(self.where).truth(row.values)

    def _lists(self, rows: list[Row]) -> dict[str, list[Any]]:
        if not self.as_ or len(self.collect) == 1:
            names = (self.as_,) if self.as_ else self.collect
            return {
                name: [row.values.get(column) for row in rows]
                for name, column in zip(names, self.collect, strict=True)
            }
        return {self.as_: [{name: row.values.get(name) for name in self.collect} for row in rows]}

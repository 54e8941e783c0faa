"""Makes a sibling row of each item of a list."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import model_validator

from sofrito.recipe.base import Columns
from sofrito.recipe.fault import fault
from sofrito.recipe.value_types import ValueType
from sofrito.steps.base import Bench, Step
from sofrito.steps.work import Candidate, Lost, Map, Operation, Outcome, Row


class Explode(Step):
    """Makes a sibling row of each item of a list; of several lists, of the items side by side."""

    verb: ClassVar[str] = "explode"
    example: ClassVar[Mapping[str, Any]] = {"explode": "questions", "into": "question"}

    explode: Columns
    """The columns with the lists; several lists must be equally long."""

    into: Columns = ()
    """The columns for the items, one for each list; else the lists' own. For one list of objects \
it may name several: the fields that become columns."""

    @model_validator(mode="after")
    def _sensible(self) -> "Explode":
        if len(self.explode) > 1 and self.into and len(self.into) != len(self.explode):
            what = "`into` names a column for each list of `explode`"
            fix = f"Name {len(self.explode)} columns, in the order of the lists: here are {len(self.into)}."
            raise fault("clash", what, fix, at="into")
        return self

    @property
    def items(self) -> tuple[str, ...]:
        """The columns that the items go into."""
        return self.into or self.explode

    def uses(self) -> tuple[str, ...]:
        """The lists."""
        return self.explode

    def wants(self) -> Mapping[str, ValueType]:
        """Lists."""
        return dict.fromkeys(self.explode, "list")

    def rewrites(self) -> tuple[str, ...]:
        """The columns of the items, whether they exist or not."""
        return self.items

    def fans_out(self) -> bool:
        """Always."""
        return True

    def operations(self, bench: Bench) -> list[Operation]:
        """One map."""

        def run(row: Row, _: Candidate) -> Outcome:
            lists = [row.values.get(name) for name in self.explode]
            why = self._unfit(lists)
            if why:
                return [Lost(row, "failed", why)]
            children = [self._child(items) for items in zip(*lists, strict=True)]
            if not children:
                return [Lost(row, "rejected", "empty list")]
            whole = next((items for items in children if len(items) != len(self.items)), None)
            if whole is not None:
                return [Lost(row, "failed", f"an item lacks one of {', '.join(self.items)}")]
            return list(row.children(bench.label, children))

        return [Map(bench.index, run)]

    def _unfit(self, lists: Sequence[Any]) -> str:
        for name, value in zip(self.explode, lists, strict=True):
            if not isinstance(value, list):
                return f"`{name}` is not a list"
        return "lists of different lengths" if len({len(each) for each in lists}) > 1 else ""

    def _child(self, items: tuple[Any, ...]) -> dict[str, Any]:
        if len(self.items) == len(items):
            return dict(zip(self.items, items, strict=True))
        (item,) = items
        fields = item if isinstance(item, dict) else {}
        return {name: fields[name] for name in self.items if name in fields}

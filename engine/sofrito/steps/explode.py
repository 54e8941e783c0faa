"""Makes a sibling row of each item of a list."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import model_validator

from sofrito.problems import did_you_mean
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import Columns
from sofrito.recipe.inference import item_of
from sofrito.recipe.value_types import Values, ValueType
from sofrito.recipe.words import ticked
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
it may name several: the fields that become columns; an item without one of them is lost alone."""

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

    def learns(self, known: Mapping[str, Values]) -> Mapping[str, Values]:
        """What the items of the lists are, or their fields."""
        items = [item_of(known.get(name)) for name in self.explode]
        if len(items) < len(self.items):
            fields = items[0].fields if items[0] else {}
            found = [fields.get(name) for name in self.items]
        else:
            found = items
        told = zip(self.items, found, strict=True)
        return {name: one for name, one in told if one}

    def misfits(self, known: Mapping[str, Values]) -> Mapping[str, tuple[str, str]]:
        """Fields of `into` that the items of the list have not."""
        item = item_of(known.get(self.explode[0]))
        if item is None or len(self.items) == len(self.explode):
            return {}
        (name,) = self.explode
        if item.type != "record":
            what = f"The items of `{name}` are no records: they have no fields for several columns."
            return {name: (what, "Name one column in `into`.")}
        lacking = [one for one in self.into if item.whole and one not in item.fields]
        has = f"They have: {ticked(sorted(item.fields))}."
        return {
            one: (
                f"The items of `{name}` have no field `{one}`.",
                did_you_mean(one, item.fields, otherwise=has),
            )
            for one in lacking
        }

    def rewrites(self) -> tuple[str, ...]:
        """The columns of the items, whether they exist or not."""
        return self.items

    def takes_apart(self) -> tuple[str, ...]:
        """The lists."""
        return self.explode

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
            several = [self._child(items) for items in zip(*lists, strict=True)]
            if not several:
                return [Lost(row, "rejected", "empty list")]
            born = zip(row.children(bench.label, several), several, strict=True)
            return [
                child if len(item) == len(self.items) else self._unborn(child, item)
                for child, item in born
            ]

        return [Map(bench.index, run)]

    def _unfit(self, lists: Sequence[Any]) -> str:
        for name, value in zip(self.explode, lists, strict=True):
            if not isinstance(value, list):
                return f"`{name}` is not a list"
        return "lists of different lengths" if len({len(each) for each in lists}) > 1 else ""

    def _unborn(self, child: Row, item: Mapping[str, Any]) -> Lost:
        lacking = ", ".join(f"`{name}`" for name in self.items if name not in item)
        reason = f"an item lacks one of {', '.join(self.items)}"
        return Lost(child, "failed", reason, f"it has no {lacking}")

    def _child(self, items: tuple[Any, ...]) -> dict[str, Any]:
        if len(self.items) == len(items):
            return dict(zip(self.items, items, strict=True))
        (item,) = items
        fields = item if isinstance(item, dict) else {}
        return {name: fields[name] for name in self.items if name in fields}

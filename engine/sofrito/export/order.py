"""The order of a dataset's rows: by columns, after what they need, or shuffled."""

import heapq
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Literal

import orjson
import xxhash

from sofrito.export.rows import Accepted
from sofrito.formats.base import value_of
from sofrito.plan.axes import Records, axis_id
from sofrito.recipe.model import Recipe
from sofrito.recipe.model_output import Order

Ranks = Mapping[str, Mapping[str, int]]
"""By axis, or by field of an axis whose values are records, the place of each value."""

Group = tuple[str, str]
"""Rows that a name means: the candidate ("" for all) and what they are called."""

_TOLD = 5


def order_key(recipe: Recipe) -> str:
    """Return the column that the names in `after` are of; "" if the recipe does not tell."""
    order = recipe.output.order
    if isinstance(order, str) or order.of or not order.after:
        return "" if isinstance(order, str) else order.of
    makers = (step.makes() for step in recipe.steps if order.after in step.makes())
    return next((name for made in makers for name in made if name != order.after), "")


def ranks_of(axes: Mapping[str, Iterable[str]], records: Mapping[str, Records]) -> Ranks:
    """Return the places of the axes' values; ``records`` are those of generated axes, by their id."""
    ranks = {name: {value: i for i, value in enumerate(values)} for name, values in axes.items()}
    for name, several in records.items():
        for i, record in enumerate(several.values()):
            for key, value in record.items():
                ranks.setdefault(f"{name}.{key}", {}).setdefault(value, i)
    return ranks


class Arrangement:
    """Learns of every row what its place depends on, then says in which order they come.

    ``ranks`` has the values of axes, in their order. Names that rows come after are compared without
    regard to case and space. Memory is what the sort keys take.
    """

    def __init__(
        self, order: Order | Literal["shuffle"], seed: int, *, ranks: Ranks, key: str
    ) -> None:
        self.notes: list[str] = []
        self._order, self._seed, self._ranks, self._key = order, seed, ranks, key
        self._places: list[Any] = []
        self._ids: list[str] = []
        self._called: list[str] = []
        self._needs: list[tuple[str, ...]] = []
        self._written: dict[str, str] = {}

    def learn(self, row: Accepted) -> None:
        """Look at one more row."""
        order = self._order
        if isinstance(order, str):
            hashed = xxhash.xxh3_64_intdigest(orjson.dumps([str(self._seed), "shuffle", row.id]))
            self._places.append(hashed)
            return
        self._places.append(tuple(self._place(row.columns, path) for path in order.by))
        if order.after:
            self._ids.append(row.id)
            own, needs = value_of(row.columns, self._key), value_of(row.columns, order.after)
            several = needs if isinstance(needs, list) else [needs]
            names = [_name(own), *filter(None, map(_name, several))]
            for name in names[1:]:
                self._written.setdefault(name.casefold(), name)
            self._written[names[0].casefold()] = names[0]
            called, *needed = (name.casefold() for name in names)
            self._called.append(called)
            self._needs.append(tuple(needed))

    def order(self, start: Iterable[int]) -> list[int]:
        """Return the numbers of the rows that were learned, sorted; ``start`` breaks ties."""
        found = sorted(start, key=self._places.__getitem__)
        return self._after(found) if self._needs else found

    def _place(self, columns: Mapping[str, Any], path: str) -> tuple[Any, ...]:
        value = value_of(columns, path)
        named = axis_id(value) if isinstance(value, Mapping) else value
        rank = self._ranks.get(path, {}).get(named) if isinstance(named, str) else None
        match value:
            case _ if rank is not None:
                return (0, rank)
            case None:
                return (3,)
            case int() | float():
                return (0, value)
            case str():
                return (1, value.casefold(), value)
        return (2, orjson.dumps(value, option=orjson.OPT_SORT_KEYS))

    def _after(self, by_rank: Sequence[int]) -> list[int]:
        """Return the rows so that what a row needs comes before it, the first one first otherwise."""
        groups = self._groups()
        left = {group: len(rows) for group, rows in groups.items()}
        wanted = [self._wanted(row, groups) for row in range(len(by_rank))]
        waiting = [len(several) for several in wanted]
        waits: dict[Group, list[int]] = defaultdict(list)
        for row, several in enumerate(wanted):
            for group in several:
                waits[group].append(row)
        ranks = {row: rank for rank, row in enumerate(by_rank)}
        ready = [ranks[row] for row in by_rank if not waiting[row]]
        heapq.heapify(ready)
        done = [False] * len(by_rank)
        found, first, circles = list[int](), 0, 0
        while len(found) < len(by_rank):
            if not ready:
                while done[by_rank[first]]:
                    first += 1
                circles += 1
                if circles <= _TOLD:
                    self._tell_circle(by_rank[first], done, wanted, groups)
                heapq.heappush(ready, first)
            row = by_rank[heapq.heappop(ready)]
            done[row] = True
            found.append(row)
            for group in self._groups_of(row):
                left[group] -= 1
                for other in waits[group] if not left[group] else ():
                    waiting[other] -= 1
                    if not waiting[other] and not done[other]:
                        heapq.heappush(ready, ranks[other])
        self._tell_more(circles, groups)
        return found

    def _groups_of(self, row: int) -> list[Group]:
        called = self._called[row]
        return [("", called), (_candidate(self._ids[row]), called)] if called else []

    def _groups(self) -> dict[Group, list[int]]:
        """Return the rows by what they are called: of all candidates, and of each."""
        groups: dict[Group, list[int]] = defaultdict(list)
        for row in range(len(self._ids)):
            for group in self._groups_of(row):
                groups[group].append(row)
        return dict(groups)

    def _wanted(self, row: int, groups: Container[Group]) -> list[Group]:
        """Return what a row waits for."""
        names = (name for name in self._needs[row] if name != self._called[row])
        own = ((_candidate(self._ids[row]), name) for name in names)
        found = (group if group in groups else ("", group[1]) for group in own)
        return [group for group in dict.fromkeys(found) if group in groups]

    def _tell_circle(
        self,
        start: int,
        done: Sequence[bool],
        wanted: Sequence[Sequence[Group]],
        groups: Mapping[Group, Sequence[int]],
    ) -> None:
        """Tell which rows wait for each other, on the way from one that waits."""
        path, row = list[int](), start
        while row not in path:
            path.append(row)
            row = next(r for group in wanted[row] for r in groups[group] if not done[r])
        names = [
            self._written[self._called[r]] or self._ids[r] for r in (*path[path.index(row) :], row)
        ]
        told = " needs ".join(f"«{name}»" for name in names)
        self.notes.append(f"order: {told}; the circle is broken at row {self._ids[start]}.")

    def _tell_more(self, circles: int, groups: Container[Group]) -> None:
        if circles > _TOLD:
            self.notes.append(f"order: {circles - _TOLD:,} more circles were broken.")
        asked = dict.fromkeys(name for needs in self._needs for name in needs)
        unknown = [name for name in asked if ("", name) not in groups]
        if unknown:
            count = "a name" if len(unknown) == 1 else f"{len(unknown):,} names"
            self.notes.append(
                f"order: rows need {count} of no row, such as «{self._written[unknown[0]]}»."
            )


def _candidate(row: str) -> str:
    return row.split(".", 1)[0]


def _name(value: Any) -> str:
    return " ".join(str(value).split()) if value is not None else ""

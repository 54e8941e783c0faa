"""The seed rows of which something can come: those that no condition over seeds alone rejects."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from jinja2 import TemplateSyntaxError

from sofrito.recipe.base import Key
from sofrito.recipe.binding import bound_expression
from sofrito.recipe.entries import Check
from sofrito.recipe.expressions import ExpressionError, expression, expression_names
from sofrito.recipe.scene import Scene
from sofrito.recipe.verb import Verb

_MOST = 2_000
"""Rows that are tried one by one; of more nothing is said."""

_Row = dict[str, Any]
_Passes = Callable[[_Row], bool | None]
_Condition = tuple[Key, str, _Passes]


@dataclass(frozen=True)
class Left:
    """How many seed rows can come through, and what rejects others: its path and words, in order."""

    rows: int
    by: tuple[tuple[Key, str], ...] = ()


def seeds_left(scene: Scene) -> Left | None:
    """Try what reads nothing but seeds, and what is computed of them, on each row of the pool.

    They are `keep`s, filters and exact `dedup`s. None where not all rows of the pool that candidates
    start from are known. Of a row on which an expression fails, it is taken that it comes through.
    """
    pool = scene.pools.get(scene.recipe.from_)
    if pool is None or not pool.rows:
        return None
    if len(pool.given) != pool.rows or pool.rows > _MOST or not scene.all_steps_sound:
        return Left(pool.rows)
    steps = [*scene.steps()]
    rows = _Rows(scene, [dict(row) for row in pool.given])
    left, depth = Left(pool.rows), 0
    for number, (index, step) in enumerate(steps):
        depth += step.fans_out() - step.closes()
        # of siblings that are closed, another may come through
        inside = depth > 0 and any(later.closes() for _, later in steps[number + 1 :])
        rows.compute(step, inside=inside)
        for path, said, passes in () if inside else rows.conditions(("steps", index), step):
            rows.keep(passes)
            if len(rows.left) < left.rows:
                left = replace(left, rows=len(rows.left), by=(*left.by, (path, said)))
    return left


class _Rows:
    """The seed rows that are left, and the columns of which they alone tell the values."""

    def __init__(self, scene: Scene, rows: list[_Row]) -> None:
        self.left = rows
        self._scene, self._params = scene, scene.recipe.values()
        self._known = {name for row in rows for name in row} - scene.recipe.axes.keys()

    def compute(self, step: Verb, *, inside: bool) -> None:
        """Know the columns after a step; ``inside`` siblings that are closed, none that it changes."""
        source = bound_expression(step.computes(), self._params)
        told = bool(source) and not (step.when or inside) and self._tells(source)
        made = (*step.makes(), *step.rewrites())
        try:
            values = [expression(source)(row) for row in self.left] if told else []
        except ExpressionError:
            told = False
        self._known.difference_update(made)
        if told:
            for row, value in zip(self.left, values, strict=True):
                row.update(dict.fromkeys(made, value))
            self._known.update(made)

    def conditions(self, path: Key, step: Verb) -> Iterator[_Condition]:
        """Yield what a step lets rows through by: its path, its words, whether a row passes."""
        when = bound_expression(step.when, self._params)
        if when and not self._tells(when):
            return
        for at, said, passes in (*self._filters(path, step), *self._own(path, step)):
            yield at, said, partial(_passes_when, when, passes) if when else passes

    def keep(self, passes: _Passes) -> None:
        """Leave the rows that pass, and those of which that cannot be told."""
        self.left = [row for row in self.left if _outcome(passes, row) is not False]

    def _own(self, path: Key, step: Verb) -> Iterator[_Condition]:
        if {*step.object} <= self._known:
            yield (*path, step.verb), f"`{step.label}`", partial(_is_new, step, set[str]())
        source = bound_expression(step.keep, self._params)
        if source and self._tells(source):
            yield (*path, "keep"), f"`keep: {step.keep}`", expression(source).truth

    def _filters(self, path: Key, step: Verb) -> Iterator[_Condition]:
        columns = step.object
        if step.makes() or step.rewrites() or not {*columns} <= self._known:
            return
        for index, check in enumerate(step.filters()):
            for one in self._scene.expanded(check):
                if {*one.uses()} <= self._known:
                    at = (*path, step.chain_key, index)
                    yield at, f"the filter `{one.filter}`", partial(_kept, one, columns)

    def _tells(self, source: str) -> bool:
        """Say whether an expression reads seeds alone."""
        try:
            names = expression_names(source)
        except TemplateSyntaxError:
            return False
        return bool(names) and names.keys() <= self._known


def _passes_when(when: str, passes: _Passes, row: _Row) -> bool | None:
    return not expression(when).truth(row) or passes(row)


def _kept(check: Check, columns: tuple[str, ...], row: _Row) -> bool | None:
    return check.passes(row, columns)


def _is_new(step: Verb, seen: set[str], row: _Row) -> bool | None:
    """Return whether the step has not seen a row like this one, None where that is not certain."""
    apart = step.tells_apart(row)
    if apart is None:
        return None
    new = apart not in seen
    seen.add(apart)
    return new


def _outcome(passes: _Passes, row: _Row) -> bool | None:
    try:
        return passes(row)
    except ExpressionError:
        return None

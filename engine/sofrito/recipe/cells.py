"""The combinations of the axes' values, or of other listed ones, and what is computed of them alone."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from jinja2 import TemplateSyntaxError

from sofrito.recipe.expressions import ExpressionError, expression, expression_names
from sofrito.recipe.verb import Verb

Cell = tuple[tuple[str, str], ...]
"""The value of each of some axes."""

_MOST = 5_000
"""Cells that are tried one by one; of more nothing is said."""


@dataclass(frozen=True)
class Failing:
    """The cells that do not pass, those that do, and the share of the first by weight."""

    cells: tuple[Cell, ...]
    passing: tuple[Cell, ...]
    share: float


class NotTold(Exception):
    """What is asked cannot be told of a row's values in some columns."""


@dataclass(frozen=True)
class Condition:
    """An expression of columns that the axes determine."""

    names: frozenset[str]
    truth: Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class _Column:
    """A column that is determined by the values on some axes."""

    axes: frozenset[str]
    value: Callable[[Mapping[str, str]], Any]


class Cells:
    """The cells of a recipe, and the columns at some step that depend on nothing else.

    ``weights`` are those of each axis's values; cells for which ``exclude`` is true are none.
    """

    def __init__(self, weights: Mapping[str, Mapping[str, float]], exclude: str) -> None:
        self._weights = weights
        self._columns = {name: _axis(name) for name in weights}
        self._axes = {*weights}
        self._excluding = self.condition(exclude) if exclude else None
        self._unclear = bool(exclude) and self._excluding is None

    def condition(self, source: str) -> Condition | None:
        """Return a condition over columns that the axes determine, None if it reads others or none."""
        names = _names(source)
        if not names or not names <= self._columns.keys():
            return None
        return Condition(names, expression(source).truth)

    def listed(self, name: str, values: Collection[Any]) -> None:
        """Take a column that has one of these values, whatever other columns have, for an axis."""
        self._weights = {**self._weights, name: dict.fromkeys(values, 1.0)}
        self._columns[name] = _axis(name)

    def axes_alone(self, names: Collection[str]) -> bool:
        """Say whether all these columns are axes, as no step has changed them."""
        return self._axes >= {*names}

    def step(self, step: Verb, computed: str) -> None:
        """Know what rows have after a step; ``computed`` is the expression that it sets, or ""."""
        names = _names(computed) if computed and not step.when else None
        column = None
        if names is not None and names <= self._columns.keys():
            column = self._computed(computed, names)
        for name in (*step.makes(), *step.rewrites()):
            self._columns.pop(name, None)
            self._axes.discard(name)
            if column:
                self._columns[name] = column

    def failing(
        self,
        names: Collection[str],
        passes: Callable[[Mapping[str, Any]], bool],
        when: str,
    ) -> Failing | None:
        """Return the cells that do not pass, by the axes that decide it.

        None where columns of these ``names``, or the condition ``when``, depend on more than axes.
        """
        guard = self.condition(when) if when else None
        if when and guard is None:
            return None
        found, others, failed, whole = list[Cell](), list[Cell](), 0.0, 0.0
        read = {*names, *(guard.names if guard else ())}
        try:
            for cell, weight, values in self._rows(read):
                whole += weight
                if (guard is None or guard.truth(values)) and not passes(values):
                    found.append(cell)
                    failed += weight
                else:
                    others.append(cell)
        except (NotTold, ExpressionError):
            return None
        share = 1.0 if found and not others else failed / (whole or 1.0)
        return Failing(tuple(found), tuple(others), share)

    def distinct(
        self, names: Collection[str], tells_apart: Callable[[Mapping[str, Any]], str | None]
    ) -> int | None:
        """Return how many rows differ in columns of these ``names``, None where that is not known."""
        try:
            found = {tells_apart(values) for _, _, values in self._rows(names)} if names else {None}
        except (NotTold, ExpressionError):
            return None
        return None if None in found or not found else len(found)

    def _rows(self, names: Collection[str]) -> Iterator[tuple[Cell, float, dict[str, Any]]]:
        """Yield each combination of the axes that some columns depend on, its weight, their values.

        Raises NotTold where they depend on more, or there are too many; ExpressionError.
        """
        if self._unclear or not self._columns.keys() >= {*names}:
            raise NotTold
        read = frozenset[str]().union(*(self._columns[name].axes for name in names))
        axes = [name for name in self._weights if name in read]
        for chosen, weight in self._combinations(axes):
            values = {name: self._columns[name].value(chosen) for name in names}
            yield tuple(chosen.items()), weight, values

    def _combinations(self, axes: list[str]) -> Iterator[tuple[dict[str, str], float]]:
        """Yield the combinations of some axes that not all cells with them are excluded of."""
        excluding = self._excluding
        more = [n for n in self._weights if excluding and n in excluding.names and n not in axes]
        if prod(len(self._weights[name]) for name in (*axes, *more)) > _MOST:
            raise NotTold
        for values in product(*(self._weights[name] for name in axes)):
            chosen = dict(zip(axes, values, strict=True))
            weight = prod(self._weights[name][value] for name, value in chosen.items())
            rest = product(*(self._weights[name].items() for name in more))
            left = 0.0
            for others in rest:
                cell = chosen | {n: value for n, (value, _) in zip(more, others, strict=True)}
                if excluding is None or not excluding.truth(cell):
                    left += prod(one for _, one in others)
            if left:
                yield chosen, weight * left

    def _computed(self, source: str, names: frozenset[str]) -> _Column:
        inner = {name: self._columns[name] for name in names}
        axes = frozenset[str]().union(*(one.axes for one in inner.values()))

        def value(cell: Mapping[str, str]) -> Any:
            return expression(source)({name: one.value(cell) for name, one in inner.items()})

        return _Column(axes, value)


def _axis(name: str) -> _Column:
    return _Column(frozenset({name}), lambda cell: cell[name])


def _names(source: str) -> frozenset[str] | None:
    """Return the names that an expression reads, None if it cannot be read."""
    try:
        return frozenset(expression_names(source))
    except TemplateSyntaxError:
        return None

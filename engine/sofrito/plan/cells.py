"""The cells of a run: the axes' values combined, and the rows spread over them."""

import math
from collections.abc import Mapping
from functools import reduce
from typing import Literal

from sofrito.plan.axes import Records
from sofrito.plan.grid import Combination, Grid, grid
from sofrito.plan.pairwise import pairwise
from sofrito.plan.program import Cell
from sofrito.plan.spread import apportioned, spread
from sofrito.recipe.model_rows import EACH_ONCE

Axes = Mapping[str, Mapping[str, float]]
Design = Literal["weighted", "full", "balanced", "pairwise"]

SHARES = 1_000
"""What is divided among the cells where `rows` says nothing."""


def cells(
    axes: Axes,
    design: Design,
    exclude: str,
    rows: int | None,
    records: Mapping[str, Records] | None = None,
) -> tuple[Cell, ...]:
    """Return the cells of a design, in order, with how many of ``rows`` each shall have.

    ``axes`` maps each axis to its values and their weights, ``records`` those of generated axes to
    what rows have in their place. Quotas are integers that add up to
    ``rows``; cells that get none are left out. Without ``rows`` a design that is ``full`` or
    ``pairwise`` has every cell alike. No cell is left if all are excluded. Raises
    ExpressionError where ``exclude`` fails on the values.
    """
    if not axes:
        return ()
    whole = grid({name: tuple(values) for name, values in axes.items()}, exclude, records)
    once = rows is None and design in EACH_ONCE
    counts = _once(design, whole) if once else _counts(axes, design, whole, rows or SHARES)
    values = {name: tuple(one) for name, one in axes.items()}
    common = 1 if rows else reduce(math.gcd, counts.values(), 0) or 1
    found = []
    for combination, count in sorted(counts.items()):
        named = {name: values[name][v] for name, v in zip(axes, combination, strict=True)}
        special = {name: several[named[name]] for name, several in (records or {}).items()}
        if count:
            found.append(Cell(named, count if rows else None, count // common, special))
    return tuple(found)


def _once(design: Design, whole: Grid) -> Mapping[Combination, int]:
    return dict.fromkeys(pairwise(whole, len(whole)) if design == "pairwise" else whole, 1)


def _counts(axes: Axes, design: Design, whole: Grid, rows: int) -> Mapping[Combination, int]:
    weights = [list(values.values()) for values in axes.values()]
    if design == "pairwise":
        chosen = pairwise(whole, rows)
        return dict(zip(chosen, apportioned([1.0] * len(chosen), rows), strict=True))
    if design == "full":
        weights = [[1.0] * len(one) for one in weights]
    if design == "balanced":
        return spread(whole, _possible(whole, weights), rows, {})
    # Each cell gets the whole rows of its share; what is left over is spread like all the rest.
    marginals, sum_ = _marginals(whole, weights)
    given: dict[Combination, int] = {}
    if len(whole) <= rows:
        for combination in whole:
            share = math.prod(weights[a][v] for a, v in enumerate(combination)) * rows / sum_
            given[combination] = math.floor(share + 1e-9)
    return spread(whole, marginals, rows, given)


def _possible(whole: Grid, weights: list[list[float]]) -> list[list[float]]:
    """Return the weights without the values that are excluded altogether."""
    possible = [[*one] for one in weights]
    for i, a in enumerate(whole.bound):
        there = {allowed[i] for allowed in whole.allowed}
        possible[a] = [w if v in there else 0.0 for v, w in enumerate(weights[a])]
    return possible


def _marginals(whole: Grid, weights: list[list[float]]) -> tuple[list[list[float]], float]:
    """Return how much each value of each axis weighs in all cells together, and the whole weight."""
    marginals = [[*one] for one in weights]
    for a in whole.bound:
        marginals[a] = [0.0] * whole.sizes[a]
    total = 0.0
    for allowed in whole.allowed:
        weight = math.prod(weights[a][v] for a, v in zip(whole.bound, allowed, strict=True))
        total += weight
        for a, v in zip(whole.bound, allowed, strict=True):
            marginals[a][v] += weight
    return marginals, total * math.prod(sum(weights[a]) for a in whole.free)

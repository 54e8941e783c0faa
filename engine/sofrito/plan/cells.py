"""The grid: axes combined into cells, and the rows spread over them."""

import itertools
import math
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Literal

from sofrito.plan.program import Cell
from sofrito.recipe.expressions import expression

Axes = Mapping[str, Mapping[str, float]]
Combination = tuple[str, ...]
Design = Literal["weighted", "full", "balanced", "pairwise"]

SHARES = 1_000


def cells(axes: Axes, design: Design, exclude: str, rows: int | None) -> tuple[Cell, ...]:
    """Return the cells of a design, in order, with how many of ``rows`` each shall have.

    ``axes`` maps each axis to its values and their weights. Quotas are integers that add up to
    ``rows`` (largest remainder); cells that get none are left out.
    """
    if not axes:
        return ()
    names = tuple(axes)
    grid = [c for c in itertools.product(*axes.values()) if not _excluded(names, c, exclude)]
    if design == "balanced":
        spread = _balanced(axes, grid, rows or SHARES)
    else:
        chosen = _pairwise(grid) if design == "pairwise" else grid
        weights = [_weight(axes, c) if design == "weighted" else 1.0 for c in chosen]
        spread = dict(zip(chosen, apportioned(weights, rows or SHARES), strict=True))
    common = 1 if rows else reduce(math.gcd, spread.values(), 0) or 1
    return tuple(
        Cell(dict(zip(names, c, strict=True)), count if rows else None, count // common)
        for c, count in spread.items()
        if count
    )


def apportioned(weights: Sequence[float], total: int) -> list[int]:
    """Return integers in proportion to the weights that add up to ``total`` (largest remainder)."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    exact = [weight * total / whole for weight in weights]
    counts = [math.floor(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (counts[i] - exact[i], i))
    for i in by_remainder[: total - sum(counts)]:
        counts[i] += 1
    return counts


def _excluded(names: Sequence[str], combination: Combination, exclude: str) -> bool:
    if not exclude:
        return False
    return expression(exclude).truth(dict(zip(names, combination, strict=True)))


def _weight(axes: Axes, combination: Combination) -> float:
    pairs = zip(axes.values(), combination, strict=True)
    return math.prod(weights[value] for weights, value in pairs)


def _balanced(axes: Axes, grid: Sequence[Combination], rows: int) -> dict[Combination, int]:
    """Take one cell after the other, each time the one whose values lag their weights the most.

    Every axis follows its weights as closely as the exclusions allow, and no cell is taken again
    while an equally good one was taken less often.
    """
    wanted = [{v: w / sum(ws.values()) for v, w in ws.items()} for ws in axes.values()]
    taken: list[dict[str, int]] = [dict.fromkeys(ws, 0) for ws in axes.values()]
    counts = dict.fromkeys(grid, 0)
    order = {c: i for i, c in enumerate(grid)}
    for made in range(1, rows + 1):
        if not grid:
            break

        def lag(c: Combination, made: int = made) -> tuple[float, int, int]:
            short = sum(wanted[a][v] * made - taken[a][v] for a, v in enumerate(c))
            return (-round(short, 9), counts[c], order[c])

        best = min(grid, key=lag)
        counts[best] += 1
        for a, value in enumerate(best):
            taken[a][value] += 1
    return counts


def _pairwise(grid: Sequence[Combination]) -> list[Combination]:
    """Return few combinations in which every pair of values that may meet does meet (greedy)."""
    open_ = {pair for c in grid for pair in _pairs(c)}
    chosen: list[Combination] = []
    while open_:
        best = max(grid, key=lambda c: len(open_.intersection(_pairs(c))))
        chosen.append(best)
        open_.difference_update(_pairs(best))
    return chosen or list(grid)


def _pairs(combination: Combination) -> list[tuple[int, str, int, str]]:
    return [
        (a, combination[a], b, combination[b])
        for a, b in itertools.combinations(range(len(combination)), 2)
    ]

"""The combinations of the axes' values that a recipe allows, without listing them all."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sofrito.plan.axes import Records
from sofrito.recipe.expressions import expression, expression_names

Combination = tuple[int, ...]
"""A value of each axis, as its number on the axis."""


@dataclass(frozen=True)
class Grid:
    """Axes of so many values each, and what is allowed on those that an exclusion is about.

    ``bound`` are these axes, ``allowed`` the combinations of their values that may be; on the other
    axes everything may.
    """

    sizes: tuple[int, ...]
    bound: tuple[int, ...]
    allowed: tuple[Combination, ...]

    @property
    def free(self) -> tuple[int, ...]:
        """The axes that the exclusion is not about."""
        return tuple(a for a in range(len(self.sizes)) if a not in self.bound)

    def __len__(self) -> int:
        return len(self.allowed) * math.prod(self.sizes[a] for a in self.free)

    def __iter__(self) -> Iterator[Combination]:
        """Yield every combination, in order."""
        allowed = set(self.allowed)
        for combination in itertools.product(*map(range, self.sizes)):
            if tuple(combination[a] for a in self.bound) in allowed:
                yield combination


def grid(
    axes: Mapping[str, Sequence[str]], exclude: str, records: Mapping[str, Records] | None = None
) -> Grid:
    """Return the grid of axes (values by name) without what an expression excludes.

    ``records`` are what the expression sees in place of values, by axis and value. Raises
    ExpressionError where the expression fails on the values.
    """
    names = tuple(axes)
    used = expression_names(exclude) if exclude else {}
    bound = tuple(a for a, name in enumerate(names) if name in used)
    seen = {name: (records or {}).get(name, {}) for name in names}
    values = [[seen[names[a]].get(one, one) for one in axes[names[a]]] for a in bound]
    allowed = []
    for combination in itertools.product(*(range(len(one)) for one in values)):
        row = {names[a]: values[i][combination[i]] for i, a in enumerate(bound)}
        if not (exclude and expression(exclude).truth(row)):
            allowed.append(combination)
    return Grid(tuple(len(one) for one in axes.values()), bound, tuple(allowed))

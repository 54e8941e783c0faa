"""An expression over axes that is true of some of their combinations, and of no others."""

from collections.abc import Collection, Sequence

from sofrito.recipe.cells import Cell, Failing

_SHORT = 80
"""Characters up to which the combinations are named, whatever says the same in fewer."""

_LONGEST = 400
"""Characters up to which an expression is worth being shown."""


def cells_expression(failing: Failing, otherwise: str = "") -> str:
    """Return an expression that is true of the cells that fail and of none that pass.

    It names those that fail, or, where that is long, what says the same in the fewest characters:
    those that pass, denied, or an expression known from elsewhere. "" where all are too long.
    """
    named = _naming(failing.cells, failing.passing)
    if len(named) > _SHORT:
        denied = f"not ({_naming(failing.passing, failing.cells)})"
        named = min((named, denied, *filter(None, [otherwise])), key=len)
    return named if len(named) <= _LONGEST else ""


def _naming(cells: Sequence[Cell], others: Sequence[Cell]) -> str:
    """Return an expression that is true of these cells and of none of the others."""
    axes = range(len(cells[0]) - 1, -1, -1)
    return min((_grouped(cells, others, last) for last in axes), key=len)


def _grouped(cells: Sequence[Cell], others: Sequence[Cell], last: int) -> str:
    """Return it with the values on the axis at ``last`` together, where the others are the same."""
    groups: dict[Cell, list[str]] = {}
    for cell in cells:
        rest = (*cell[:last], *cell[last + 1 :])
        groups.setdefault(rest, []).append(cell[last][1])
    left = {(*cell[:last], *cell[last + 1 :]) for cell in others}
    name = cells[0][last][0]
    parts = [
        " and ".join(
            [*map(_is, rest), *([_among(name, values)] if rest in left or not rest else [])]
        )
        for rest, values in groups.items()
    ]
    several = len(parts) > 1
    return " or ".join(f"({one})" if several and " and " in one else one for one in parts)


def _is(one: tuple[str, str]) -> str:
    name, value = one
    return f"{name} == {_quoted(value)}"


def _among(name: str, values: Collection[str]) -> str:
    several = ", ".join(map(_quoted, values))
    return f"{name} in [{several}]" if len(values) > 1 else f"{name} == {several}"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

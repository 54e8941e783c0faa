"""The grid of a recipe's axes as a picture: two axes crossed, one picture for each value of the others."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

import click

from sofrito.cli.table import aligned, several
from sofrito.plan.program import Cell

ROWS, PICTURES, COLUMN = 12, 6, 14
"""Lines of a picture, pictures, and characters of a column's head that are shown."""


def grid_lines(cells: Sequence[Cell], sizes: Mapping[str, int], width: int) -> list[str]:
    """Return the lines that show how many rows each cell shall have.

    ``sizes`` are how many values each axis has. The axis with the most values goes down, the one
    with the next most that fits into ``width`` columns goes across. Cells without rows are dots.
    """
    axes = list(cells[0].values) if cells else []
    if not axes:
        return []
    down, across = _chosen(cells, axes, width)
    others = [axis for axis in axes if axis not in (down, across)]
    lines = wrap(_head(cells, sizes), width)
    pictures: dict[tuple[str, ...], list[Cell]] = {}
    for cell in cells:
        pictures.setdefault(tuple(cell.values[axis] for axis in others), []).append(cell)
    for names, some in itertools.islice(pictures.items(), PICTURES):
        told = ", ".join(f"{a} = {v}" for a, v in zip(others, names, strict=True))
        indented = wrap(told, width, initial_indent="  ", subsequent_indent="  ")
        lines += ["", *(click.style(line, fg="cyan") for line in indented)]
        lines += [f"  {line}" for line in _picture(some, cells, down, across, width - 2)]
    if len(pictures) > PICTURES:
        lines += ["", f"  and {len(pictures) - PICTURES:,} more such pictures"]
    return lines


def _head(cells: Sequence[Cell], sizes: Mapping[str, int]) -> str:
    crossed = " × ".join(f"{count:,} {axis}" for axis, count in sizes.items())
    whole = 1
    for count in sizes.values():
        whole *= count
    least, most = min(map(_rows, cells)), max(map(_rows, cells))
    each = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    unit = ("candidate" if cells[0].quota is None else "row") + "s" * (most != 1)
    left = whole - len(cells)
    left_out = f", {left:,} {'has' if left == 1 else 'have'} none" if left else ""
    return f"{crossed}: {several(len(cells), 'cell')} of {each} {unit}{left_out}"


def _chosen(cells: Sequence[Cell], axes: Sequence[str], width: int) -> tuple[str, str]:
    """Return the axis that goes down and the one that goes across, "" if there is only one."""
    values = {axis: list(dict.fromkeys(cell.values[axis] for cell in cells)) for axis in axes}
    down = max(axes, key=lambda axis: len(values[axis]))

    def fits(axis: str) -> bool:
        label = max(map(len, values[down]))
        return 4 + label + sum(2 + min(max(len(v), 3), COLUMN) for v in values[axis]) <= width

    rest = [axis for axis in axes if axis != down and fits(axis)]
    return down, max(rest, key=lambda axis: len(values[axis]), default="")


def _picture(
    some: Sequence[Cell], all_: Sequence[Cell], down: str, across: str, width: int
) -> Iterator[str]:
    columns = list(dict.fromkeys(cell.values[across] for cell in all_)) if across else [""]
    labels = list(dict.fromkeys(cell.values[down] for cell in all_))
    counts: Counter[tuple[str, str]] = Counter()
    for cell in some:
        counts[cell.values[down], cell.values[across] if across else ""] += _rows(cell)
    heads = [name if len(name) <= COLUMN else name[: COLUMN - 1] + "…" for name in columns]
    table = [[down, *(heads if across else ["rows"])]]
    for label in labels[:ROWS]:
        numbers = (counts[label, column] for column in columns)
        table.append([label, *(f"{n:,}" if n else "·" for n in numbers)])
    yield from aligned(table, width=width)
    if len(labels) > ROWS:
        yield f"and {len(labels) - ROWS:,} more"


def _rows(cell: Cell) -> int:
    return cell.share if cell.quota is None else cell.quota

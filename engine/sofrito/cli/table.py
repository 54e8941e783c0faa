"""Texts and numbers in aligned columns."""

from collections.abc import Sequence

import click


def aligned(rows: Sequence[Sequence[str]], *, left: int = 1, width: int = 0) -> list[str]:
    """Return the lines of a table whose first row is its head, in bold.

    The first ``left`` columns are set left, the others right. If it is wider than ``width`` (0: no
    bound), the first column is cut.
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    over = sum(widths) + 2 * (len(widths) - 1) - width if width else 0
    widths[0] -= min(max(over, 0), max(widths[0] - 12, 0))
    lines = []
    for number, row in enumerate(rows):
        cells = [
            _cut(cell, w).ljust(w) if i < left else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        line = "  ".join(cells).rstrip()
        lines.append(click.style(line, bold=True) if number == 0 else line)
    return lines


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def several(count: int, noun: str) -> str:
    """Return a count with its noun: 1 call, 2 calls."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def compact(number: float) -> str:
    """Return a count as people read it: 9,999, 12.3k, 4.9M; nothing is a dot."""
    rounded = round(number)
    if rounded < 10_000:
        return f"{rounded:,}" if rounded else "·"
    if number < 999_500:
        return f"{number / 1e3:.3g}k"
    return f"{number / 1e6:.3g}M" if number < 1e9 else f"{number / 1e6:,.0f}M"

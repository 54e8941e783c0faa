"""Headings, tables and code as Markdown writes them."""

import re
from collections.abc import Sequence

_BACKTICKS = re.compile(r"`{3,}")
_MARK = re.compile(r"^(#{1,6}\s)", re.MULTILINE)


def heading(level: int, text: str) -> str:
    """Return a heading of a level from 1 to 6, on one line."""
    return f"{'#' * min(max(level, 1), 6)} {' '.join(text.split())}"


def plain(text: str) -> str:
    """Return running text with no line that Markdown takes for a heading."""
    return _MARK.sub(r"\\\1", text)


def fenced(code: str) -> str:
    """Return code between fences longer than any run of backticks in it."""
    longest = max((len(run) for run in _BACKTICKS.findall(code)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}\n{code.strip(chr(10))}\n{fence}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as a table whose first row is its head; "" without a row."""
    width = max((len(row) for row in rows), default=0)
    if not width:
        return ""
    lines = [_row([*row, *[""] * (width - len(row))]) for row in rows]
    return "\n".join([lines[0], _row(["---"] * width), *lines[1:]])


def _row(cells: Sequence[str]) -> str:
    plain = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(plain)} |"

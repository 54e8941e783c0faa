"""What every format of seed files yields: rows, and lines that cannot be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sofrito.problems import Problem, Span

BOM = b"\xef\xbb\xbf"

_LONGEST_LINE = 16_000_000
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class SeedRow:
    """A row of a seed file: its columns, and the line it was read from."""

    values: dict[str, Any]
    where: Span


Items = Iterator[SeedRow | Problem]


class BadLine(Exception):
    """A line that cannot be read: where on it (characters, from 1), what is wrong, what to do."""

    def __init__(self, column: int, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.column = column
        self.what = what
        self.fix = fix

    def at(self, path: Path, line: int) -> Problem:
        """Return the problem that this is at a line of a file."""
        return Problem("SOF209", Span(path, line, self.column), self.what, self.fix)


def lines(path: Path) -> Iterator[tuple[int, bytes | BadLine]]:
    """Yield the number and the bytes of each line, or why a line has none; no line is the last."""
    with path.open("rb") as file:
        for line, raw in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
            if line == 1 and raw.startswith(_WIDE_BOMS):
                yield line, BadLine(1, "The file is UTF-16 text.", "Save it as UTF-8.")
                return
            if len(raw) == _LONGEST_LINE:
                yield line, BadLine(1, "A line is longer than 16 MB.", "Is this the right file?")
                return
            yield line, raw.removeprefix(BOM) if line == 1 else raw


def utf8(raw: "bytes | BadLine") -> str:
    """Return the text of a line; raises :class:`BadLine` where it has none or is not UTF-8."""
    if isinstance(raw, BadLine):
        raise raw
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        column = len(raw[: error.start].decode("utf-8")) + 1
        what = f"The byte 0x{raw[error.start]:02X} is not UTF-8."
        raise BadLine(column, what, "Save the file as UTF-8.") from None

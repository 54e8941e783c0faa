"""Seeds from CSV: a row a record, every value a text."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sofrito.problems import Problem, Span
from sofrito.recipe.seed_rows import BadLine, Items, SeedRow, lines, utf8

_LONGEST_FIELD = 100_000_000


def csv_rows(path: Path) -> Items:
    """Yield the rows below a header, every value a text; ``.tsv`` is split at tabs."""
    csv.field_size_limit(_LONGEST_FIELD)
    unread: list[Problem] = []
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    reader = csv.reader(_texts(path, unread), delimiter=delimiter, strict=True)
    header: list[str] = []
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
            if row and header:
                yield SeedRow(_record(header, row), Span(path, line))
            elif row:
                header = _header(row)
        except csv.Error as error:
            yield _csv_words(str(error)).at(path, line)
            row = [] if header else None
        except BadLine as bad:
            yield bad.at(path, line)
            row = row if header else None
        yield from unread
        unread.clear()
        if row is None:
            return


def csv_columns(path: Path) -> tuple[str, ...]:
    """Return the columns that the header names; none where it cannot be read."""
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        return tuple(_header(next(csv.reader(_texts(path, []), delimiter=delimiter), [])))
    except (csv.Error, BadLine):
        return ()


def _csv_words(message: str) -> BadLine:
    if "unexpected end" in message:
        what = "The row has a quoted field that is never closed."
        return BadLine(1, what, 'Close it with "; a " within a field is written "".')
    if "field larger" in message:
        what = "The row has a field of more than 100 million characters."
        return BadLine(1, what, "Is a quote not closed?")
    return BadLine(1, f"The row is no CSV: {message}.", "Put fields with quotes in double quotes.")


def _texts(path: Path, unread: list[Problem]) -> Iterator[str]:
    """Yield the lines as text as far as they are; what is wrong with one goes to ``unread``."""
    for line, raw in lines(path):
        try:
            yield utf8(raw)
        except BadLine as bad:
            unread.append(bad.at(path, line))
            yield raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""


def _header(names: list[str]) -> list[str]:
    if len(names) == 1 and ";" in names[0]:
        raise BadLine(1, "The columns are split by `;`.", "Save it with commas, or tabs as .tsv.")
    for at, name in enumerate(names):
        if not name.strip():
            raise BadLine(
                1, f"Column {at + 1} of the header has no name.", "Name it, or remove it."
            )
        if name in names[:at]:
            raise BadLine(1, f"The header names `{name}` twice.", "Rename one of the two.")
    return [name.strip() for name in names]


def _record(header: list[str], row: list[str]) -> dict[str, Any]:
    if len(row) != len(header):
        fields, columns = "field" + "s" * (len(row) != 1), "column" + "s" * (len(header) != 1)
        what = f"The row has {len(row)} {fields}; the header names {len(header)} {columns}."
        raise BadLine(1, what, "A field with a comma or a line break goes in double quotes.")
    return dict(zip(header, row, strict=True))

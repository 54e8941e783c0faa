"""Seeds from Parquet: a row a record, batch by batch."""

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from math import isinf, isnan
from pathlib import Path
from typing import Any

from sofrito.problems import Problem, Span
from sofrito.recipe.seed_rows import BadLine, Items, SeedRow


class _Unusable(BadLine):
    """A column of a type that a recipe has no values of: as wrong in every other row."""


def parquet_rows(path: Path) -> Items:
    """Yield the rows batch by batch, at their number as line.

    Dates and times become ISO texts, decimals texts, NaN null. An infinite number is a problem of its
    row; a column of a type such as bytes is one of the file, and the last thing yielded.
    """
    try:
        batches = iter(_open_parquet(path))
        line = 1
        while batch := _guarded(lambda: next(batches, None)):
            for values in _guarded(lambda: _columns(batch)):
                try:
                    yield _parquet_row(path, line, batch.schema.names, values)
                except _Unusable:
                    yield from _unusable(path, batch.schema.names, values)
                    return
                line += 1
    except BadLine as bad:
        yield bad.at(path, 1)


def parquet_columns(path: Path) -> tuple[str, ...]:
    """Return the columns that the file's schema names; none where it cannot be read."""
    try:
        return tuple(_open_parquet(path).schema.names)
    except BadLine:
        return ()


def _open_parquet(path: Path) -> Any:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(max(size - 8, 0))
        tail = file.read(8)
    footer = int.from_bytes(tail[:4], "little")
    if size < 12 or head != b"PAR1" or tail[4:] != b"PAR1" or footer > size - 12:
        raise BadLine(1, "The file is no Parquet, or only a part of it.", "Write it again.")
    from arro3.io import read_parquet

    return _guarded(lambda: read_parquet(path))


def _guarded(read: Callable[[], Any]) -> Any:
    """Return what arro3 reads; it panics, past Exception, at what it cannot read."""
    try:
        return read()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        what = f"The Parquet file cannot be read: {str(error)[:200]}."
        raise BadLine(1, what, "Write it again.") from None


def _columns(batch: Any) -> list[tuple[Any, ...]]:
    columns = [[each.as_py() for each in batch.column(at)] for at in range(batch.num_columns)]
    return list(zip(*columns, strict=True))


def _parquet_row(
    path: Path, line: int, names: list[str], values: tuple[Any, ...]
) -> SeedRow | Problem:
    try:
        pairs = zip(names, values, strict=True)
        return SeedRow({name: _plain(name, each) for name, each in pairs}, Span(path, line))
    except _Unusable:
        raise
    except BadLine as bad:
        return bad.at(path, line)


def _unusable(path: Path, names: list[str], values: tuple[Any, ...]) -> Items:
    for name, each in zip(names, values, strict=True):
        try:
            _plain(name, each)
        except _Unusable as bad:
            yield Problem("SOF209", Span(path), bad.what, bad.fix)
        except BadLine:
            continue


def _plain(column: str, value: Any) -> Any:
    """Return an Arrow value as JSON would hold it."""
    match value:
        case None | str() | bool() | int():
            return value
        case float():
            if isinf(value):
                what = f"Column `{column}` holds an infinite number, which a recipe cannot use."
                raise BadLine(1, what, "Write null in its place, or a number.")
            return None if isnan(value) else value
        case list() | tuple():
            return [_plain(column, each) for each in value]
        case dict():
            return {str(key): _plain(column, each) for key, each in value.items()}
        case date() | time():
            return value.isoformat()
        case Decimal():
            return str(value)
    what = f"Column `{column}` holds {type(value).__name__} values, which a recipe cannot use."
    raise _Unusable(1, what, "Write them as texts, or leave the column out.")

"""Writes records as lines of JSON, and those as Parquet."""

from pathlib import Path
from typing import Any, BinaryIO, cast

import orjson
from arro3.core import DataType, Field, Schema
from arro3.io import read_json, write_parquet

from sofrito.formats import Type

_COMPRESSION = "zstd(3)"
# Bytes of JSON. Arrow's texts have 32-bit offsets, and readers hold a row group in memory.
_BATCH = 32 << 20
_ROW_GROUP = 64 << 20

_SCALARS = {
    "string": DataType.utf8(),
    "json": DataType.utf8(),
    "any": DataType.utf8(),
    "integer": DataType.int64(),
    "number": DataType.float64(),
    "boolean": DataType.bool(),
    "int32": DataType.int32(),
    "float16": DataType.float16(),
}


class Lines:
    """A table on its way to its files: records go in one by one, nothing is held.

    Raises OSError where they cannot be written.
    """

    def __init__(self, path: Path, shape: dict[str, Type]) -> None:
        self.path = path
        self.rows = 0
        self._shape = shape
        self._longest = 1
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("wb")

    def add(self, record: dict[str, Any]) -> None:
        """Write a record with exactly the fields and types of the shape."""
        line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
        self._file.write(line)
        self.rows += 1
        self._longest = max(self._longest, len(line))

    def close(self) -> None:
        """End the file of lines; calling it twice is allowed."""
        self._file.close()

    def to_parquet(self, path: Path) -> None:
        """Write the closed file's records as Parquet, compressed with Zstandard."""
        with path.open("wb") as file:
            self.into(file)

    def into(self, file: BinaryIO) -> None:
        """Write the closed file's records as Parquet into a file; raises its first OSError."""
        mean = self.path.stat().st_size // max(self.rows, 1) + 1
        batch, group = batch_and_group(mean, self._longest)
        reader = read_json(str(self.path), schema(self._shape), batch_size=batch)
        sink = _Sink(file)
        write_parquet(
            reader, cast(BinaryIO, sink), compression=_COMPRESSION, max_row_group_size=group
        )
        if sink.error:
            raise sink.error


class _Sink:
    """A file that keeps its first error for later: in the Parquet writer it would be a panic."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def write(self, data: bytes) -> int:
        if self.error is None:
            try:
                self._file.write(data)
            except OSError as error:
                self.error = error
        return len(data)

    def flush(self) -> None:
        if self.error is None:
            try:
                self._file.flush()
            except OSError as error:
                self.error = error

    def seek(self, *_: int) -> int:
        """Asked for by the writer, never needed."""
        return self._file.tell()


def batch_and_group(mean: int, longest: int) -> tuple[int, int]:
    """Return how many rows to convert at once and to put in a row group.

    ``mean`` and ``longest`` are the bytes of a row as JSON. A batch stays under 32 MB and a row
    group near 64 MB, and under 1 GB even where the longest rows come together.
    """
    batch = max(1, min(1024, _BATCH // longest))
    return batch, max(1, min(65_536, _ROW_GROUP // mean, 16 * _ROW_GROUP // longest))


def schema(shape: dict[str, Type]) -> Schema:
    """Return the Arrow schema of a shape; every field may be null."""
    return Schema([_field(name, type_) for name, type_ in shape.items()])


def _field(name: str, type_: Type) -> Field:
    # What reads extension types, as the library datasets does, gives the value back.
    marked = {"ARROW:extension:name": "arrow.json", "ARROW:extension:metadata": ""}
    return Field(name, _arrow(type_), metadata=marked if type_ == "any" else None)


def _arrow(type_: Type) -> DataType:
    if isinstance(type_, list):
        return DataType.list(_field("item", type_[0]))
    if isinstance(type_, dict):
        return DataType.struct([_field(name, field) for name, field in type_.items()])
    return _SCALARS[type_]

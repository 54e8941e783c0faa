"""What goes into Parquet comes out of it, read by another library than the one that wrote it."""

import errno
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from sofrito.export.parquet import Lines, batch_and_group
from sofrito.formats import Type


def parquet(path: Path, shape: dict[str, Type], records: list[dict[str, object]]) -> Path:
    lines = Lines(path / "t.jsonl", shape)
    for record in records:
        lines.add(record)
    lines.close()
    lines.to_parquet(path / "t.parquet")
    return path / "t.parquet"


EVERY: dict[str, Type] = {
    "z": "string",
    "i": "integer",
    "n": "number",
    "b": "boolean",
    "j": "json",
    "l": [["string"]],
    "s": [{"role": "string", "at": {"line": "integer"}}],
}


def test_every_type_comes_back(tmp_path: Path) -> None:
    records: list[dict[str, object]] = [
        {
            "z": "é\u0000\n\u2028🙂",
            "i": 2**63 - 1,
            "n": -1e-320,
            "b": False,
            "j": '{"a":1}',
            "l": [["x", None], [], None],
            "s": [{"role": "", "at": {"line": -(2**63)}}, None],
        },
        dict.fromkeys(EVERY),
        {"z": "", "i": 0, "n": 1.0, "b": True, "j": "null", "l": [], "s": []},
    ]
    assert pq.read_table(parquet(tmp_path, EVERY, records)).to_pylist() == records


def test_a_table_without_rows_keeps_its_schema(tmp_path: Path) -> None:
    table = pq.read_table(parquet(tmp_path, EVERY, []))
    assert table.num_rows == 0
    assert [f"{field.name}: {field.type}" for field in table.schema] == [
        "z: string",
        "i: int64",
        "n: double",
        "b: bool",
        "j: string",
        "l: list<item: list<item: string>>",
        "s: list<item: struct<role: string, at: struct<line: int64>>>",
    ]


def test_it_is_compressed_and_cut_into_row_groups(tmp_path: Path) -> None:
    path = parquet(tmp_path, {"i": "integer"}, [{"i": n} for n in range(70_000)])
    found = pq.ParquetFile(path).metadata
    groups = [found.row_group(n) for n in range(found.num_row_groups)]
    assert [group.num_rows for group in groups] == [65_536, 70_000 - 65_536]
    assert {group.column(0).compression for group in groups} == {"ZSTD"}


def test_huge_texts_come_back(tmp_path: Path) -> None:
    texts = ["a" * 10_000_000, "", "é" * 5_000_000, "b"]
    path = parquet(tmp_path, {"t": "string"}, [{"t": text} for text in texts])
    assert pq.read_table(path).column("t").to_pylist() == texts


def test_a_full_disk_is_an_os_error(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    lines = Lines(tmp_path / "t.jsonl", {"i": "integer"})
    lines.add({"i": 1})
    lines.close()
    with pytest.raises(OSError, match="No space left") as caught:
        lines.to_parquet(Path("/dev/full"))
    assert caught.value.errno == errno.ENOSPC


class _FullForAMoment(io.BytesIO):
    """A file whose first write fails."""

    failed = False

    def write(self, data: object) -> int:
        if not self.failed:
            self.failed = True
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)  # type: ignore[arg-type]


def test_a_write_that_failed_is_not_forgotten(tmp_path: Path) -> None:
    lines = Lines(tmp_path / "t.jsonl", {"i": "integer"})
    lines.close()
    with pytest.raises(OSError, match="No space left"):
        lines.into(_FullForAMoment())


@pytest.mark.parametrize(
    ("mean", "longest", "sizes"),
    [
        (100, 200, (1024, 65_536)),
        (4096, 65_536, (512, 16_384)),
        (10_000, 10_000_000, (3, 107)),
        (2**30, 2**31, (1, 1)),
    ],
)
def test_long_rows_are_taken_in_small_lots(mean: int, longest: int, sizes: object) -> None:
    assert batch_and_group(mean, longest) == sizes

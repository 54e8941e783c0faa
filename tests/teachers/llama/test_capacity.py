"""How much a local model does at once."""

from dataclasses import replace
from pathlib import Path

import pytest
from gguf_writer import CHAT, write_gguf

from sofrito.teachers.llama.capacity import Capacity, capacity, free_memory
from sofrito.teachers.llama.gguf import GgufInfo

GB = 1_000_000_000


@pytest.fixture
def info(tmp_path: Path) -> GgufInfo:
    """A model of 4 GB whose cells take 100 kB."""
    read = GgufInfo.read(write_gguf(tmp_path / "m.gguf", CHAT))
    return replace(read, size=4 * GB, cell=100_000)


def test_a_cells_size_is_read_from_the_header(tmp_path: Path) -> None:
    shape = {"block_count": 30, "embedding_length": 576}
    heads = {"attention.head_count": 9, "attention.head_count_kv": 3}
    pairs = CHAT | {f"llama.{k}": v for k, v in (shape | heads).items()}
    assert GgufInfo.read(write_gguf(tmp_path / "a.gguf", pairs)).cell == 30 * 3 * (64 + 64) * 2
    assert GgufInfo.read(write_gguf(tmp_path / "b.gguf", CHAT)).cell is None


def test_one_at_a_time_has_its_context_and_nothing_else(info: GgufInfo) -> None:
    assert capacity(info, 4096, 1, memory=0) == Capacity(1, 4096, 32)
    assert capacity(info, 4096, 1, memory=0, gpu=True) == Capacity(1, 4096, 512)


@pytest.mark.parametrize(
    ("memory", "found"),
    [
        (None, Capacity(16, 16 * 768, 128)),
        (100 * GB, Capacity(16, 16 * 768, 128)),
        (7 * GB, Capacity(8, 8 * 768, 128)),  # 40 % of 3 GB are 12,000 cells
        (6 * GB, Capacity(8, 8 * 768, 128)),
        (5 * GB, Capacity(4, 4 * 768, 128)),
        (4 * GB, Capacity(2, 2048, 128)),
    ],
)
def test_as_many_as_fit_into_the_memory(
    info: GgufInfo, memory: int | None, found: Capacity
) -> None:
    assert capacity(info, 2048, 0, memory=memory) == found


def test_a_number_that_is_asked_for_is_kept(info: GgufInfo) -> None:
    assert capacity(info, 2048, 100, memory=5 * GB) == Capacity(100, 4000, 200)
    assert capacity(info, 2048, 3, memory=1) == Capacity(3, 2048, 128)


def test_many_cores_and_gpus_write_more_at_once(info: GgufInfo) -> None:
    assert capacity(info, 2048, 0, memory=None, cores=64).parallel == 32
    assert capacity(info, 2048, 0, memory=None, gpu=True) == Capacity(32, 32 * 768, 512)
    assert capacity(info, 2048, 0, memory=6 * GB, cores=64).parallel == 8


def test_there_are_sequences_to_keep_beginnings_in() -> None:
    found = [Capacity(parallel, 1, 1).sequences for parallel in (1, 2, 16, 128)]
    assert found == [1, 6, 24, 192]


def test_the_memory_that_is_free_is_the_least_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 9 kB\nMemAvailable: 5000 kB\n")
    assert free_memory(tmp_path) == 5_120_000
    group = tmp_path / "sys/fs/cgroup"
    group.mkdir(parents=True)
    (group / "memory.max").write_text("max\n")
    (group / "memory.current").write_text("1\n")
    assert free_memory(tmp_path) == 5_120_000
    (group / "memory.max").write_text("4000001\n")
    assert free_memory(tmp_path) == 4_000_000

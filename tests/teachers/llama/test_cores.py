from pathlib import Path

from sofrito.recipe.machine import usable_cores
from sofrito.teachers.llama.cores import free_cores


def test_between_one_and_all() -> None:
    assert 1 <= free_cores() <= usable_cores()


def test_all_where_it_cannot_be_told(tmp_path: Path) -> None:
    assert free_cores(tmp_path / "absent") == usable_cores()
    (tmp_path / "stat").write_text("cpu 1 2 x\n")
    assert free_cores(tmp_path / "stat") == usable_cores()


def test_a_clock_that_stands_still(tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu  10 0 5 100 2 0 0 0 0 0\n")
    assert free_cores(tmp_path / "stat") == usable_cores()

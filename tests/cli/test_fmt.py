"""`sofrito fmt` as a command: what it writes, what it prints, how it ends."""

from pathlib import Path

import pytest

from sofrito.cli import invoke

UNTIDY = "rows: 5   # how many\nrecipe: r\n"
TIDY = "recipe: r\nrows: 5   # how many\n"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(UNTIDY, encoding="utf-8")
    path.chmod(0o640)
    return path


def test_writes_the_file_and_says_so_once(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["fmt", str(recipe.parent)]) == 0
    assert capsys.readouterr().out == f"formatted {recipe}\n"
    assert recipe.read_text(encoding="utf-8") == TIDY
    assert recipe.stat().st_mode & 0o777 == 0o640
    assert invoke(["fmt", str(recipe)]) == 0
    assert capsys.readouterr().out == ""
    assert [path.name for path in recipe.parent.iterdir()] == ["recipe.yaml"]


def test_line_ends_stay(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe.write_bytes(UNTIDY.replace("\n", "\r\n").encode())
    assert invoke(["fmt", str(recipe)]) == 0
    assert recipe.read_bytes() == TIDY.replace("\n", "\r\n").encode()
    assert invoke(["fmt", "--check", str(recipe)]) == 0
    assert capsys.readouterr().out == f"formatted {recipe}\n"


def test_check_writes_nothing(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["fmt", "--check", str(recipe)]) == 1
    assert capsys.readouterr().out == f"would format {recipe}\n"
    assert recipe.read_text(encoding="utf-8") == UNTIDY


def test_diff_shows_the_lines(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["fmt", "--diff", str(recipe)]) == 0
    told = ["@@ -1,2 +1,2 @@", "+recipe: r", " rows: 5   # how many", "-recipe: r"]
    assert capsys.readouterr().out.splitlines() == [f"--- {recipe}", f"+++ {recipe}", *told]
    assert recipe.read_text(encoding="utf-8") == UNTIDY


def test_a_link_stays_a_link(recipe: Path) -> None:
    link = recipe.with_name("link.yaml")
    link.symlink_to(recipe.name)
    assert invoke(["fmt", str(link)]) == 0
    assert link.is_symlink()
    assert recipe.read_text(encoding="utf-8") == TIDY


def test_a_file_that_is_no_yaml_is_left_alone_and_the_others_are_not(
    recipe: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("tags: [a, b\n", encoding="utf-8")
    assert invoke(["fmt", str(broken), str(recipe)]) == 2
    assert "error[SOF002]" in capsys.readouterr().err
    assert broken.read_text(encoding="utf-8") == "tags: [a, b\n"
    assert recipe.read_text(encoding="utf-8") == TIDY

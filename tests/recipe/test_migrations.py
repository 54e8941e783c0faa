"""Versions of the language: what is rewritten, what is told, and that nothing else changes."""

from pathlib import Path

import pytest

from sofrito.cli import invoke
from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import RecipeError
from sofrito.recipe.document import parse_document
from sofrito.recipe.migrate import migrated
from sofrito.recipe.migrations import MIGRATIONS
from sofrito.recipe.read import read_recipe
from sofrito.recipe.version import VERSION

OLD = """\
# a recipe of long ago
recipe: old      # its name
models:
  teacher:
    backend: openai
    base_url: http://localhost:8000/v1
    model: m
    timeout:   300   # slow
  other: &other {backend: openai, base_url: "http://localhost:8000/v1", model: n, 'timeout': 5}
  third: *other
rows: 5
steps:
  - generate: timeout
    prompt: Say timeout.
  - generate: b
    prompt: "{{ timeout }}"
    model: other
  - generate: c
    prompt: "{{ b }}"
    model: third
output: {write: [raw]}
"""
NEW = (
    OLD.replace("    timeout:  ", "    timeout_seconds:  ")
    .replace("'timeout'", "'timeout_seconds'")
    .replace("# its name\n", "# its name\nsofrito: 2\n")
)
FILE = Path("recipe.yaml")


def test_only_what_is_spelt_otherwise_changes() -> None:
    result = migrated(parse_document(FILE, OLD))
    assert result.text == NEW
    assert result.done == (
        "line 8: models.teacher: `timeout` is now `timeout_seconds`",
        "line 9: models.other: `timeout` is now `timeout_seconds`",
        "`sofrito: 2` says which version it is written in",
    )
    assert migrated(parse_document(FILE, NEW)).done == ()


def test_the_old_one_is_told_how_and_the_new_one_is_valid(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(OLD, encoding="utf-8")
    with pytest.raises(RecipeError) as found:
        read_recipe(recipe, vocabulary())
    told = {(one.code, one.where.line, one.fix) for one in found.value.problems}
    fix = "`sofrito migrate recipe.yaml` rewrites the recipe; comments stay."
    assert told == {
        ("SOF108", 8, f"Write `models.teacher.timeout_seconds`: {fix}"),
        ("SOF108", 9, f"Write `models.other.timeout_seconds`: {fix}"),
    }
    assert invoke(["migrate", str(tmp_path)]) == 0
    model = read_recipe(recipe, vocabulary()).recipe.models["teacher"]
    assert model.timeout_seconds == 300


def test_a_version_that_is_said_is_brought_up_to_date() -> None:
    result = migrated(parse_document(FILE, "recipe: r\nsofrito: 1   # old\n"))
    assert result.text == f"recipe: r\nsofrito: {VERSION}   # old\n"


def test_a_file_without_a_name_gets_no_version_where_it_would_break() -> None:
    text = "{recipe: r, models: {t: {timeout: 1}}}\n"
    result = migrated(parse_document(FILE, text))
    assert result.text == "{recipe: r, models: {t: {timeout_seconds: 1}}}\n"


def test_where_both_names_are_there_a_person_decides() -> None:
    text = "models: {t: {timeout: 1, timeout_seconds: 2}}\n"
    with pytest.raises(RecipeError) as found:
        migrated(parse_document(FILE, text))
    (problem,) = found.value.problems
    assert (problem.code, problem.where.column) == ("SOF108", 14)


def test_a_newer_one_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("recipe: r\nsofrito: 99\n", encoding="utf-8")
    assert invoke(["migrate", str(recipe)]) == 2
    assert "pip install --upgrade sofrito" in capsys.readouterr().err
    assert recipe.read_text(encoding="utf-8") == "recipe: r\nsofrito: 99\n"


def test_check_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(OLD, encoding="utf-8")
    assert invoke(["migrate", "--check", str(recipe)]) == 1
    assert recipe.read_text(encoding="utf-8") == OLD
    assert capsys.readouterr().out.startswith(f"{recipe} would be of version 2:\n  line 8: ")
    recipe.write_text(NEW, encoding="utf-8")
    assert invoke(["migrate", "--check", str(recipe)]) == 0
    assert capsys.readouterr().out == f"{recipe} needs no change: version 2.\n"


def test_on_the_command_line_the_old_name_is_told_too(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(NEW, encoding="utf-8")
    with pytest.raises(RecipeError) as found:
        read_recipe(recipe, vocabulary(), sets={"models.teacher.timeout": "3"})
    (problem,) = found.value.problems
    words = "Since version 2 of the language, `timeout` is `timeout_seconds`."
    fix = "Write --set models.teacher.timeout_seconds=…"
    assert (problem.code, problem.what, problem.fix) == ("SOF108", words, fix)


def test_every_version_has_its_migration() -> None:
    assert [one.version for one in MIGRATIONS] == list(range(2, VERSION + 1))

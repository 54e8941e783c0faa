"""What the README shows is true."""

import re
import subprocess
from pathlib import Path

import pytest
from runs import only_run, sofrito

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RECIPE = re.findall(r"```yaml\n(# tea\.yaml\n.*?)```", README, re.DOTALL)[0]


@pytest.fixture
def tea(tmp_path: Path) -> Path:
    (tmp_path / "tea.yaml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


def test_its_recipe_is_valid(tea: Path) -> None:
    done = sofrito("validate", "tea.yaml", cwd=tea)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok: tea-questions, 4 steps\n", "")


def test_its_recipe_runs_and_leaves_what_the_table_says(tea: Path) -> None:
    scripted = ("--set", "models.teacher={backend: scripted}")
    done = sofrito("run", "tea.yaml", *scripted, cwd=tea)
    assert done.returncode == 0, done.stderr
    run = only_run(tea / "runs")
    table = README.partition("## What comes out")[2].partition("```")[0]
    for name in re.findall(r"^\| `([^`<]+)` \|", table, re.MULTILINE):
        assert (run / name).is_file(), name
    assert (run / "dataset" / "messages" / "train.parquet").is_file()
    first = (
        (run / "rows.jsonl").read_text(encoding="utf-8").partition('"id":"')[2].partition('"')[0]
    )
    story = sofrito("show", "tea-questions", first, cwd=tea)
    assert "generate question" in story.stdout


def test_its_error_is_what_is_printed(tea: Path) -> None:
    shown = re.findall(r"  ```\n(  error\[.*?)  ```", README, re.DOTALL)[0]
    expected = "".join(line.removeprefix("  ") for line in shown.splitlines(keepends=True))
    (tea / "tea.yaml").write_text(RECIPE.replace("generate: question", "genrate: question"))
    done = sofrito("validate", "tea.yaml", cwd=tea)
    assert done.returncode == 2
    assert expected in done.stderr


def test_every_file_it_names_is_there() -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / link).exists(), link
    for script in re.findall(r"`(bench/[a-z_]+\.py)`", README):
        assert (ROOT / script).is_file(), script


def test_its_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z]+)$", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_what_puts_the_command_on_the_path() -> None:
    (line,) = re.findall(r"^(\. \S+/activate)$", README, re.MULTILINE)
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(BIN)", ".venv/bin")
    assert f"`sofrito` in this shell: {line}'" in recipe
    if not (ROOT / ".venv" / "bin" / "activate").exists():
        pytest.skip("there is no .venv in this checkout")
    script = f"{line} && command -v sofrito"
    done = subprocess.run(
        ["sh", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert Path(done.stdout.strip()).samefile(ROOT / ".venv" / "bin" / "sofrito")


def test_its_verbs_and_filters_are_those_there_are() -> None:
    from sofrito.plan.vocabulary import vocabulary

    known = vocabulary()
    for verb in known.verbs:
        assert f"| `{verb}` |" in README, verb
    for name in (*known.filters, *known.formats):
        assert re.search(rf"\b{name}\b", README), name

"""The example package of docs/plugins.md is installed, and everything the page says of it is true."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from runs import command, only_run

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "example-plugin"
PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
OFFLINE = ["--no-deps", "--no-build-isolation", "--no-index"]
TEXT = r"<\|im_start\|>user\nTell me about tea.<\|im_end\|>\n<\|im_start\|>assistant\n.* Write to \[address\].*"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the example package installed into it."""
    folder = tmp_path_factory.mktemp("site")
    subprocess.run([*PIP, "install", *OFFLINE, "--target", folder, EXAMPLE], check=True)
    return folder


def with_site(site: Path) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT / "engine"), str(site)])
    return {**os.environ, "PYTHONPATH": path, "NO_COLOR": "1"}


def sofrito(
    site: Path, *arguments: str | Path, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        env=with_site(site),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def rows(run: Path) -> list[dict[str, str]]:
    files = sorted((run / "dataset").rglob("*.jsonl"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [json.loads(line) for line in lines]


def test_its_commands_run_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    pip = f'pip() {{ {" ".join([*PIP, "install", *OFFLINE])} --target "$PWD/site" "$2"; }}\n'
    shell = f'set -e\nsofrito() {{ {" ".join(command())} "$@"; }}\n{pip}'
    for block in blocks("console"):
        done = subprocess.run(
            ["sh", "-c", shell + block], cwd=tmp_path, capture_output=True, text=True,
            env=with_site(tmp_path / "site"), check=False,
        )  # fmt: skip
        assert done.returncode == 0, block + done.stdout + done.stderr
    run = only_run(tmp_path / "runs")
    assert [bool(re.fullmatch(TEXT, row["text"], re.DOTALL)) for row in rows(run)] == [True] * 5
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    teacher = manifest["models"]["teacher"]
    assert {"backend": "markov", "package": "sofrito-example", "version": "0.1.0"}.items() <= (
        teacher.items()
    )
    assert manifest["packages"]["sofrito-example"] == "0.1.0"
    defs = json.loads((tmp_path / "recipe.schema.json").read_text(encoding="utf-8"))["$defs"]
    assert defs["verb.redact"]["properties"]["mark"]["description"] == (
        "What stands in an address' place."
    )
    assert defs["filter.sentences"]["required"] == ["count"]
    assert "chatml" in defs["Writer"]["examples"]
    assert "markov" in defs["Model"]["properties"]["backend"]["examples"]


def test_what_it_shows_is_in_the_package() -> None:
    files = [*EXAMPLE.rglob("*.py"), EXAMPLE / "pyproject.toml", EXAMPLE / "recipe.yaml"]
    texts = [file.read_text(encoding="utf-8") for file in files]
    shown = [*blocks("python"), *blocks("toml"), *blocks("yaml")]
    assert len(shown) == 6
    assert [block for block in shown if not any(block in text for text in texts)] == []
    for link in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / link).exists(), link


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {
                "redact: response": "redact: response\n    mrk: x",
                "[2, 3]": "2",
                "chatml": "chatmel",
            },
            [
                ("SOF101", "`redact` has no option `mrk`.", "Did you mean `mark`?"),
                (
                    "SOF103",
                    "`sentences` must be a list, not the number 2.",
                    "Such as `sentences: [1, 2]`. Least and most ends of sentences: `.`, `!` or `?` "
                    "before a space or the end.",
                ),
                ("SOF107", "`chatmel` is not a format.", "Did you mean `chatml`?"),
            ],
        ),
        (
            {"redact: response": "redact: reply", "instruction": "task"},
            [
                ("SOF201", "`reply` is not known here.", "Known here: `response`."),
                (
                    "SOF210",
                    "`chatml` needs the column `instruction`, which nothing makes.",
                    "Name another: `chatml: {prompt: COLUMN}`. There are `reply`, `response`, `task`.",
                ),
            ],
        ),
        (
            {"markov": "markof", "redact:": "redakt:", "sentences:": "sentence:"},
            [
                ("SOF104", "`backend` cannot be «markof».", "Did you mean `markov`?"),
                ("SOF105", "`redakt` is not a verb.", "Did you mean `redact`?"),
                ("SOF106", "`sentence` is not a filter.", "Did you mean `sentences`?"),
            ],
        ),
    ],
    ids=["options", "columns", "names"],
)
def test_a_mistake_in_a_packages_words_is_told_as_any_other(
    site: Path, tmp_path: Path, changes: dict[str, str], expected: list[tuple[str, str, str]]
) -> None:
    text = (EXAMPLE / "recipe.yaml").read_text(encoding="utf-8")
    for before, after in changes.items():
        text = text.replace(before, after)
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "tea.txt").write_text("Tea is hot.", encoding="utf-8")
    done = sofrito(site, "validate", tmp_path, "--format", "json")
    told = [(one["code"], one["what"], one["fix"]) for one in json.loads(done.stdout)]
    assert (told, done.returncode) == (expected, 2)


@pytest.mark.parametrize(
    ("sets", "again"), [((), 0), (("--set", "models.teacher={backend: scripted}"), 5)]
)
def test_another_version_is_another_run(
    site: Path, tmp_path: Path, sets: tuple[str, ...], again: int
) -> None:
    """A backend of another version is asked again; of verbs and filters only the rows are others."""
    arguments = ("run", EXAMPLE, "--set", "steps.3.by=[{sentences: [0, 99]}]", *sets)
    for version, before in (("0.1.0", 0), ("0.2.0", again)):
        (metadata,) = site.glob("sofrito_example-*.dist-info/METADATA")
        text = metadata.read_text(encoding="utf-8")
        metadata.write_text(re.sub(r"(?m)^Version: .*", f"Version: {version}", text))
        done = sofrito(site, *arguments, cwd=tmp_path)
        assert "5 of 5 rows" in done.stdout, done.stderr
        assert f"{before} taken from the journal" in done.stdout
    assert len([*(tmp_path / "runs").glob("*/*/manifest.json")]) == 2


def test_doctor_lists_what_packages_bring(site: Path, tmp_path: Path) -> None:
    found = json.loads(sofrito(site, "doctor", "--format", "json", cwd=tmp_path).stdout)["plugins"]
    assert [(one["kind"], one["name"], one["package"], one["trouble"]) for one in found] == [
        ("backend", "markov", "sofrito-example", ""),
        ("filter", "sentences", "sofrito-example", ""),
        ("format", "chatml", "sofrito-example", ""),
        ("verb", "redact", "sofrito-example", ""),
    ]


def broken(site: Path, folder: Path, module: str, change: tuple[str, str]) -> Path:
    """Return a copy of the installed package in which a module has a text changed."""
    copy = folder / "site"
    subprocess.run(["cp", "-r", site, copy], check=True)
    file = copy / "sofrito_example" / f"{module}.py"
    text = file.read_text(encoding="utf-8")
    assert change[0] in text
    file.write_text(text.replace(*change), encoding="utf-8")
    return copy


def test_who_uses_a_package_that_fails_to_import_is_told_and_nobody_else(
    site: Path, tmp_path: Path
) -> None:
    copy = broken(site, tmp_path, "redact", ("import re\n", "import re\nimport not_there\n"))
    done = sofrito(copy, "validate", EXAMPLE)
    what = "The verb `redact` of the package sofrito-example"
    assert done.returncode == 1
    assert done.stderr.startswith(f"sofrito: {what}")
    assert "No module named 'not_there'" in done.stderr
    assert done.stderr.endswith("remove it: pip uninstall sofrito-example\n")
    assert sofrito(copy, "validate", "curate").returncode == 0
    assert f"cannot be used: {what}" in sofrito(copy, "doctor", cwd=tmp_path).stdout


def test_a_column_that_a_packages_verb_makes(site: Path, tmp_path: Path) -> None:
    sets = (
        "steps.2={redact: response, found: addresses, when: instruction == 'Tea'}",
        "steps.4={set: instruction, to: \"'Tea'\"}",
        "output.write=[{raw: [response, addresses]}]",
    )
    arguments = [part for one in sets for part in ("--set", one)]
    done = sofrito(site, "validate", EXAMPLE, *arguments, "--format", "json")
    assert [one["what"] for one in json.loads(done.stdout)] == ["`instruction` is not known here."]
    arguments[1] = "steps.2={redact: response, found: addresses}"
    done = sofrito(site, "run", EXAMPLE, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [row["addresses"] for row in rows(only_run(tmp_path / "runs"))] == [1] * 5
    arguments[1] = "steps.2={redact: response, found: addresses, when: response == ''}"
    done = sofrito(site, "run", EXAMPLE, *arguments, "--out", "others", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [row["addresses"] for row in rows(only_run(tmp_path / "others"))] == [None] * 5


@pytest.mark.parametrize(
    ("command", "module", "change"),
    [
        ("run", "sentences", ("len(END.findall(text))", "len(END)")),
        ("plan", "redact", ("self.guard()", "self.gard()")),
    ],
)
def test_an_error_in_a_packages_code_is_told_as_its_own(
    site: Path, tmp_path: Path, command: str, module: str, change: tuple[str, str]
) -> None:
    copy = broken(site, tmp_path, module, change)
    done = sofrito(copy, command, EXAMPLE, cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-2].startswith("sofrito: a bug of the package sofrito-example")
    assert done.stderr.splitlines()[-1].startswith("Please report it to its authors with ")


def test_a_backend_that_makes_no_teacher_is_told(site: Path, tmp_path: Path) -> None:
    copy = broken(site, tmp_path, "markov", ("return Markov(text)", "return text"))
    done = sofrito(copy, "run", EXAMPLE, cwd=tmp_path)
    assert done.returncode == 1
    assert "makes a str, no sofrito.teachers.teacher.Teacher." in done.stderr

"""`sofrito validate` for people and for machines: colours, JSON, SARIF."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sofrito import __version__
from sofrito.cli import invoke
from sofrito.cli.problems import rendered
from sofrito.problems import Problem, Span
from sofrito.problems.codes import CODES

RECIPE = """\
recipe: case
rows: 5
round: 2
steps:
  - generate: answer
    prompt: "Tell me of {{ topic }}."
output: {write: [raw]}
"""
WHAT = "`topic` is not known here."
FIX = "Known here: nothing."
IDLE = "`round` does nothing here: no pool grows, and no axes spread the rows."


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    file = tmp_path / "a recipe.yaml"
    file.write_text(RECIPE, encoding="utf-8")
    return file


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = invoke(arguments)
    out, wrong = capsys.readouterr()
    return code, out, wrong


def test_json_has_every_problem(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "validate", str(recipe), "--format", "json")
    found = json.loads(out)
    assert (code, [one["code"] for one in found]) == (2, ["SOF212", "SOF201"])
    assert found[1] == {
        "code": "SOF201",
        "severity": "error",
        "file": str(recipe),
        "line": 6,
        "column": 28,
        "length": 5,
        "what": WHAT,
        "fix": FIX,
    }


def test_sarif_has_a_rule_for_each_code_and_a_result_for_each_problem(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said(capsys, "validate", str(recipe), "--format", "sarif")
    log = json.loads(out)
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert (code, log["version"], driver["version"]) == (2, "2.1.0", __version__)
    assert [rule["id"] for rule in driver["rules"]] == ["SOF201", "SOF212"]
    assert driver["rules"][0]["shortDescription"] == {"text": CODES["SOF201"].title}
    uri = {"uri": recipe.resolve().as_uri()}
    assert [result["level"] for result in run["results"]] == ["warning", "error"]
    assert run["results"][1] == {
        "ruleId": "SOF201",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": f"{WHAT} {FIX}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": uri,
                    "region": {"startLine": 6, "startColumn": 28, "endColumn": 33},
                }
            }
        ],
        "properties": {"fix": FIX},
    }
    assert "%20" in uri["uri"]


def test_sarif_names_an_override_by_its_number(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ("--set", "round=3", "--set", "rows=none")
    _, out, _ = said(capsys, "validate", str(recipe), "--format", "sarif", *wrong)
    places = [result["locations"][0] for result in json.loads(out)["runs"][0]["results"]]
    named = [place["logicalLocations"][0] for place in places if "logicalLocations" in place]
    assert named[-1] == {"fullyQualifiedName": "--set, number 2", "kind": "parameter"}


def test_a_recipe_without_problems_has_no_results(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe.write_text(RECIPE.replace("{{ topic }}", "tea").replace("round: 2\n", ""), "utf-8")
    code, out, _ = said(capsys, "validate", str(recipe), "--format", "sarif")
    (run,) = json.loads(out)["runs"]
    assert (code, run["results"], run["tool"]["driver"]["rules"]) == (0, [], [])


def test_text_shows_the_word_in_its_line(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, wrong = said(capsys, "validate", str(recipe))
    shown = [
        f"warning[SOF212]: {IDLE}",
        f"  --> {recipe}:3:1",
        "3 | round: 2",
        "  | ^^^^^",
        "  = Remove it; or let a pool grow: `- grow: POOL`.",
        "",
        f"error[SOF201]: {WHAT}",
        f"  --> {recipe}:6:28",
        '6 |     prompt: "Tell me of {{ topic }}."',
        "  |                            ^^^^^",
        f"  = {FIX}",
        "",
        "1 error, 1 warning",
    ]
    assert (code, out, wrong.splitlines()) == (2, "", shown)


def test_a_long_word_is_shown_without_its_middle() -> None:
    key = "a" * 300 + "b" * 300
    problem = Problem("SOF101", Span(Path("recipe.yaml"), 6, 3, 2), f"There is no key `{key}`.")
    assert rendered(problem, None).splitlines()[0].endswith(f"`{'a' * 39}…{'b' * 38}`.\x1b[0m")


def test_an_old_key_on_the_command_line_is_told_with_its_path(
    recipe: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, wrong = said(capsys, "validate", str(recipe), "--set", "models.teacher.timeout=9")
    fixes = [line.strip() for line in wrong.splitlines() if line.strip().startswith("= ")]
    assert "= Write --set models.teacher.timeout_seconds=…" in fixes


def test_problems_have_colours() -> None:
    problem = Problem("SOF201", Span(Path("recipe.yaml"), 6, 3, 2), WHAT)
    head, *_ = rendered(problem, "  ab").splitlines()
    assert head == f"\x1b[31m\x1b[1merror[SOF201]\x1b[0m: \x1b[1m{WHAT}\x1b[0m"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("value", "coloured"), [(None, True), ("", True), ("1", False)])
def test_no_color_is_heard_in_a_terminal(recipe: Path, value: str | None, coloured: bool) -> None:
    import pty

    environ = {key: one for key, one in os.environ.items() if key != "NO_COLOR"}
    environ |= {} if value is None else {"NO_COLOR": value}
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "sofrito.cli", "validate", recipe.name]
    done = subprocess.run(
        command, stdout=theirs, stderr=theirs, env=environ, cwd=recipe.parent, check=False
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert (done.returncode, "\x1b[" in shown, WHAT in shown) == (2, coloured, True)

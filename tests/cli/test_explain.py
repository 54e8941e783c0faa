"""`sofrito explain`, and the pages of the docs that are made of the same texts."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from sofrito.cli.explain import command
from sofrito.cli.problem_pages import problems_of, published_pages
from sofrito.problems.codes import CODES

DOCS = Path(__file__).parents[2] / "docs" / "problems"
WITHOUT_AN_EXAMPLE = {"SOF001"}
EXAMPLES = sorted(CODES.keys() - WITHOUT_AN_EXAMPLE)


def explained(*arguments: str) -> tuple[int, str]:
    result = CliRunner(env={"NO_COLOR": "1"}).invoke(command, arguments)
    return result.exit_code, result.output


def test_all_codes_are_listed_in_their_order() -> None:
    _, said = explained()
    assert [line.partition("  ")[0] for line in said.splitlines()] == sorted(CODES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_has_that_problem_and_no_other(name: str) -> None:
    code = CODES[name]
    assert {one.code for one, _ in problems_of(name, code.wrong, code.encoding)} == {name}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_mended_example_has_no_problem(name: str) -> None:
    assert CODES[name].right
    assert problems_of(name, CODES[name].right) == []


@pytest.mark.parametrize("name", CODES)
def test_every_code_says_all_there_is_to_say(name: str) -> None:
    code = CODES[name]
    assert all(text.endswith(".") for text in (code.title, code.means, code.why, code.instead))
    assert bool(code.wrong) == (name not in WITHOUT_AN_EXAMPLE)


def test_the_pages_are_those_that_the_texts_make() -> None:
    there = {file.name: file.read_text(encoding="utf-8") for file in DOCS.glob("*.md")}
    assert there == published_pages(), "run: sofrito schema --write"


@pytest.mark.parametrize("asked", ["SOF201", "sof201", " Sof201 ", "201", "sof2O1"])
def test_a_code_is_found_however_it_is_written(asked: str) -> None:
    code, said = explained(asked)
    assert (code, said.splitlines()[0]) == (
        0,
        "SOF201: A template or expression uses a name that nothing before it makes.",
    )


def test_explains_with_an_example_and_its_answer() -> None:
    _, said = explained("SOF003")
    assert said == (
        "SOF003: A key appears twice in one mapping; YAML would silently keep one of them.\n"
        "\n"
        "The same key stands twice at the same level.\n"
        "\n"
        "Why it matters\n"
        "\n"
        "Most readers of YAML keep the last one and say nothing: half of what you wrote\n"
        "would be lost.\n"
        "\n"
        "Example\n"
        "\n"
        "    rows: 50\n"
        "    rows: 500\n"
        "\n"
        "    error[SOF003]: `rows` appears twice in this mapping, also at line 1.\n"
        "      --> recipe.yaml:2:1\n"
        "    2 | rows: 500\n"
        "      | ^^^^\n"
        "      = Remove one of the two.\n"
        "\n"
        "What to do instead\n"
        "\n"
        "Keep the one that you mean. Two of a kind (models, axes, seed pools) are entries\n"
        "with different names below one key.\n"
        "\n"
        "    rows: 500\n"
    )


def test_without_a_code_lists_all_of_them() -> None:
    code, said = explained()
    lines = [f"{name}  {one.title}" for name, one in CODES.items()]
    assert (code, said.splitlines()) == (0, lines)


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("SOF2111", "Did you mean `SOF211`?"),
        ("nonsense", "`sofrito explain` lists all codes."),
        ("nope", "`sofrito explain` lists all codes."),
    ],
)
def test_a_code_that_is_none_is_told(asked: str, near: str) -> None:
    code, said = explained(asked)
    assert (code, said.splitlines()[-1]) == (2, f"Error: There is no code `{asked}`. {near}")


def test_prints_for_machines() -> None:
    _, one = explained("SOF001", "--format", "json")
    assert json.loads(one)["title"] == CODES["SOF001"].title
    _, all_ = explained("--format", "json")
    assert [code["code"] for code in json.loads(all_)] == [*CODES]


def test_no_page_names_a_file_of_this_machine() -> None:
    assert not any(os.fspath(Path.cwd()) in page for page in published_pages().values())

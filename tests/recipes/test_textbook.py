"""textbook: sections with exercises that two agree on, no chapter before those it needs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from shipped_runs import ShippedRun, run_like

from sofrito.export.order import ranks_of
from sofrito.export.sequence import rows_of
from sofrito.plan.inputs import inputs
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.read import read_recipe
from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Completion

pytest.importorskip("math_verify", reason="the extra `math` is not installed")

CHAPTERS = [
    {"chapter": "Equal parts", "difficulty": 2, "needs": []},
    {"chapter": "Half of a half", "difficulty": 1, "needs": ["equal  parts"]},
    {"chapter": "Sharing a cake", "difficulty": 1, "needs": []},
]
SECTIONS = {
    "Equal parts": ["What equal means", "A whole is cut"],
    "Half of a half": ["A quarter"],
    "Sharing a cake": ["Eight guests"],
}
SAID = {"beginners": "Cut it in the middle, so that both parts weigh the same.", "students": "See"}
EXERCISES = {
    "What equal means": [("What is half of 1?", "1/2", "0.5"), ("Half of 6?", "3", "2")],
    "A whole is cut": [("How many halves are 2?", "4", "2")],
    "A quarter": [("What is half of 3/5?", r"\frac{3}{10}", "3/10")],
    "Eight guests": [("A cake for 8 is cut. What does each get?", "1/8", "0.125")],
}
RESULTS = {asked: result for several in EXERCISES.values() for asked, _, result in several}


def book(call: Completion) -> str:
    """Write for beginners; what students would read is too short to be a section."""
    prompt = call.messages[-1].content
    if prompt.startswith("You plan"):
        items: list[Any] = CHAPTERS
    elif "Divide the chapter" in prompt:
        items = next(names for chapter, names in SECTIONS.items() if f'"{chapter}"' in prompt)
    elif prompt.startswith("Write a section"):
        section = prompt.partition("Section: ")[2].splitlines()[0]
        audience = "beginners" if "for beginners" in prompt else "students"
        return f"{section}. {SAID[audience]}"
    elif prompt.startswith("Beginners have read"):
        section = next(name for name in EXERCISES if f"\n{name}. " in prompt)
        items = [{"exercise": asked, "answer": right} for asked, right, _ in EXERCISES[section]]
    else:
        asked = next(one for one in RESULTS if f"\n{one}\n" in prompt)
        return json.dumps(
            {"solution": f"Look at it: {len(asked)} letters.", "result": RESULTS[asked]}
        )
    return json.dumps({"items": items})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("textbook")


@pytest.fixture(scope="module")
def run(folder: Path) -> ShippedRun:
    several = {"items": [1, 3]}
    return run_like(
        "textbook",
        book,
        folder,
        axes={"topic": {"generate": {"width": 1}}, "style": {"values": ["plain"]}},
        steps={
            "generate chapter+difficulty+needs": several,
            "generate section": several,
            "filter body": {"by": [{"length": {"words": [8, 3000]}}, "contentless"]},
            "generate exercise+answer": {"schema": None, **several},
            "generate solution+result": {"schema": None},
        },
    )


def page(chapter: str, section: str, exercise: str, answer: str) -> str:
    return (
        f"# {chapter}\n\n## {section}\n\n{section}. {SAID['beginners']}\n\n"
        f"### Exercises\n\n1. {exercise}\n\n"
        f"### Solutions\n\n1. Look at it: {len(exercise)} letters. The answer is {answer}.\n"
    )


def test_pages_have_the_exercises_whose_results_are_equal_by_value(run: ShippedRun) -> None:
    assert {id_: row["text"] for id_, row in run.rows.items()} == {
        "0.0.0": page("Equal parts", "What equal means", "What is half of 1?", "1/2"),
        "0.1.0": page("Half of a half", "A quarter", "What is half of 3/5?", r"\frac{3}{10}"),
        "0.2.0": page(
            "Sharing a cake", "Eight guests", "A cake for 8 is cut. What does each get?", "1/8"
        ),
    }


def test_every_book_is_written_once_and_taken_whole(run: ShippedRun) -> None:
    assert run.status == "complete"
    wrong = dict.fromkeys(["0.0.0.1", "0.0.1.0"], "keep: check.ok")
    short = dict.fromkeys(["1.0.0", "1.0.1", "1.1.0", "1.2.0"], "length: too short")
    assert run.lost == {**wrong, "0.0.1": "fewer than 1 collected", **short}


def test_a_chapter_comes_after_those_it_needs_and_otherwise_the_easy_ones_first(
    folder: Path, run: ShippedRun
) -> None:
    read = read_recipe(folder / "recipe.yaml", vocabulary())
    given = inputs(read)
    rows = rows_of(folder / "run", read.recipe, ranks=ranks_of(given.axes, given.records))
    assert [row.id for row in rows] == ["0.2.0", "0.0.0", "0.1.0"]
    assert sorted(row.id for row in rows) == sorted(run.rows)


def programs(call: Completion) -> str:
    """Write a page with two exercises, and solve the first one only."""
    prompt = call.messages[-1].content
    if prompt.startswith("You plan"):
        items: list[Any] = [{"chapter": "Sums", "difficulty": 1, "needs": []}]
    elif "Divide the chapter" in prompt:
        items = ["Adding two numbers"]
    elif prompt.startswith("Write a section"):
        return "A plus sign adds two numbers, and gives a new one."
    elif "have read this section" in prompt:
        items = [
            {"exercise": f"Write `{name}(a, b)`.", "tests": [f"assert {name}(1, 2) == 3"]}
            for name in ("add", "plus")
        ]
    else:
        return "Add them.\n\n```python\ndef add(a, b):\n    return a + b\n```"
    return json.dumps({"items": items})


def test_the_books_about_programming_of_the_readme_have_programs_that_pass(tmp_path: Path) -> None:
    text = (shipped_recipes()["textbook"] / "README.md").read_text(encoding="utf-8")
    (written,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    child = YAML(typ="safe").load(written)
    child["steps"]["generate exercise+answer"] |= {"items": [2, 2]}
    child["steps"]["generate exercise+answer"]["schema"]["tests"] |= {"min_length": 1}
    child["steps"] |= {
        "generate chapter+difficulty+needs": {"items": [1, 1], "schema": {"chapter": None}},
        "generate section": {"items": [1, 1], "schema": None},
    }
    run = run_like(
        "textbook",
        programs,
        tmp_path,
        params=child["params"],
        axes={
            "topic": {"generate": {"width": 1}},
            "audience": {"values": ["beginners"]},
            "style": {"values": ["plain"]},
        },
        steps=child["steps"],
    )
    solution = "Add them.\n\n```python\ndef add(a, b):\n    return a + b\n```"
    assert [row["exercises"] for row in run.rows.values()] == [
        [{"exercise": "Write `add(a, b)`.", "solution": solution}]
    ]
    assert run.lost == {"0.0.0.1": "keep: check.ok"}

"""Heads of operators and rubrics: read, with every problem at its place in the file."""

from pathlib import Path

import pytest

from sofrito.problems import RecipeError
from sofrito.recipe.heads import Aspect, Head, Headed, OperatorHead, RubricHead, Scale, read_head

OPERATOR = """\
---
title: Add a constraint
kind: depth
weight: 2
variables: [audience]
source: Xu et al. 2023
---
Rewrite for {{ audience }}:
{{ instruction }}
"""
RUBRIC = """\
---
name: four_aspects
scale: {min: 1, max: 5}
aspects:
  - {name: honesty, text: Says what is not known.}
verdict: {reason: string}
---
Judge {{ response }}.
"""


def told(text: str, kind: type[Head]) -> list[str]:
    with pytest.raises(RecipeError) as error:
        read_head(Path("x.j2"), text, kind)
    return [f"{one.code} {one.where}: {one.what}" for one in error.value.problems]


def test_an_operators_head() -> None:
    head = OperatorHead(
        name="constrain",
        title="Add a constraint",
        weight=2,
        variables=("audience",),
        source="Xu et al. 2023",
    )
    body = "Rewrite for {{ audience }}:\n{{ instruction }}\n"
    assert read_head(Path("a/constrain.j2"), OPERATOR, OperatorHead) == Headed(head, body, 7)


def test_a_rubrics_head() -> None:
    aspect = Aspect(name="honesty", text="Says what is not known.")
    head = RubricHead(
        name="four_aspects",
        scale=Scale(min=1, max=5),
        aspects=(aspect,),
        verdict={"reason": "string"},
    )
    assert read_head(Path("r.j2"), RUBRIC, RubricHead) == Headed(head, "Judge {{ response }}.\n", 7)


@pytest.mark.parametrize("text", ["Rewrite.\n---\n", "", "--- a\n", "\n---\nkind: depth\n---\n"])
def test_without_a_head_all_is_template(text: str) -> None:
    expected = Headed(OperatorHead(name="deepen"), text, 0)
    assert read_head(Path("deepen.j2"), text, OperatorHead) == expected


@pytest.mark.parametrize("head", ["", "# nothing yet\n"])
def test_an_empty_head_is_one(head: str) -> None:
    read = read_head(Path("deepen.j2"), f"---\r\n{head}---\r\nRewrite.", OperatorHead)
    assert read == Headed(OperatorHead(name="deepen"), "Rewrite.", 2 + head.count("\n"))


def test_what_follows_the_head_stands_behind_its_lines() -> None:
    read = read_head(Path("x.j2"), OPERATOR, OperatorHead)
    assert OPERATOR.split("\n")[read.offset] == read.body.split("\n")[0]


def test_problems_stand_where_they_are_in_the_file() -> None:
    head = "---\ntitel: Add\nkind: deep\nweight: 0\n---\n{{ x }}"
    assert told(head, OperatorHead) == [
        "SOF101 x.j2:2:1: A head has no key `titel`.",
        "SOF104 x.j2:3:7: `kind` cannot be «deep».",
        "SOF104 x.j2:4:9: `weight` must be more than 0, not 0.",
    ]


def test_a_head_that_is_no_mapping_or_has_no_end() -> None:
    assert told("---\n- a\n---\n", OperatorHead) == [
        "SOF004 x.j2:2:1: The head is not a mapping of keys."
    ]
    assert told("---\nkind: depth\n", OperatorHead) == [
        "SOF002 x.j2:1:1: The head that begins here has no end."
    ]
    assert [one[:15] for one in told("---\na: [\n---\n", OperatorHead)] == ["SOF002 x.j2:2:4"]


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        ("scale: {min: 5, max: 1}", "2:8: The scale's `min` must be below its `max`."),
        ("labels: [good]", "2:1: One label is no choice: `labels` needs two or more."),
        (
            "{scale: {min: 1, max: 2}, labels: [a, b]}",
            "2:1: A rubric has a `scale` or `labels`, not both.",
        ),
        (
            "aspects: [{name: a, text: x}, {name: a, text: y}]",
            "2:1: Two aspects are called `a`.",
        ),
    ],
)
def test_a_rubric_that_contradicts_itself(head: str, problem: str) -> None:
    (said,) = told(f"---\n{head}\n---\n", RubricHead)
    assert said.split(":", 1) == ["SOF212 x.j2", problem]

"""Rubrics and operators that show what they are about, each in its way, are told nothing of."""

from pathlib import Path

import pytest

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.read import read_recipe

RECIPE = """\
recipe: sound
seeds: {s: {rows: [{question: Why?, topic: tides}]}}
from: s
steps:
  - evolve: question
    operators: [turn]
    answer: {reply: "{{ question }}"}
  - generate: answer
    prompt: "{{ question }}"
    n: 2
  - judge: answer
    given: [question, topic]
    rubric: mine
    compare: COMPARE
    keep: verdict.score != 1
output: {write: [{messages: {prompt: question, completion: answer}}, {text: reply}]}
"""
HEAD = "---\nscale: {min: 1, max: 5}\n---\n"
BESIDE = "{{ given.question }} {{ topic }}"


def told(
    folder: Path, rubric: str, operator: str = "{{ text }}", compare: str = "alone"
) -> list[str]:
    for name, text in (("rubrics/mine", HEAD + rubric), ("operators/turn", operator)):
        file = folder / "prompts" / f"{name}.j2"
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
    (folder / "recipe.yaml").write_text(RECIPE.replace("COMPARE", compare), encoding="utf-8")
    found = read_recipe(folder / "recipe.yaml", vocabulary(), environ={}).warnings
    return [one.what for one in found]


@pytest.mark.parametrize(
    "rubric",
    [
        '{% include "judging/shown.j2" %}',
        f"{{{{ judged }}}} {BESIDE}",
        f"{{{{ answer }}}} {BESIDE}",
        "{% for k, v in given | items %}{{ k }}{{ v }}{% endfor %}{{ judged }}",
        "{% set file = 'judging/shown.j2' %}{% include file %}",
    ],
)
def test_a_rubric_that_shows_it(rubric: str, tmp_path: Path) -> None:
    assert told(tmp_path, rubric) == []


@pytest.mark.parametrize(
    "shown",
    [
        "{% for one in judged %}{{ loop.index }}: {{ one }}{% endfor %}",
        "A: {{ judged[0] }} B: {{ judged[1] }}",
        "{{ judged | join('; ') }}",
        "{% set a, b = judged %}A: {{ a }} B: {{ b }}",
        "{% macro list(all) %}{% for one in all %}{{ one }}{% endfor %}{% endmacro %}{{ list(judged) }}",
    ],
)
def test_a_rubric_that_goes_over_answers(shown: str, tmp_path: Path) -> None:
    assert told(tmp_path, f"{BESIDE} {shown}", compare="pairwise") == []


@pytest.mark.parametrize(
    ("operator", "fine"),
    [
        ("Harder: {{ text }}", True),
        ("Harder: {{ question }}", True),
        ("Ask for what this leaves out: {{ reply }}", True),
        ("---\nkind: breadth\n---\nAsk something else about {{ topic }}.", True),
        ("---\nkind: breadth\n---\nAsk something else.", False),
        ("Ask something else about {{ topic }}.", False),
    ],
)
def test_operators(operator: str, fine: bool, tmp_path: Path) -> None:
    found = told(tmp_path, f"{{{{ judged }}}} {BESIDE}", operator)
    unshown = "The operator `turn` never shows the text that it is to rewrite."
    assert found == ([] if fine else [unshown])

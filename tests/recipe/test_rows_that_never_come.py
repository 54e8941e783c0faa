"""What a run would find out by its first rows is told before, and nothing of what may go well."""

from pathlib import Path

import pytest

from sofrito.problems import RecipeError
from sofrito.recipe.read import read_recipe
from sofrito.recipe.vocabulary import Vocabulary

RECIPE = """\
recipe: case
rows: 4
axes: {{topic: {{values: [acids, bases]}}}}
seeds: {{faq: {{rows: [{{Question: Why?}}, {{Question: How?}}, {{Question: Who?}}]}}}}
steps:
{steps}
output:
  write: [{write}]
"""


def told(folder: Path, vocabulary: Vocabulary, steps: str, write: str = "raw") -> list[str]:
    """Return the problems of a recipe with these steps, but for what nothing uses: code and what."""
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(steps=steps, write=write), encoding="utf-8")
    try:
        problems = read_recipe(recipe, vocabulary, environ={}).warnings
    except RecipeError as error:
        problems = error.problems
    return [f"{one.code} {one.what}" for one in problems if one.code != "SOF213"]


SHOTS = """\
  - generate: answer
    shots: [{{draw: 2, from: faq}}]
    prompt: "{{{{ topic }}}} {}"
"""


@pytest.mark.parametrize(
    "text",
    [
        "{{ shots[1].Question }} {{ shots[-2]['Question'] }} {{ (shots | last).Question }}",
        "{% if shots | length > 2 %}{{ shots[2].Question }}{% endif %}",
        "{{ shots[5].Question if shots | length > 5 }}",
        "{% for shot in shots %}{% if loop.index > 3 %}{{ shots[7] }}{% endif %}{% endfor %}",
        "{{ shots[4] | default('') }} {% if shots[3] is defined %}x{% endif %}",
        "{{ shots[0].answer | default('') }} {{ shots | map(attribute='a', default='') | join }}",
        "{% set one = shots[0] %}{% set one = {'b': 1} %}{{ one.b }}",
        "{% macro m(shots) %}{{ shots[9].b }}{% endmacro %}{{ m([1]) }}",
        "{{ shots | map(attribute='Question') | join }} {{ shots[0].items() | list }}",
    ],
)
def test_shots_that_are_there_or_can_be_missed(
    tmp_path: Path, vocabulary: Vocabulary, text: str
) -> None:
    assert told(tmp_path, vocabulary, SHOTS.format(text)) == []


def test_an_included_template_reads_shots_that_are_drawn(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    (tmp_path / "far.j2").write_text("{{ shots[2].Question }}", encoding="utf-8")
    perhaps = "{% if shots | length > 2 %}{% include 'far.j2' %}{% endif %}"
    assert told(tmp_path, vocabulary, SHOTS.format(perhaps)) == []
    beyond = "SOF201 There is no `shots[2]`: the step draws 2 rows, counted from 0."
    assert told(tmp_path, vocabulary, SHOTS.format("{% include 'far.j2' %}")) == [beyond]


NULLS = """\
  - generate: hint
    when: topic == 'acids'
    prompt: "Hint at {{ topic }}."
"""
NULL = "SOF218 `hint` is null in rows where `topic == 'acids'` is false, and this fails there."


@pytest.mark.parametrize(
    "more",
    [
        "- generate: answer\n    prompt: '{{ hint }} {{ hint | default(\"\", true) | length }}'",
        "- generate: answer\n    prompt: '{% if hint %}{{ hint.strip() }}{% endif %}'",
        "- generate: answer\n    when: topic == 'acids'\n    prompt: '{{ hint.strip() }}'",
        "- generate: answer\n    prompt: '{{ hint.strip() if hint is not none else topic }}'",
        "- filter: hint\n    keep: hint is not none and hint | length > 3",
        "- filter: hint\n    by: [{length: {words: [1, 50]}}]\n  - filter: hint\n    keep: hint[0] != '-'",
        "- set: hint\n    to: hint or 'none'\n  - filter: hint\n    keep: hint[0] != '-'",
        "- filter: hint\n    when: topic == 'acids'\n    keep: hint | length > 3",
    ],
)
def test_null_that_is_asked_for(tmp_path: Path, vocabulary: Vocabulary, more: str) -> None:
    assert told(tmp_path, vocabulary, f"{NULLS}  {more}\n") == []


@pytest.mark.parametrize(
    "more",
    [
        "- generate: answer\n    prompt: '{{ topic }} {{ hint | length }}'",
        "- generate: answer\n    prompt: '{{ topic }} {% for line in hint %}{{ line }}{% endfor %}'",
        "- filter: hint\n    keep: hint | length > 3",
        "- filter: hint\n    keep: \"'-' in hint\"",
        "- set: long\n    to: hint > 'a'",
        "- filter: hint\n    when: topic == 'bases'\n    keep: topic != ''\n  - set: b\n    to: hint[0]",
    ],
)
def test_null_that_is_not_asked_for(tmp_path: Path, vocabulary: Vocabulary, more: str) -> None:
    assert NULL in told(tmp_path, vocabulary, f"{NULLS}  {more}\n")


def test_null_in_what_is_written(tmp_path: Path, vocabulary: Vocabulary) -> None:
    write = "{raw: {columns: [hint], where: hint | length > 3}}"
    assert told(tmp_path, vocabulary, NULLS, write) == [NULL]


TWINS = """\
  - generate: answer
    prompt: "Tell of {{{{ topic }}}}."
    n: 3
    sampling: {{temperature: {}}}
{}  - pair: answer
    by: {}
"""
SAME = "SOF211 Nothing passes: the rows that `generate answer` makes are all the same, so that none is better."


@pytest.mark.parametrize(
    ("temperature", "between", "by", "same"),
    [
        (0, "", "answer | length", True),
        (0.7, "", "answer | length", False),
        (0, "  - set: size\n    to: answer | length\n", "size", True),
        (
            0,
            "  - judge: answer\n    given: topic\n    rubric: helpfulness\n",
            "verdict.score",
            True,
        ),
        (
            0,
            "  - judge: answer\n    given: topic\n    rubric: helpfulness\n"
            "    sampling: {temperature: 1}\n",
            "verdict.score",
            True,
        ),
        (0, "  - generate: more\n    prompt: Go on\n", "more | length", True),
        (0, "  - evolve: answer\n    operators: [concretize]\n", "answer | length", False),
    ],
)
def test_siblings_that_are_all_the_same(
    tmp_path: Path, vocabulary: Vocabulary, temperature: float, between: str, by: str, same: bool
) -> None:
    found = told(
        tmp_path, vocabulary, TWINS.format(temperature, between, by), "{dpo: {prompt: topic}}"
    )
    assert (SAME in found) is same


@pytest.mark.parametrize(
    "text",
    [
        "{{ 6 / 3 }} {{ 'a' | upper }} {{ [1, 2][1] }} {{ [1][5] | default('') }}",
        "{% for key, value in {'a': 1}.items() %}{{ key }}{% endfor %}",
        "{% set pairs = {'a': 1}.items() %}{{ pairs | list }}",
        "{% filter upper %}a{{ topic }}{% endfilter %} {{ '%s' | format('a') }}",
    ],
)
def test_constants_that_can_be_computed(tmp_path: Path, vocabulary: Vocabulary, text: str) -> None:
    steps = f'  - generate: answer\n    prompt: "{{{{ topic }}}} {text}"\n'
    assert told(tmp_path, vocabulary, steps) == []


@pytest.mark.parametrize(
    ("parse", "by"),
    [
        ("{choice: [easy, very hard]}", "{words: [2, 9]}"),
        ("{choice: [容易, 难]}", "{words: [2, 9]}"),
        ("boolean", "{characters: [5, 5]}"),
        ("json\n    schema: {level: {type: string, min_length: 5}}", "{characters: [1, 5]}"),
        ("json\n    schema: {level: {type: string, max_length: 9}}", "{words: [9, 20]}"),
        ("json\n    schema: {level: {type: string, enum: [a, bcd]}}", "{characters: [2, 9]}"),
    ],
)
def test_lengths_that_some_values_have(
    tmp_path: Path, vocabulary: Vocabulary, parse: str, by: str
) -> None:
    steps = f'  - generate: level\n    prompt: "{{{{ topic }}}}?"\n    parse: {parse}\n'
    assert told(tmp_path, vocabulary, f"{steps}  - filter: level\n    by: [length: {by}]\n") == []

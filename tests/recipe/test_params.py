"""Parameters of a recipe: types and values, where they are taken up, what is told of wrong ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sofrito.plan.compile import compiled
from sofrito.problems import RecipeError
from sofrito.recipe.binding import bound_expression, bound_template, unbracketed
from sofrito.recipe.expressions import environment, expression
from sofrito.recipe.read import Read, read_recipe
from sofrito.recipe.sources import TemplateSources
from sofrito.recipe.vocabulary import Vocabulary

RECIPE = """\
recipe: case
params:
  topic: {type: string, default: physics, doc: What to write about., choices: [physics, "1.10", tea]}
  size: 20
  share: 0.5
  loud: true
  tones: [calm, 1.10]
models: {teacher: {backend: scripted}}
axes:
  tone: {values: "${params.tones}"}
  level: {values: ["a ${params.topic}", b]}
cover: {exclude: "tone == params.tones[0] and level == 'b'"}
rows: ${params.size}
lag: ${params.size}
steps:
  - generate: answer
    prompt: "On ${params.topic}, {{ params.topic }}, {{ tone }}, {{ level }}, $${params.topic}."
    system: system.j2
    when: params.loud
    keep: answer | length > params.size * params.share
  - filter: answer
    by: [{words: {never: ["${params.topic}"]}}]
output:
  write: [{raw: {where: params.loud}}]
"""


def read(folder: Path, vocabulary: Vocabulary, text: str = RECIPE, **sets: str) -> Read:
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    (folder / "system.j2").write_text("{{ params.topic }}{% if params.loud %}!{% endif %}\n")
    given = {name.replace("__", "."): value for name, value in sets.items()}
    return read_recipe(folder, vocabulary, environ={}, sets=given)


def told(folder: Path, vocabulary: Vocabulary, text: str = RECIPE, **sets: str) -> list[str]:
    with pytest.raises(RecipeError) as error:
        read(folder, vocabulary, text, **sets)
    return [
        f"{one.code} {one.where.file.name}:{one.where.line}:{one.where.column} {one.what} {one.fix}"
        for one in error.value.problems
        if one.severity == "error"
    ]


def test_a_whole_value_has_the_type_and_within_a_text_it_is_inserted(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    recipe = read(tmp_path, vocabulary).recipe
    assert recipe.values() == {
        "topic": "physics", "size": 20, "share": 0.5, "loud": True, "tones": ["calm", 1.1],
    }  # fmt: skip
    assert (recipe.rows, recipe.lag) == (20, 20)
    assert list(recipe.axes["tone"].values) == ["calm", "1.10"]
    assert list(recipe.axes["level"].values) == ["a physics", "b"]
    step: Any = recipe.steps[0]
    assert step.prompt == ("On physics, {{ 'physics' }}, {{ tone }}, {{ level }}, ${params.topic}.")
    assert (step.when, step.keep) == ("true", "answer | length > (20) * (0.5)")
    assert recipe.cover.exclude == "tone == ['calm', (1.1)][0] and level == 'b'"
    assert recipe.output.write[0].where == "true"


def test_a_template_file_sees_the_values(tmp_path: Path, vocabulary: Vocabulary) -> None:
    found = read(tmp_path, vocabulary, topic="tea", loud="false")
    sources = TemplateSources(found.folders, params=found.recipe.values())
    assert sources.environment().get_template("system.j2").render() == "tea"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("topic", "1.10", "1.10"),
        ("params__topic", "tea", "tea"),
        ("params__topic__default", "tea", "tea"),
        ("topic", "'tea'", "tea"),
        ("size", "2k", 2_000),
        ("size", "3.0", 3),
        ("share", "1", 1),
        ("loud", "false", False),
        ("tones", "[a, 007]", ["a", "007"]),
    ],
)
def test_a_value_is_given_on_the_command_line(
    tmp_path: Path, vocabulary: Vocabulary, name: str, value: str, expected: Any
) -> None:
    values = read(tmp_path, vocabulary, **{name: value}).recipe.values()
    assert values[name.split("__")[1 if "__" in name else 0]] == expected


def test_a_default_gives_the_type_beside_other_facts_too(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    text = RECIPE.replace("share: 0.5", "share: {default: 0.5, doc: How much.}")
    assert read(tmp_path, vocabulary, text, share="0.25").recipe.values()["share"] == 0.25
    (problem,) = told(tmp_path, vocabulary, text, share="half")
    assert "The parameter `share` must be a number, not the text «half»." in problem


def test_a_text_is_taken_as_typed(tmp_path: Path, vocabulary: Vocabulary) -> None:
    text = RECIPE.replace(', choices: [physics, "1.10", tea]', "")
    for value in ("[a", "a: b", "null", "# no", "{x}", "yes", "2026-01-01", "it's"):
        assert read(tmp_path, vocabulary, text, topic=value).recipe.values()["topic"] == value


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ({"size": "many"}, "SOF103 --set:1:6 The parameter `size` must be a whole number, not the text «many»."),
        ({"size": "0"}, "SOF104 --set:1:6 `rows` must be at least 1, not 0. "),
        ({"loud": "yes"}, "SOF103 --set:1:6 The parameter `loud` must be `true` or `false`, not the text «yes»."),
        ({"topic": "fysics"}, "SOF104 --set:1:7 The parameter `topic` cannot be «fysics». Did you mean `physics`?"),
        ({"topik": "x"}, "SOF232 --set:1:1 The recipe has no key and no parameter `topik`. Did you mean `topic`?"),
        ({"zz": "x"}, "SOF232 --set:1:1 The recipe has no key and no parameter `zz`. Its parameters are `topic`"),
        ({"params__topik": "x"}, "SOF232 --set:1:1 The recipe has no parameter `topik`. Did you mean `topic`?"),
        ({"tones": "calm"}, "SOF103 --set:1:7 The parameter `tones` must be a list, not the text «calm»."),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_where_it_was_given(
    tmp_path: Path, vocabulary: Vocabulary, sets: dict[str, str], expected: str
) -> None:
    assert told(tmp_path, vocabulary, **sets)[0].startswith(expected)
    assert len(told(tmp_path, vocabulary, **sets)) == 1


def test_a_parameter_without_a_value_is_the_only_thing_told(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    text = RECIPE.replace("  size: 20", "  size: {type: integer, doc: How many rows.}")
    assert told(tmp_path, vocabulary, text) == [
        "SOF233 recipe.yaml:4:3 The parameter `size` has no value. How many rows. "
        "Give it one: --set size=…"
    ]
    assert read(tmp_path, vocabulary, text, size="7").recipe.rows == 7


def test_one_that_is_called_like_a_key_is_set_by_its_whole_name(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    text = RECIPE.replace("  size: 20", "  rows: {type: integer}").replace(
        "params.size", "params.rows"
    )
    assert told(tmp_path, vocabulary, text, rows="7") == [
        "SOF233 recipe.yaml:4:3 The parameter `rows` has no value. Give it one: --set params.rows=…"
    ]
    assert read(tmp_path, vocabulary, text, params__rows="7").recipe.rows == 7


def test_names_that_are_not_declared_are_told_where_they_stand(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    text = RECIPE.replace("rows: ${params.size}", "rows: ${params.sise}")
    text = text.replace("On ${params.topic}", "On ${params.toppic} and ${params.tones}")
    text = text.replace("{{ params.topic }}", "{{ params.topc }}").replace(
        "when: params.loud", "when: parms.loud"
    )
    assert [one.split(" It has")[0] for one in told(tmp_path, vocabulary, text)] == [
        "SOF232 recipe.yaml:13:7 There is no parameter `sise`. Did you mean `size`?",
        "SOF232 recipe.yaml:17:17 There is no parameter `toppic`. Did you mean `topic`?",
        "SOF103 recipe.yaml:17:38 The parameter `tones` is a list, which cannot stand within a "
        "text. In a template: {{ params.tones | join(', ') }}; in an "
        "expression: params.tones.",
    ]  # fmt: skip
    text = RECIPE.replace("{{ params.topic }}", "{{ params.topc }}")
    text = text.replace("when: params.loud", "when: params.lod")
    assert [one.split(" It has")[0] for one in told(tmp_path, vocabulary, text)] == [
        "SOF201 recipe.yaml:17:13 The record `params` has no field `topc`. Did you mean `topic`?",
        "SOF201 recipe.yaml:19:18 The record `params` has no field `lod`. Did you mean `loud`?",
    ]


def test_a_list_cannot_stand_within_a_text(tmp_path: Path, vocabulary: Vocabulary) -> None:
    text = RECIPE.replace("On ${params.topic}", "On ${params.tones}")
    assert told(tmp_path, vocabulary, text) == [
        "SOF103 recipe.yaml:17:17 The parameter `tones` is a list, which cannot stand within a "
        "text. In a template: {{ params.tones | join(', ') }}; in an "
        "expression: params.tones."
    ]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("{type: integer, default: x}", "SOF103 recipe.yaml:3:33 The parameter `odd` must be a whole number"),
        ("{default: a, choices: [b]}", "SOF104 recipe.yaml:3:18 The parameter `odd` cannot be «a»."),
        ("{tipe: string, default: a}", "SOF101 recipe.yaml:3:9 "),
        ("{type: text, default: a}", "SOF104 recipe.yaml:3:15 `type` cannot be «text»."),
        ("{default: {a: 1}}", "SOF103 recipe.yaml:3:18 "),
        ("", "SOF103 recipe.yaml:3:3 `odd` has no value."),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_told(
    tmp_path: Path, vocabulary: Vocabulary, declared: str, expected: str
) -> None:
    text = f"recipe: case\nparams:\n  odd: {declared}\nrows: 3\n"
    text += 'steps: [{generate: answer, prompt: "On {{ params.odd }}."}]\noutput: {write: [raw]}\n'
    assert told(tmp_path, vocabulary, text)[0].startswith(expected)


def test_the_name_is_taken(tmp_path: Path, vocabulary: Vocabulary) -> None:
    text = RECIPE.replace("generate: answer", "generate: [answer, params]\n    parse: json")
    assert told(tmp_path, vocabulary, text)[0].startswith(
        "SOF206 recipe.yaml:16:24 `params` is taken"
    )
    text = RECIPE.replace("On ${params.topic}", "{% set params = 1 %}")
    assert told(tmp_path, vocabulary, text)[0].startswith(
        "SOF206 recipe.yaml:17:21 `params` is taken"
    )


def test_one_that_nothing_uses_is_a_warning(tmp_path: Path, vocabulary: Vocabulary) -> None:
    text = RECIPE.replace("  size: 20", "  size: 20\n  idle: 3")
    (one,) = [w for w in read(tmp_path, vocabulary, text).warnings if w.code == "SOF213"]
    assert (one.what, one.where.line) == ("Nothing uses the parameter `idle`.", 5)


def test_a_child_gives_values_and_its_problems_are_in_its_file(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    (tmp_path / "base").mkdir()
    read(tmp_path / "base", vocabulary, RECIPE)
    (tmp_path / "child").mkdir()
    child = tmp_path / "child/recipe.yaml"
    child.write_text(
        "recipe: c\nextends: ../base\nparams: {topic: tea, size: 3, share: {doc: Of all.}}\n"
    )
    recipe = read_recipe(child, vocabulary, environ={}).recipe
    assert (recipe.rows, recipe.values()["topic"]) == (3, "tea")
    assert (recipe.params["share"].default, recipe.params["share"].doc) == (0.5, "Of all.")
    child.write_text("recipe: c\nextends: ../base\nparams: {topic: coffee, size: many}\n")
    with pytest.raises(RecipeError) as error:
        read_recipe(child, vocabulary, environ={})
    assert [(one.code, one.where.file, one.where.column) for one in error.value.problems] == [
        ("SOF104", child, 17), ("SOF103", child, 31),
    ]  # fmt: skip


def fingerprint(found: Read) -> str:
    axes = {name: axis.values for name, axis in found.recipe.axes.items()}
    return compiled(found.recipe, folder=found.folders, pools={}, axes=axes).fingerprint


def test_the_fingerprint_changes_where_a_parameter_is_used(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    text = RECIPE.replace("  size: 20", "  size: 20\n  idle: 3")
    first = fingerprint(read(tmp_path, vocabulary, text))
    assert fingerprint(read(tmp_path, vocabulary, text, idle="4")) == first
    others = [
        fingerprint(read(tmp_path, vocabulary, text, **{name: value}))
        for name, value in [("topic", "tea"), ("loud", "false"), ("size", "21"), ("share", "0.6")]
    ]
    assert len({first, *others}) == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ params.topic }}", "tea"),
        ("{{params.topic}}{{ params . topic }}", "teatea"),
        ("{{ params['topic'] }} {{ params.get('topic') }}", "tea tea"),
        ("{% if params.size > 3 %}{{ params.size + 1 }}{% endif %}", "6"),
        ("{{ -params.low | abs }} {{ params.low | abs }}", "2 2"),
        ("{{ x.params }} {{ x.params.topic }}", "{'topic': 'other'} other"),
        ("{{ dict(params=1).params }}", "1"),
        ("{{ 'params.topic' }} params.topic {# params.topic #}", "params.topic params.topic "),
        ("{% raw %}{{ params.topic }}{% endraw %}", "{{ params.topic }}"),
        ("{% for k, v in params.items() %}{{ k }}{% endfor %}", "topicsizelowoddlist"),
        ("{{ params.tone | default('calm') }} {{ params.tone is defined }}", "calm False"),
        ("{{ params.odd }}", 'it\'s \\ "}}" {% x %}\r\n\té𝒳'),
        ("{{ params.list | join('+') }}", "a+1.5+True"),
        ("a\n  {%- if true %}\n  b\n {% endif %}\n\n", "a  b\n"),
    ],
)
def test_values_become_literals_of_the_template(text: str, expected: str) -> None:
    values = {
        "topic": "tea", "size": 5, "low": -2, "odd": "it's \\ \"}}\" {% x %}\r\n\té𝒳",
        "list": ["a", 1.5, True],
    }  # fmt: skip
    rendered = environment().from_string(bound_template(text, values))
    assert rendered.render(x={"params": {"topic": "other"}}) == expected


words = st.text(max_size=8) | st.integers(-9, 9) | st.booleans() | st.floats(-9, 9)


@given(value=words | st.lists(words, max_size=3))
def test_any_value_is_itself_as_a_literal(value: Any) -> None:
    if isinstance(value, str):
        value = value.replace("\x00", "")
    assert expression(bound_expression("[params.x]", {"x": value}))({}) == [value]


@given(text=st.text(alphabet="{}%#-+ \n\r\tparams.x'\"\\", max_size=30), value=words)
def test_a_template_without_parameters_in_it_stays_as_it_is(text: str, value: Any) -> None:
    values: Mapping[str, Any] = {"x": value}
    if "params" not in text:
        assert bound_template(text, values) == text
    else:
        bound_template(text, values)


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("verdict.score >= params.n", "verdict.score >= 3"),
        ("(params.n) < x and params.share", "(3) < x and 0.5"),
        ("round(params.n) in [params.n, params.below]", "round(3) in [3, (-2)]"),
        ("title == 'a (3)' or x is divisibleby (3)", "title == 'a (3)' or x is divisibleby (3)"),
        ("x >=", "x >="),
        ("'", "'"),
        ("", ""),
    ],
)
def test_a_number_in_place_of_a_parameter_is_told_without_brackets(source: str, read: str) -> None:
    bound = bound_expression(source, {"n": 3, "share": 0.5, "below": -2})
    assert unbracketed(bound) == read

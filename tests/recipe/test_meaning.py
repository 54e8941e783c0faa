"""What a recipe's meaning is checked for, beyond the golden cases."""

from pathlib import Path

import pytest

from sofrito.filters import FILTERS
from sofrito.formats import FORMATS
from sofrito.problems import RecipeError
from sofrito.recipe.check_pools import PEEKED, axis_values
from sofrito.recipe.read import read_recipe
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.steps import VERBS

VOCABULARY = Vocabulary(VERBS, FILTERS, FORMATS, ("llama.cpp", "openai", "scripted"))

RECIPE = """\
recipe: case
seeds:
  asked: {{rows: [{{question: Why?, gold: null}}, {{question: How?, gold: null}}]}}
{more}
from: asked
steps:
{steps}
output:
  write: [raw]
"""
GENERATE = '  - generate: answer\n    prompt: "{}"\n'


def test_a_broken_step_is_not_said_to_make_what_it_was_not_asked_for(tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    steps = "  - generate: answer\n    promt: Tell me.\n    soft_label: 3\n"
    steps += '  - generate: more\n    prompt: "{{ anser_x }} {{ answer_soft }}"\n'
    recipe.write_text(RECIPE.format(steps=steps, more=""), encoding="utf-8")
    with pytest.raises(RecipeError) as error:
        read_recipe(recipe, VOCABULARY, environ={})
    (unknown,) = [one for one in error.value.problems if one.code == "SOF201"]
    has = "Known here: `answer`, `answer_soft`, `gold`, `question`."
    assert (unknown.what, unknown.fix) == (
        "`anser_x` is not known here.",
        f"Did you mean `answer`? {has}",
    )


def told(folder: Path, steps: str, more: str = "") -> list[tuple[str, str]]:
    """Return the codes of a recipe's problems, each with the file, line and column."""
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(steps=steps, more=more), encoding="utf-8")
    try:
        problems = read_recipe(recipe, VOCABULARY, environ={}).warnings
    except RecipeError as error:
        problems = error.problems
    return [
        (one.code, f"{one.where.file.name}:{one.where.line}:{one.where.column}") for one in problems
    ]


def template(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "{{ question }} {{ question.upper() }} {{ question | length }}",
        "{% for word in question.split() %}{{ loop.index }} {{ word }}{% endfor %}",
        "{% set short = question[:10] %}{{ short }}",
        "{% macro quoted(text) %}<{{ text }}>{% endmacro %}{{ quoted(question) }}",
        "{{ mood | default('calm') }} {% if tone is defined %}{{ tone }}{% endif %}",
        "{{ dict(a=question).a }}",
        "Tell me why.",
    ],
)
def test_names_that_are_there_or_can_be_missed_are_no_problem(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, GENERATE.format(text.replace('"', "'"))) == []


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("{{ mood }}", 17),
        ("The mood: {{ mood.deep }}", 27),
        ("{% if mood == 'calm' %}x y{% endif %}", 20),
        ("{% for mood in moods %}{{ mood }}{% endfor %}", 29),
        ("{% for word in question.split() %}{{ word }}{% endfor %}{{ word }}", 73),
        ("{{ question | map('uper') | list }}", 33),
        ("{{ shots }}", 17),
        ("{# mood #}{{ question }}.mood{% set tone = question | mood %}", None),
        ("{% macro m(mood) %}{{ mood }}{% endmacro %}{{ m(mood) }}", 62),
    ],
)
def test_names_that_nothing_makes_are_a_problem(
    tmp_path: Path, text: str, column: int | None
) -> None:
    place = f"recipe.yaml:8:{column or 68}"
    assert told(tmp_path, GENERATE.format(text)) == [("SOF201", place)]


def test_an_include_is_looked_for_as_in_a_run_and_sees_the_same_names(tmp_path: Path) -> None:
    include = "{% set tone = 1 %}{% include 'part.j2' %}{% include 'prompts/part.j2' %}"
    template(tmp_path, "prompts/main.j2", include)
    template(tmp_path, "prompts/part.j2", "{{ question }}\n{{ tone }}\n  {{ mood }}\n")
    steps = "  - generate: answer\n    prompt: prompts/main.j2\n"
    assert told(tmp_path, steps) == [("SOF201", "part.j2:3:6")]


def test_an_include_that_may_be_missing_or_sees_nothing_is_no_problem(tmp_path: Path) -> None:
    template(tmp_path, "macros.j2", "{% macro bold(text) %}*{{ text }}*{% endmacro %}")
    text = "{% include 'gone.j2' ignore missing %}{% from 'macros.j2' import bold %}{{ bold('x') }}"
    assert told(tmp_path, GENERATE.format(text)) == []


def test_each_file_that_an_include_may_choose_is_checked(tmp_path: Path) -> None:
    template(tmp_path, "a.j2", "{{ mood }}")
    text = "{% include 'a.j2' if question == 'x' else 'b.j2' %}"
    assert told(tmp_path, GENERATE.format(text)) == [
        ("SOF201", "a.j2:1:4"),
        ("SOF202", "recipe.yaml:8:57"),
    ]


def test_a_template_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "odd.j2").write_bytes(b"caf\xe9")
    steps = "  - generate: answer\n    prompt: odd.j2\n"
    assert told(tmp_path, steps) == [("SOF207", "odd.j2:1:1")]


@pytest.mark.parametrize(
    ("loop", "codes"),
    [
        ("{% for s in shots %}{{ s.question }} {{ s['gold'] }}{% endfor %}", []),
        ("{% for s in shots[:2] | reverse %}{{ s.items() }}{{ loop.index }}{% endfor %}", []),
        ("{% for s in shots %}{{ s.answer | default('') }}{% endfor %}", []),
        ("{% for s in shots %}{{ s.answer }}{% endfor %}", ["SOF201"]),
        ("{% for s in shots | reverse %}{{ s['answer'] }}{% endfor %}", ["SOF201"]),
        ("{% for s in shots[1:] %}{% if s.answer %}x{% endif %}{% endfor %}", ["SOF201"]),
    ],
)
def test_a_loop_over_the_shots_reads_columns_of_their_pool(
    tmp_path: Path, loop: str, codes: list[str]
) -> None:
    steps = GENERATE.format(loop) + "    shots: [{draw: 1, from: asked}]\n"
    assert [code for code, _ in told(tmp_path, steps)] == codes


def test_grown_rows_have_the_columns_that_grow_gives_them(tmp_path: Path) -> None:
    prompt = "{% for s in shots %}{{ s.answer }}{{ s.gold }}{% endfor %}"
    steps = GENERATE.format(prompt) + (
        "    shots: [{draw: 1, from: asked, grown: true}]\n"
        "  - grow: asked\n    columns: [question, answer]\n"
    )
    assert told(tmp_path, steps) == [("SOF201", "recipe.yaml:8:53")]


def test_where_of_a_draw_sees_the_pool_and_not_the_row(tmp_path: Path) -> None:
    steps = GENERATE.format("{{ question }} {{ shots }}") + (
        "    shots: [{draw: 1, from: asked, where: not gold}, {draw: 1, from: asked, where: tone}]\n"
    )
    axes = "rows: 2\naxes: {tone: {values: [calm]}}"
    assert [code for code, _ in told(tmp_path, steps, axes)] == ["SOF212", "SOF201"]


def test_keep_sees_what_its_own_step_makes_and_when_does_not(tmp_path: Path) -> None:
    steps = GENERATE.format("{{ question }}")
    assert told(tmp_path, steps + "    keep: answer\n") == []
    assert told(tmp_path, steps + "    when: answer\n") == [("SOF201", "recipe.yaml:9:11")]


def test_set_may_change_a_column_or_make_one(tmp_path: Path) -> None:
    steps = "  - set: question\n    to: question | upper\n  - set: more\n    to: question\n"
    assert told(tmp_path, steps + "  - dedup: [question, more]\n") == []


def test_a_chain_reads_columns_where_it_is_used(tmp_path: Path) -> None:
    chains = "chains:\n  same: [{consistent: {given: answer}}]"
    steps = GENERATE.format("{{ question }}") + "    n: 2\n"
    use = "  - filter: question\n    by: [{chain: same}]\n"
    assert told(tmp_path, steps + use, chains) == []
    assert told(tmp_path, use + steps, chains) == [
        ("SOF201", "recipe.yaml:9:10"),
        ("SOF212", "recipe.yaml:9:10"),
    ]


def test_a_pool_that_cannot_be_read_hides_no_name_and_invents_none(tmp_path: Path) -> None:
    more = "  gone: {file: gone.jsonl}"
    recipe = RECIPE.format(steps=GENERATE.format("{{ anything }}"), more=more)
    (tmp_path / "recipe.yaml").write_text(recipe.replace("from: asked", "from: gone"), "utf-8")
    with pytest.raises(RecipeError) as error:
        read_recipe(tmp_path, VOCABULARY, environ={})
    assert [one.code for one in error.value.problems] == ["SOF213", "SOF202"]


def test_documents_have_text_file_and_title(tmp_path: Path) -> None:
    template(tmp_path, "docs/one.md", "# One\n\nText.\n")
    more = "  docs: {files: docs/**/*.md}"
    recipe = RECIPE.format(steps=GENERATE.format("{{ title }} {{ text }} {{ mood }}"), more=more)
    (tmp_path / "recipe.yaml").write_text(recipe.replace("from: asked", "from: docs"), "utf-8")
    with pytest.raises(RecipeError) as error:
        read_recipe(tmp_path, VOCABULARY, environ={})
    found = [(one.code, one.fix) for one in error.value.problems if one.severity == "error"]
    assert found == [("SOF201", "Known here: `file`, `text`, `title`.")]


@pytest.mark.parametrize(("rows", "codes"), [(PEEKED - 1, ["SOF212"]), (PEEKED, [])])
def test_a_pool_is_counted_only_if_it_was_seen_whole(
    tmp_path: Path, rows: int, codes: list[str]
) -> None:
    template(tmp_path, "many.jsonl", '{"a": 1}\n' * rows)
    steps = GENERATE.format("{{ shots }}") + f"    shots: [{{draw: {rows + 1}, from: many}}]\n"
    assert [code for code, _ in told(tmp_path, steps, "  many: {file: many.jsonl}")] == codes


def test_cells_are_tried_against_what_is_excluded(tmp_path: Path) -> None:
    axes = "rows: 2\naxes: {{tone: {{values: [calm, loud]}}}}\ncover: {{exclude: {}}}"
    steps = GENERATE.format("{{ tone }}")
    assert told(tmp_path, steps, axes.format("tone == 'calm'")) == []
    assert told(tmp_path, steps, axes.format("tone != ''")) == [("SOF211", "recipe.yaml:6:18")]
    assert told(tmp_path, steps, axes.format("tone / 2")) == [("SOF218", "recipe.yaml:6:18")]
    assert told(tmp_path, steps, axes.format("question")) == [("SOF201", "recipe.yaml:6:18")]


def test_an_axis_of_a_file_has_its_lines_as_values(tmp_path: Path) -> None:
    assert axis_values(b"\xef\xbb\xbfcalm \n\n loud\r\ncalm\n") == ["calm", "loud"]
    (tmp_path / "tones.txt").write_bytes(b"caf\xe9\n")
    axes = "rows: 2\naxes: {tone: {file: tones.txt}}"
    steps = GENERATE.format("{{ tone }}")
    assert told(tmp_path, steps, axes) == [("SOF202", "recipe.yaml:5:21")]


def test_an_expression_that_no_run_could_compile_is_told(tmp_path: Path) -> None:
    deep = "(" * 3000 + "question" + ")" * 3000
    steps = GENERATE.format("{{ question }}") + f"    keep: {deep}\n"
    assert told(tmp_path, steps) == [("SOF208", "recipe.yaml:9:11")]
    assert told(tmp_path, GENERATE.format("{{ " + deep + " }}")) == [("SOF207", "recipe.yaml:8:13")]


def test_a_model_that_is_the_only_one_needs_no_name(tmp_path: Path) -> None:
    steps = GENERATE.format("{{ question }}")
    assert told(tmp_path, steps, "models: {small: {model: local}}") == []
    two = "models: {small: {model: local}, teacher: {model: local}}"
    assert told(tmp_path, steps, two) == [("SOF213", "recipe.yaml:4:10")]


@pytest.mark.parametrize(
    ("by", "codes"),
    [
        ("'1'", ["SOF211"]),
        ("question | length", ["SOF211"]),
        ("question", ["SOF218"]),
        ("answer | length", []),
        ("(answer | length) * (question | length)", []),
        ("size", []),
        ("unheard_of", ["SOF201"]),
    ],
)
def test_siblings_are_ranked_by_what_they_differ_in(
    tmp_path: Path, by: str, codes: list[str]
) -> None:
    steps = f"  - set: size\n    to: '3'\n{GENERATE.format('{{ question }}')}    n: 2\n"
    steps += f"  - set: size\n    to: answer | length\n  - pair: answer\n    by: {by}\n"
    assert [code for code, _ in told(tmp_path, steps) if code != "SOF213"] == codes

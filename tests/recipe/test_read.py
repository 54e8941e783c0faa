"""Reading a recipe: the model, overrides, values as written, all problems at once."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sofrito.filters import FILTERS
from sofrito.formats import FORMATS
from sofrito.problems import Problem, RecipeError, Span
from sofrito.recipe.read import Read, read_recipe
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.steps import VERBS

VOCABULARY = Vocabulary(VERBS, FILTERS, FORMATS, ("llama.cpp", "openai", "scripted"))

GOOD = """\
recipe: small
models:
  teacher: {model: local}
seeds:
  asked: {rows: [{question: Why is the sky blue?}]}
axes:
  version: {values: [1.10, 007, true, plain]}
  weight: {values: {1.10: 2, "no": 1}}
from: asked
rows: 2
steps:
  - generate: answer
    prompt: "{{ question }} Version {{ version }}, {{ weight }}."
    n: 2
  - filter: answer
    by: [{first: 5}, unique, {length: {words: [1, 50]}}]
output:
  write: [{messages: {prompt: question, completion: answer}}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "recipe.yaml").write_text(GOOD, encoding="utf-8")
    return tmp_path


def problems(folder: Path, **more: Any) -> tuple[Problem, ...]:
    with pytest.raises(RecipeError) as error:
        read_recipe(folder, VOCABULARY, environ={}, **more)
    return error.value.problems


def test_a_recipe_is_read_by_its_file_or_its_folder(folder: Path) -> None:
    by_file = read_recipe(folder / "recipe.yaml", VOCABULARY, environ={})
    by_folder = read_recipe(folder, VOCABULARY, environ={})
    assert by_file.recipe == by_folder.recipe
    assert by_file.folder == by_folder.folder == folder
    assert by_file.recipe.rows == 2
    assert [step.label for step in by_file.recipe.steps] == ["generate answer", "filter answer"]
    assert [type(one).__name__ for one in by_file.recipe.steps[1].filters()] == [
        "First", "Unique", "Length",
    ]  # fmt: skip


def test_the_recipe_is_frozen(folder: Path) -> None:
    read = read_recipe(folder, VOCABULARY, environ={})
    with pytest.raises(ValidationError):
        read.recipe.rows = 5


def test_axis_values_are_texts_as_written(folder: Path) -> None:
    axes = read_recipe(folder, VOCABULARY, environ={}).recipe.axes
    assert axes["version"].values == {"1.10": 1, "007": 1, "true": 1, "plain": 1}
    assert axes["weight"].values == {"1.10": 2, "no": 1}


def test_what_does_not_stop_a_run_is_a_warning(folder: Path) -> None:
    one = GOOD.replace("    n: 2\n", "").replace("rows: 2", "rows: 1")
    (folder / "recipe.yaml").write_text(one, encoding="utf-8")
    warnings = read_recipe(folder, VOCABULARY, environ={}).warnings
    assert [(one.code, one.where.line, one.severity) for one in warnings] == [
        ("SOF212", 15, "warning"),
        ("SOF212", 15, "warning"),
    ]


def test_overrides_replace_and_add_values(folder: Path) -> None:
    sets = {
        "rows": "1",
        "models.teacher.path": "other.gguf",
        "models.teacher.model": '""',
        "budget.calls": "1k",
        "steps.0.sampling.temperature": "0.5",
        "axes.version.values": "[a, 1.10]",
    }
    read = read_recipe(folder, VOCABULARY, sets=sets, environ={})
    assert read.recipe.rows == 1
    assert read.recipe.models["teacher"].path == "other.gguf"
    assert read.recipe.budget.calls == 1_000
    assert read.recipe.steps[0].sampling.temperature == 0.5  # type: ignore[attr-defined]
    assert list(read.recipe.axes["version"].values) == ["a", "1.10"]
    assert read.document.data["rows"] == 2


def test_an_override_finds_a_step_by_its_name(tmp_path: Path) -> None:
    again = '  - generate: more\n    name: v1.5\n    prompt: "{{ answer }}"\n'
    text = GOOD.replace("  - filter: answer", f"{again}  - filter: answer")
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    sets = {
        "steps.generate answer.sampling.temperature": "0.5",
        "steps.v1.5.n": "3",
        "steps.filter answer": "{filter: answer, by: [unique]}",
    }
    first, second, last = read_recipe(tmp_path, VOCABULARY, sets=sets, environ={}).recipe.steps
    assert first.sampling.temperature == 0.5  # type: ignore[attr-defined]
    assert (first.n, second.n) == (2, 3)  # type: ignore[attr-defined]
    assert [type(one).__name__ for one in last.by] == ["Unique"]  # type: ignore[attr-defined]


def test_null_removes_a_key(folder: Path) -> None:
    sets = {
        "rows": "1",
        "steps.0.n": "null",
        "axes.weight": "null",
        "steps.0.prompt": "'{{ version }}'",
    }
    read = read_recipe(folder, VOCABULARY, sets=sets, environ={})
    assert read.recipe.steps[0].n == 1  # type: ignore[attr-defined]
    assert list(read.recipe.axes) == ["version"]


def test_null_is_a_value_of_a_row(folder: Path) -> None:
    sets = {"seeds.asked.rows.0.question": "null"}
    read = read_recipe(folder, VOCABULARY, sets=sets, environ={})
    assert read.places.data["seeds"]["asked"]["rows"] == [{"question": None}]


@pytest.mark.parametrize(
    ("dotted", "value", "code", "column", "what"),
    [
        ("rows", "many", "SOF103", 6, "`rows` must be a whole number, not the text «many»."),
        ("row", "5", "SOF101", 5, "A recipe has no key `row`."),
        ("steps.7.n", "5", "SOF101", 1, "`7` in `steps.7.n` is not the number of an item."),
        ("steps.x.n", "5", "SOF101", 1, "There is no step `x`."),
        ("steps.1.by.x.n", "5", "SOF101", 1, "`x` in `steps.1.by.x.n` is not the number of an item."),
        ("rows.least", "5", "SOF101", 1, "`rows` is the number 2: there is no `least` in it."),
        ("", "5", "SOF101", 1, "`` is not a path into the recipe."),
        ("steps.1.by.1.words", "5", "SOF101", 1, "`steps.1.by.1` is the text «unique»: there is no `words` in it."),
        ("title", "[a", "SOF002", 7, "The `[` that opens here is not closed."),
        ("from", "aksed", "SOF204", 6, "There is no seed pool `aksed`."),
        ("models.techer", "local", "SOF101", 1, "The recipe has no `techer` under `models`."),
        ("steps.0.samplng.temperature", "1", "SOF101", 1, "`generate` has no option `samplng`."),
    ],
)  # fmt: skip
def test_a_wrong_override_is_pointed_at(
    folder: Path, dotted: str, value: str, code: str, column: int, what: str
) -> None:
    sets = {"seed": "1", dotted: value}
    (one,) = [p for p in problems(folder, sets=sets) if p.severity == "error"]
    assert (one.code, one.where.file, one.where.line, one.what) == (code, Path("--set"), 2, what)
    assert one.where.column == column


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        (
            "Hello: {{ question }} and more",
            """--set 'steps.generate answer.prompt="Hello: {{ question }} and more"'""",
        ),
        (
            'Why: is {{ question }}: "so"',
            """--set 'steps.generate answer.prompt="Why: is {{ question }}: \\"so\\""'""",
        ),
        ("Hello: {{ question }}" + 100 * " and more", None),
    ],
)
def test_a_text_that_an_override_leaves_bare_is_put_in_quotes_as_a_whole(
    folder: Path, value: str, fix: str | None
) -> None:
    sets = {"steps.generate answer.prompt": value}
    (one,) = [p for p in problems(folder, sets=sets) if p.severity == "error"]
    said = "Put the whole value in double quotes, within those of the shell"
    assert one.what == "YAML cannot read this value as it stands."
    assert one.fix == (f"{said}: {fix}" if fix else f"{said}.")
    assert one.where == Span(Path("--set"), 1, 30, len(value))


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        (
            'Ask of "{{ question }}": why?',
            "A text that has a colon and a space stands in double quotes: "
            r'"Ask of \"{{ question }}\": why?".',
        ),
        (
            "file: a.j2",
            "Write a text. The user message: a template file ending in .j2, or the template itself.",
        ),
    ],
)
def test_a_text_that_yaml_reads_as_a_mapping(folder: Path, value: str, fix: str) -> None:
    sets = {"steps.generate answer.prompt": value}
    (one,) = [p for p in problems(folder, sets=sets) if p.severity == "error"]
    assert (one.what, one.fix) == ("`prompt` must be a text, not a mapping.", fix)


def test_what_an_override_misspells_is_checked_as_meant(folder: Path) -> None:
    sets = {"budgt": "{call: 5}"}
    found = [(p.what, p.where) for p in problems(folder, sets=sets)]
    assert found == [
        ("A recipe has no key `budgt`.", Span(Path("--set"), 1, 7, 9)),
        ("`budget` has no option `call`.", Span(Path("--set"), 1, 7, 9)),
    ]


@pytest.mark.parametrize(
    ("dotted", "value", "length", "fix"),
    [
        ("models.techer", "local", 13, "Did you mean `teacher`?"),
        ("models.nobody", "local", 13, "It has `teacher`."),
        ("steps.0.samplng.temperature", "1", 27, "Did you mean `sampling`?"),
        ("steps.generate anser.n", "1", 22, "Did you mean `generate answer`?"),
        ("steps.x.n", "1", 9, "There are `generate answer`, `filter answer`."),
    ],
)
def test_a_part_that_an_override_names_may_be_misspelt(
    folder: Path, dotted: str, value: str, length: int, fix: str
) -> None:
    (one,) = (p for p in problems(folder, sets={dotted: value}) if p.severity == "error")
    assert (one.where, one.fix) == (Span(Path("--set"), 1, 1, length), fix)


@pytest.mark.parametrize(
    ("name", "fix"), [("techer", "Did you mean `teacher`?"), ("nobody", "Remove it.")]
)
def test_a_part_that_only_an_override_makes_may_be_misspelt(
    folder: Path, name: str, fix: str
) -> None:
    sets = {"rows": "1", f"models.{name}.model": "local"}
    warnings = read_recipe(folder, VOCABULARY, sets=sets, environ={}).warnings
    told = [(one.where, one.what, one.fix) for one in warnings if one.code == "SOF213"]
    where = Span(Path("--set"), 2, 1, len(f"models.{name}.model"))
    assert told == [(where, f"Nothing uses `{name}`.", fix)]


def test_every_problem_is_told_at_once(folder: Path) -> None:
    text = GOOD.replace("rows: 2", "rows: many").replace("    prompt:", "    promt:")
    text = text.replace("unique", "uniqe").replace("{{ version }}", "{{ verson }}")
    text = text.replace("model: local", "path: a.gguf, hub: b/c/d.gguf")
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    assert [(one.code, one.where.line) for one in problems(folder)] == [
        ("SOF212", 3),
        ("SOF103", 10),
        ("SOF101", 13),
        ("SOF106", 16),
    ]


def test_one_broken_part_hides_no_problem_of_another(folder: Path) -> None:
    text = GOOD.replace("rows: 2", "rows: 2\nround: x").replace("{{ weight }}", "{{ wieght }}")
    text = text.replace("{first: 5}", "{first: x}").replace(
        "completion: answer", "completion: anser"
    )
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    errors = [one for one in problems(folder) if one.severity == "error"]
    assert [(one.code, one.where.line) for one in errors] == [
        ("SOF103", 11),
        ("SOF201", 14),
        ("SOF103", 17),
        ("SOF210", 19),
    ]


def test_a_hundred_problems_are_told_of_more(folder: Path) -> None:
    steps = "".join(f"  - genrate: c{i}\n    prompt: x y\n" for i in range(150))
    (folder / "recipe.yaml").write_text(GOOD.replace("steps:\n", f"steps:\n{steps}"), "utf-8")
    told = [(one.code, one.what) for one in problems(folder)]
    assert told == [("SOF105", "`genrate` is not a verb.")] * 100


def test_no_warning_takes_the_place_of_an_error(folder: Path) -> None:
    warned = "".join(f"  m{i}: {{model: local}}\n" for i in range(150))
    text = GOOD.replace("seeds:\n", f"{warned}seeds:\n").replace("{{ question }}", "{{ qestion }}")
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    told = problems(folder)
    assert len(told) == 100
    assert [one.code for one in told if one.severity == "error"] == ["SOF201"]


def test_what_is_wrong_with_a_parameter_is_told_once_of_all_that_take_it(folder: Path) -> None:
    text = GOOD.replace("rows: 2", "rows: 2\nparams: {checks: [longth]}")
    chain = "  - filter: answer\n    by: ${params.checks}\n"
    (folder / "recipe.yaml").write_text(text.replace("output:", f"{chain}{chain}output:"), "utf-8")
    (one,) = (one for one in problems(folder) if one.severity == "error")
    assert (one.code, one.what, one.fix, one.where.line) == (
        "SOF106",
        "`longth` is not a filter.",
        "Did you mean `length`?",
        11,
    )


def test_what_a_broken_step_makes_counts_as_made(folder: Path) -> None:
    text = GOOD.replace("generate: answer", "genrate: answer")
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    assert [one.code for one in problems(folder)] == ["SOF105"]


def test_files_outside_are_read_only_if_allowed(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    (folder / "asked.jsonl").write_text('{"question": "Why?"}\n', encoding="utf-8")
    text = GOOD.replace("{rows: [{question: Why is the sky blue?}]}", "{file: ../asked.jsonl}")
    (inner / "recipe.yaml").write_text(text, encoding="utf-8")
    (one,) = [p for p in problems(inner) if p.severity == "error"]
    assert (one.code, one.where) == ("SOF202", Span(inner / "recipe.yaml", 5, 17, 14))
    assert read_recipe(inner, VOCABULARY, allow_files=True, environ={}).recipe.from_ == "asked"


def test_a_set_environment_variable_is_no_problem(folder: Path) -> None:
    remote = "{backend: openai, base_url: 'http://localhost:8000/v1', model: m, api_key: '${KEY}'}"
    text = GOOD.replace("{model: local}", remote)
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    codes = {
        value: [
            one.code for one in read_recipe(folder, VOCABULARY, environ={"KEY": value}).warnings
        ]
        for value in ("", "secret")
    }
    assert codes == {"": ["SOF214"], "secret": []}


keys = st.sampled_from(
    [
        "recipe", "rows", "steps", "output", "write", "models", "seeds", "axes", "values", "from",
        "by", "generate", "prompt", "filter", "set", "to", "grow", "columns", "chains", "x", "cover",
        "exclude", "shots", "draw", "splits", "keep", "when", "round", "parse", "file", "sampling",
    ]
)  # fmt: skip
words = st.sampled_from(
    ["x", "text", "raw", "unique", "a.b", "{{ x }}", "{% if", "x ==", "20k", "../x", "x.j2", ""]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2) | words,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
likely = st.fixed_dictionaries(
    {
        "recipe": st.just("x"),
        "steps": st.lists(st.dictionaries(keys, values, max_size=3), max_size=3) | values,
        "output": st.fixed_dictionaries({"write": st.just(["raw"]) | values}),
    },
    optional={
        "rows": st.just(5) | values,
        "from": st.just("x") | values,
        "seeds": st.fixed_dictionaries({"x": values}) | values,
        "models": st.fixed_dictionaries({"teacher": values}) | values,
        "axes": st.fixed_dictionaries({"x": values}) | values,
        "chains": st.fixed_dictionaries({"x": st.lists(values, max_size=2)}) | values,
        "cover": values,
    },
)


@given(data=likely | st.dictionaries(keys, values, max_size=5))
def test_whatever_a_mapping_holds_it_is_a_recipe_or_a_list_of_problems(
    tmp_path_factory: pytest.TempPathFactory, data: dict[str, Any]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(orjson.dumps(data))
    try:
        outcome: Any = read_recipe(file, VOCABULARY, environ={})
    except RecipeError as error:
        outcome = error
    if isinstance(outcome, Read):
        assert all(problem.severity == "warning" for problem in outcome.warnings)
    else:
        assert any(problem.severity == "error" for problem in outcome.problems)
        assert all(problem.what.endswith(".") for problem in outcome.problems)

"""A recipe that extends another: what is merged, whose files are found, which file is pointed at."""

import os
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sofrito.plan.compile import compiled
from sofrito.plan.inputs import inputs
from sofrito.problems import Problem, RecipeError
from sofrito.recipe.read import Read, read_recipe
from sofrito.recipe.sources import TemplateSources
from sofrito.recipe.vocabulary import Vocabulary

BASE = """\
recipe: base
title: A base
models:
  teacher: {backend: scripted}
  judge: {backend: scripted}
seeds:
  asked: {file: asked.jsonl}
from: asked
chains:
  short: [{length: {words: [1, 50]}}]
steps:
  - generate: answer
    prompt: prompts/answer.j2
    sampling: {temperature: 0.7, top_p: 0.9}
  - name: tidy
    filter: answer
    by: [{chain: short}]
  - filter: answer
    keep: answer
output:
  write: [{messages: {prompt: question, completion: answer}}]
"""
CHILD = "recipe: child\nextends: ../base\n"


@pytest.fixture
def room(tmp_path: Path) -> Path:
    write(tmp_path / "base/recipe.yaml", BASE)
    write(tmp_path / "base/asked.jsonl", '{"question": "Why?"}\n{"question": "How?"}\n')
    write(tmp_path / "base/prompts/answer.j2", "{{ question }} {% include 'tail.j2' %}")
    write(tmp_path / "base/prompts/tail.j2", "Be brief.")
    (tmp_path / "child").mkdir()
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def child(room: Path, vocabulary: Vocabulary, more: str = "", **options: Any) -> Read:
    write(room / "child/recipe.yaml", CHILD + more)
    return read_recipe(room / "child", vocabulary, environ={}, **options)


def told(room: Path, vocabulary: Vocabulary, more: str = "", **options: Any) -> list[str]:
    """Return code, place and words of each problem of the child."""
    try:
        problems = child(room, vocabulary, more, **options).warnings
    except RecipeError as error:
        problems = error.problems
    return [shown(problem, room) for problem in problems]


def shown(problem: Problem, room: Path) -> str:
    where = problem.where
    file = Path(os.path.normpath(where.file)).relative_to(room).as_posix()
    return f"{problem.code} {file}:{where.line}:{where.column} {problem.what}"


def test_what_is_not_said_is_the_bases(room: Path, vocabulary: Vocabulary) -> None:
    base = read_recipe(room / "base", vocabulary, environ={}).recipe
    recipe = child(room, vocabulary).recipe
    assert recipe == base.model_copy(update={"recipe": "child"})
    assert (recipe.recipe, recipe.title) == ("child", "A base")


def test_mappings_merge_lists_replace_and_null_removes(room: Path, vocabulary: Vocabulary) -> None:
    more = """\
models: {teacher: {parallel: 2}, judge: null}
chains: {short: [unique], long: [{length: {words: [60, 90]}}]}
steps:
  generate answer: {sampling: {temperature: 0, top_p: null, max_tokens: 9}}
output: {splits: {train: 0.9, test: 0.1}}
"""
    recipe = child(room, vocabulary, more).recipe
    assert list(recipe.models) == ["teacher"]
    assert recipe.models["teacher"].model_dump(exclude_unset=True) == {
        "backend": "scripted", "parallel": 2,
    }  # fmt: skip
    assert {name: [one.filter for one in chain] for name, chain in recipe.chains.items()} == {
        "short": ["unique"], "long": ["length"],
    }  # fmt: skip
    sampling = recipe.steps[0].sampling  # type: ignore[attr-defined]
    assert sampling.model_dump(exclude_unset=True) == {"temperature": 0, "max_tokens": 9}
    assert recipe.output.splits == {"train": 0.9, "test": 0.1}
    assert [writer.format for writer in recipe.output.write] == ["messages"]


def test_steps_are_changed_removed_replaced_moved_and_added(
    room: Path, vocabulary: Vocabulary
) -> None:
    more = """\
steps:
  filter answer: null
  tidy: {after: upper, by: [unique]}
  upper: {set: upper, to: answer.upper(), before: tidy}
  dedup answer: {dedup: answer, after: generate answer}
  generate answer: {set: answer, to: question}
  last: {set: shout, to: upper}
"""
    steps = child(room, vocabulary, more).recipe.steps
    assert [(step.verb, step.name) for step in steps] == [
        ("set", ""), ("dedup", ""), ("set", "upper"), ("filter", "tidy"), ("set", "last"),
    ]  # fmt: skip


def test_a_step_stands_where_it_is_put_when_its_neighbour_is_there(
    room: Path, vocabulary: Vocabulary
) -> None:
    more = "steps:\n  upper: {set: upper, to: answer, before: tidy}\n  tidy: {before: upper}\n"
    steps = child(room, vocabulary, more).recipe.steps
    assert [step.label for step in steps] == ["generate answer", "tidy", "upper", "filter answer"]


def test_a_list_of_steps_replaces_all(room: Path, vocabulary: Vocabulary) -> None:
    more = "steps:\n  - set: answer\n    to: question\nmodels: null\nchains: null\n"
    assert [step.label for step in child(room, vocabulary, more).recipe.steps] == ["set answer"]


def test_a_step_named_wrongly_is_told(room: Path, vocabulary: Vocabulary) -> None:
    more = """\
steps:
  generate anser: {n: 2}
  tidy: {after: generate anwser}
  new: {set: x, to: answer, before: tidy, after: tidy}
  filter answer: 5
"""
    assert told(room, vocabulary, more) == [
        "SOF231 child/recipe.yaml:4:3 The recipe that is extended has no step `generate anser`, and "
        "a new one has a verb.",
        "SOF231 child/recipe.yaml:5:17 There is no step `generate anwser` to stand after.",
        "SOF213 child/recipe.yaml:6:14 Nothing uses `x`.",
        "SOF231 child/recipe.yaml:6:43 The step `new` has `before` and `after`; one of them is "
        "enough.",
        "SOF103 child/recipe.yaml:7:18 What is other in the step `filter answer` is a mapping, not "
        "the number 5.",
    ]


def test_a_misspelt_verb_and_a_part_of_a_name_are_told_from_a_missing_step(
    room: Path, vocabulary: Vocabulary
) -> None:
    write(room / "base/recipe.yaml", BASE.replace("generate: answer", "generate: [answer, why]"))
    more = """\
steps:
  generate answer: {n: 2}
  fresh: {fiter: answer, by: [unique]}
  filter anser: {fiter: answer}
"""
    write(room / "child/recipe.yaml", CHILD + more)
    with pytest.raises(RecipeError) as caught:
        read_recipe(room / "child", vocabulary, environ={})
    errors = [one for one in caught.value.problems if one.code in ("SOF231", "SOF105")]
    assert [(shown(one, room), one.fix) for one in errors] == [
        (
            "SOF231 child/recipe.yaml:4:3 The recipe that is extended has no step `generate "
            "answer`, and a new one has a verb.",
            "Did you mean `generate answer+why`?",
        ),
        (
            "SOF105 child/recipe.yaml:5:11 `fiter` is not a verb, and `fresh` is no step of the "
            "recipe that is extended.",
            "Did you mean `filter`?",
        ),
        (
            "SOF231 child/recipe.yaml:6:3 The recipe that is extended has no step `filter anser`, "
            "and a new one has a verb.",
            "Did you mean `filter answer`?",
        ),
    ]


def test_what_a_child_removes_and_its_base_needs_is_told_of_the_child(
    room: Path, vocabulary: Vocabulary
) -> None:
    more = "seeds: {asked: null}\nchains: null\nsteps: {filter answer: null}\n"
    write(room / "child/recipe.yaml", CHILD + more)
    with pytest.raises(RecipeError) as caught:
        read_recipe(room / "child", vocabulary, environ={})
    assert [(shown(one, room), one.fix) for one in caught.value.problems] == [
        (
            "SOF204 child/recipe.yaml:3:9 This recipe removes `asked`; `from` of the recipe that it "
            "extends needs it.",
            "Remove or change `from` as well, or leave out this line.",
        ),
        (
            "SOF205 child/recipe.yaml:4:1 This recipe removes `short`, by `chains`; the step `tidy` "
            "of the recipe that it extends needs it.",
            "Remove or change the step `tidy` as well, or leave out this line.",
        ),
    ]


@pytest.mark.parametrize(
    ("more", "what", "fix"),
    [
        (
            "from: null\nrows: 2\n",
            "SOF201 child/recipe.yaml:3:1 This recipe removes `from`; the step `generate answer`, the "
            "step `judge answer` and `output` of the recipe that it extends need columns of `asked`.",
            "Leave out this line, or name a pool with these columns: `from: asked`.",
        ),
        (
            "output: null\n",
            "SOF102 child/recipe.yaml:3:1 This recipe removes `output`, and every recipe needs it.",
            "Leave out this line, or write another `output`.",
        ),
        (
            "steps: {judge answer: null}\n",
            "SOF201 child/recipe.yaml:3:9 This recipe removes `verdict`, by `judge answer`; the step "
            "`filter answer` of the recipe that it extends needs it.",
            "Remove or change the step `filter answer` as well, or leave out this line.",
        ),
    ],
)
def test_what_a_child_removes_of_what_all_needs_is_told_once(
    room: Path, vocabulary: Vocabulary, more: str, what: str, fix: str
) -> None:
    judged = BASE.replace(
        "    keep: answer\n",
        "    keep: verdict.score > 3\n",
    ).replace(
        "  - filter: answer\n    keep",
        "  - {judge: answer, rubric: helpfulness, given: question}\n  - filter: answer\n    keep",
    )
    write(room / "base/recipe.yaml", judged)
    write(room / "child/recipe.yaml", CHILD + more)
    with pytest.raises(RecipeError) as caught:
        read_recipe(room / "child", vocabulary, environ={})
    errors = [one for one in caught.value.problems if one.severity == "error"]
    assert [(shown(one, room), one.fix) for one in errors] == [(what, fix)]


def test_a_list_of_names_is_told_how_steps_are_changed(room: Path, vocabulary: Vocabulary) -> None:
    more = "steps:\n  - name: tidy\n    keep: answer\n"
    write(room / "child/recipe.yaml", CHILD + more)
    with pytest.raises(RecipeError) as caught:
        read_recipe(room / "child", vocabulary, environ={})
    errors = [one for one in caught.value.problems if one.code == "SOF105"]
    assert [(shown(one, room), one.fix) for one in errors] == [
        (
            "SOF105 child/recipe.yaml:4:5 The step has no verb.",
            "To change a step of the recipe that is extended: `steps: {tidy: {…}}`. Verbs: "
            + ", ".join(f"`{verb}`" for verb in vocabulary.verbs)
            + ".",
        )
    ]


def test_what_a_child_needs_and_removes_is_told_where_it_needs_it(
    room: Path, vocabulary: Vocabulary
) -> None:
    more = "models: {judge: null}\nsteps: {more: {generate: more, model: judge, prompt: Why?}}\n"
    (problem, *_) = [one for one in told(room, vocabulary, more) if one.startswith("SOF203")]
    assert problem == "SOF203 child/recipe.yaml:4:39 There is no model `judge`."


def test_steps_by_name_need_something_to_extend(room: Path, vocabulary: Vocabulary) -> None:
    text = (
        BASE.partition("steps:\n")[0] + "steps: {generate answer: {n: 2}}\noutput: {write: [raw]}\n"
    )
    write(room / "base/recipe.yaml", text)
    with pytest.raises(RecipeError) as error:
        read_recipe(room / "base", vocabulary, environ={})
    first = next(one for one in error.value.problems if one.severity == "error")
    assert first.what == "`steps` must be a list, not a mapping."


def test_a_problem_is_where_the_value_was_written(room: Path, vocabulary: Vocabulary) -> None:
    write(room / "base/recipe.yaml", BASE.replace("top_p: 0.9", "top_p: 9"))
    more = """\
models: {teacher: {concurency: 3}}
steps:
  generate answer: {sampling: {temperature: hot}, n: 0}
  tidy: {by: [{length: {words: [5, 1]}}]}
  new: {set: upper, to: anser.upper()}
"""
    assert told(room, vocabulary, more) == [
        "SOF104 base/recipe.yaml:14:41 `top_p` must be at most 1, not 9.",
        "SOF101 child/recipe.yaml:3:20 `models.teacher` has no option `concurency`.",
        "SOF103 child/recipe.yaml:5:45 `temperature` must be a number, not the text «hot».",
        "SOF104 child/recipe.yaml:5:54 `n` must be at least 1, not 0.",
        "SOF211 child/recipe.yaml:6:32 No length is at least 5 and at most 1.",
        "SOF201 child/recipe.yaml:7:25 `anser` is not known here.",
    ]  # fmt: skip


def test_values_that_are_wrong_only_together_are_told_where_the_check_looks(
    room: Path, vocabulary: Vocabulary
) -> None:
    """The base's format needs a column that the child's step does not make."""
    more = "steps:\n  generate answer: {generate: reply}\n  tidy: {filter: reply}\n  filter answer: null\n"
    assert told(room, vocabulary, more) == [
        "SOF210 child/recipe.yaml:4:3 This recipe removes `answer`, by `generate answer`; `output` "
        "of the recipe that it extends needs it.",
    ]
    more = "models: {teacher: {backend: llama.cpp, path: a.gguf, model: local}}\n"
    assert told(room, vocabulary, more) == [
        "SOF212 child/recipe.yaml:3:40 `teacher` has `model` and `path`: which model is it?",
    ]


def test_a_base_that_says_what_the_childs_model_does_not_hear_is_mended_in_the_child(
    room: Path, vocabulary: Vocabulary
) -> None:
    local = "  teacher: {model: local, context: 8192}"
    write(room / "base/recipe.yaml", BASE.replace("  teacher: {backend: scripted}", local))
    more = """\
models:
  teacher:
    base_url: http://localhost:8000/v1
    backend: openai
    model: qwen
"""
    with pytest.raises(RecipeError) as caught:
        child(room, vocabulary, more)
    (problem,) = caught.value.problems
    told = "SOF212 base/recipe.yaml:4:27 `context` means nothing to `backend: openai`."
    assert shown(problem, room) == told
    assert problem.fix == (
        "In line 6 of recipe.yaml, where `models.teacher` becomes another model, add "
        "`context: null`."
    )
    assert child(room, vocabulary, f"{more}    context: null\n").warnings == ()
    sets = {"models.teacher.backend": "wordllama"}
    with pytest.raises(RecipeError) as caught:
        read_recipe(room / "base", vocabulary, environ={}, sets=sets)
    fixes = {one.fix for one in caught.value.problems if one.what.startswith("`context` means")}
    assert fixes == {"To replace the whole model: --set 'models.teacher={backend: …}'"}


def test_an_override_goes_over_both(room: Path, vocabulary: Vocabulary) -> None:
    sets = {"steps.0.sampling.top_p": "0.2", "title": "Mine"}
    recipe = child(room, vocabulary, "title: Child\n", sets=sets).recipe
    assert recipe.title == "Mine"
    sampling = recipe.steps[0].sampling  # type: ignore[attr-defined]
    assert sampling.model_dump(exclude_unset=True) == {"temperature": 0.7, "top_p": 0.2}


def test_a_child_has_a_name_of_its_own(room: Path, vocabulary: Vocabulary) -> None:
    write(room / "child/recipe.yaml", "extends: ../base\n")
    with pytest.raises(RecipeError) as error:
        read_recipe(room / "child", vocabulary, environ={})
    assert [(one.code, one.where.line) for one in error.value.problems] == [("SOF102", 1)]


def test_files_are_found_here_then_at_the_bases(room: Path, vocabulary: Vocabulary) -> None:
    def rendered(read: Read) -> str:
        sources = TemplateSources(read.folders)
        return sources.environment().get_template("prompts/answer.j2").render(question="Why?")

    assert rendered(child(room, vocabulary)) == "Why? Be brief."
    assert [row["question"] for row in inputs(child(room, vocabulary)).source()] == ["Why?", "How?"]  # type: ignore[misc]
    write(room / "child/prompts/tail.j2", "Be long.")
    write(room / "child/asked.jsonl", '{"question": "Who?"}\n')
    read = child(room, vocabulary)
    assert rendered(read) == "Why? Be long."
    assert [row["question"] for row in inputs(read).source()] == ["Who?"]  # type: ignore[misc]


def test_a_pattern_is_that_of_the_first_folder_with_such_files(
    room: Path, vocabulary: Vocabulary
) -> None:
    write(room / "base/docs/a.txt", "A line.\nAnother.\n")
    more = "seeds: {asked: {file: null, files: docs/*.txt}}\n"
    more += "steps:\n  generate answer: {prompt: '{{ text }}'}\n"
    more += "output: {write: [{messages: {prompt: text, completion: answer}}]}\n"
    read = child(room, vocabulary, more)
    assert [row["file"] for row in inputs(read).source()] == ["docs/a.txt"]  # type: ignore[misc]
    write(room / "child/docs/b.txt", "A line.\n")
    assert [row["file"] for row in inputs(read).source()] == ["docs/b.txt"]  # type: ignore[misc]


def test_a_problem_in_a_bases_template_is_in_its_file(room: Path, vocabulary: Vocabulary) -> None:
    write(room / "base/prompts/tail.j2", "Be {{ brif }}.")
    assert told(room, vocabulary) == ["SOF201 base/prompts/tail.j2:1:7 `brif` is not known here."]


def test_chains_of_extends_end_at_the_first(room: Path, vocabulary: Vocabulary) -> None:
    child(room, vocabulary, "title: Child\nsteps: {tidy: {by: [unique]}, filter answer: null}\n")
    grandchild = "recipe: third\nextends: ../child\nsteps: {tidy: {keep: answer}}\nlicense: MIT\n"
    write(room / "third/recipe.yaml", grandchild)
    read = read_recipe(room / "third", vocabulary, environ={})
    recipe = read.recipe
    assert (recipe.recipe, recipe.title, recipe.license) == ("third", "Child", "MIT")
    assert [(step.label, step.keep) for step in recipe.steps] == [
        ("generate answer", ""), ("tidy", "answer"),
    ]  # fmt: skip
    assert [one.name for one in read.folders] == ["third", "child", "base"]
    places = {
        path: read.places.span(path).file.parent.name
        for path in [
            ("steps", 0, "prompt"),
            ("steps", 1, "by", 0),
            ("steps", 1, "keep"),
            ("title",),
        ]
    }
    assert [*places.values()] == ["base", "child", "third", "child"]


@pytest.mark.parametrize(
    ("extends", "what"),
    [
        ("../child", "The recipe extends itself, by `../child`."),
        ("recipe.yaml", "The recipe extends itself, by `recipe.yaml`."),
        ("../bse", "There is no recipe `../bse` to extend."),
        ("nothing-like-it", "There is no recipe `nothing-like-it` to extend."),
        ("../../base", "`../../base` leads out of the recipe's folder."),
        ("../base/../base", "`../base/../base` leads out of the recipe's folder."),
        ("../..", "`../..` leads out of the recipe's folder."),
        ("/etc", "`/etc` leads out of the recipe's folder."),
        ("~/base", "`~/base` leads out of the recipe's folder."),
        ("..\\base", "`..\\base` leads out of the recipe's folder."),
        ("'a\\0b'", "There is no recipe `a\\0b` to extend."),
        ("[a]", "`extends` must name a recipe, not a list."),
        ("", "`extends` must name a recipe, not nothing."),
    ],
)
def test_a_base_that_is_not_there_is_told(
    room: Path, vocabulary: Vocabulary, extends: str, what: str
) -> None:
    write(room / "child/recipe.yaml", f"recipe: child\nextends: {extends}\n")
    with pytest.raises(RecipeError) as error:
        read_recipe(room / "child", vocabulary, environ={})
    assert [(one.what, one.where.line) for one in error.value.problems] == [(what, 2)]


def test_a_link_out_of_the_folder_is_not_followed(room: Path, vocabulary: Vocabulary) -> None:
    (room / "child/inner").symlink_to(room / "base")
    write(room / "child/recipe.yaml", "recipe: child\nextends: inner\n")
    with pytest.raises(RecipeError, match="is a link that leads out of the folder"):
        read_recipe(room / "child", vocabulary, environ={})
    assert read_recipe(room / "child", vocabulary, environ={}, allow_files=True)


def test_further_away_only_if_allowed(room: Path, vocabulary: Vocabulary) -> None:
    write(room / "a/b/recipe.yaml", "recipe: far\nextends: ../../base\n")
    with pytest.raises(RecipeError, match="leads out of the recipe's folder"):
        read_recipe(room / "a/b", vocabulary, environ={})
    assert (
        read_recipe(room / "a/b", vocabulary, environ={}, allow_files=True).recipe.title == "A base"
    )


def test_two_that_extend_each_other_are_told(room: Path, vocabulary: Vocabulary) -> None:
    write(room / "base/recipe.yaml", "recipe: base\nextends: ../child\n")
    assert told(room, vocabulary) == [
        "SOF230 base/recipe.yaml:2:10 The recipe extends itself, by `../child`."
    ]


def test_a_base_that_is_no_yaml_is_told_in_its_file(room: Path, vocabulary: Vocabulary) -> None:
    write(room / "base/recipe.yaml", "recipe: [base\n")
    assert told(room, vocabulary) == [
        "SOF002 base/recipe.yaml:1:9 The `[` that opens here is not closed."
    ]


def test_a_recipe_anywhere_finds_a_shipped_one(tmp_path: Path, vocabulary: Vocabulary) -> None:
    write(tmp_path / "recipe.yaml", "recipe: mine\nextends: self-instruct\nrows: 12\n")
    read = read_recipe(tmp_path, vocabulary, environ={})
    shipped = read_recipe(read.folders[1], vocabulary, environ={}).recipe
    assert read.recipe == shipped.model_copy(update={"recipe": "mine", "rows": 12})
    assert inputs(read).hashes.keys() == {"tasks"}


def fingerprint(read: Read) -> str:
    given = inputs(read)
    return compiled(
        read.recipe, folder=read.folders, pools=given.pools, axes=given.axes, hashes=given.hashes
    ).fingerprint


def test_the_fingerprint_covers_what_the_base_says(room: Path, vocabulary: Vocabulary) -> None:
    def changed(file: str, old: str, new: str) -> str:
        before = (room / file).read_text(encoding="utf-8")
        write(room / file, before.replace(old, new))
        try:
            return fingerprint(child(room, vocabulary))
        finally:
            write(room / file, before)

    first = fingerprint(child(room, vocabulary))
    assert changed("base/recipe.yaml", "A base", "Another") == first
    others = [
        changed("base/recipe.yaml", "0.7", "0.8"),
        changed("base/prompts/tail.j2", "brief", "long"),
        changed("base/asked.jsonl", "Why", "Who"),
    ]
    assert len({first, *others}) == 4


texts = st.sampled_from(
    [
        "answer",
        "${params.size}",
        "a ${params.topic}",
        "tidy",
        "params.size > 1",
        "$${params.x}",
        "",
        "20k",
    ]
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2) | texts,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "generate answer", "tidy", "new", "set", "to", "prompt", "before", "after", "name",
                    "by", "filter", "generate", "type", "default", "choices", "topic", "size", "file",
                    "teacher", "asked", "write", "steps", "params",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)  # fmt: skip
keys = st.sampled_from(
    ["params", "steps", "models", "seeds", "output", "rows", "from", "extends", "axes", "title"]
)


@given(
    data=st.dictionaries(keys, values, max_size=4),
    sets=st.dictionaries(
        st.sampled_from(["size", "params.size", "params.topic", "params", "rows", "steps.0", "x"]),
        texts,
        max_size=2,
    ),
)
def test_whatever_a_child_says_it_is_a_recipe_or_a_list_of_problems(
    tmp_path_factory: pytest.TempPathFactory,
    vocabulary: Vocabulary,
    data: dict[str, Any],
    sets: dict[str, str],
) -> None:
    room = tmp_path_factory.getbasetemp()
    base = room / "base/recipe.yaml"
    if not base.exists():
        declared = "params: {topic: tea, size: {type: integer, default: 5}}\n"
        write(base, BASE.replace("{file: asked.jsonl}", "{rows: [{question: Why?}]}") + declared)
        write(room / "base/prompts/answer.j2", "{{ question }}")
    text = orjson.dumps({"recipe": "child", "extends": "../base", **data}).decode()
    write(room / "child/recipe.yaml", text)
    try:
        outcome: Any = read_recipe(room / "child", vocabulary, environ={}, sets=sets)
    except RecipeError as error:
        outcome = error
    if isinstance(outcome, Read):
        templates = str([step.templates() for step in outcome.recipe.steps])
        assert "params." not in templates.replace("${params.x}", "")
    else:
        assert any(problem.severity == "error" for problem in outcome.problems)

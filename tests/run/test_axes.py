"""Axes that a model makes: the tree, its file, edits of it, what it costs, what checks know."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from runs import journaled, only_run, sofrito

from sofrito.plan.axes import axis_file, generated_axes, read_axis
from sofrito.plan.axis_notes import axis_notes
from sofrito.plan.compile import program_of
from sofrito.plan.inputs import inputs
from sofrito.plan.vocabulary import vocabulary
from sofrito.problems import RecipeError, Trouble
from sofrito.recipe.read import Read, read_recipe
from sofrito.run.axes import charge, make_axes, missing_axes
from sofrito.run.budget import Limits
from sofrito.teachers.call import Completion
from sofrito.teachers.scripted.teacher import ScriptedTeacher

RECIPE = """
recipe: tree
models: {teacher: {backend: scripted}}
axes:
  topic: {generate: {from: school physics, levels: [field, topic], width: 2}}
  tone: {values: [calm, lively]}
cover: {design: full, exclude: "topic.field == 'Heat' and tone == 'lively'"}
rows: 6
steps:
  - generate: body
    prompt: "{{ tone }}: {{ topic.topic }}, of {{ topic.field }}"
output:
  write: [{text: {text: body}}]
"""
ANSWERS = {
    (): [["Heat", "heats", " Optics "]],
    ("Heat",): [["The gases", "Gas", "heat"], ["Ice"]],
    ("Optics",): [["optic", "Light"], ["Light"], ["Lenses"]],
}

LANGUAGES = """
recipe: languages
models: {teacher: {backend: scripted}}
axes:
  topic: {generate: {from: programming, levels: [language, topic], width: 3}}
rows: 6
steps:
  - generate: body
    prompt: "{{ topic.topic }} in {{ topic.language }}"
output:
  write: [{text: {text: body}}]
"""
BUDGET = "rows: 6\nbudget: {calls: 8}"
WRITTEN = "- generate: body\n    model: teacher\n"
JUDGED = """
  - judge: body
    rubric: helpfulness
    given: tone
    model: judge
"""
SAME = ["Pointers", "Loops", "Types"]


def laid(folder: Path, text: str = RECIPE) -> Read:
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    return read_recipe(folder / "recipe.yaml", vocabulary(), environ={})


class Script:
    """Answers by the topics above, one answer after the other; remembers the questions."""

    def __init__(self, answers: Mapping[tuple[str, ...], Sequence[list[str] | str]]) -> None:
        self.asked: list[str] = []
        self._answers = {above: list(several) for above, several in answers.items()}

    def __call__(self, call: Completion) -> str:
        text = call.messages[0].content
        self.asked.append(text)
        line = next((x for x in text.splitlines() if x.startswith("We are at: ")), "")
        above = tuple(line.removeprefix("We are at: ").split(" > ")[1:]) if line else ()
        left = self._answers.get(above, [])
        items = left.pop(0) if left else []
        return items if isinstance(items, str) else orjson.dumps({"items": items}).decode()


def made(read: Read, workspace: Path, script: Any, **limits: Any) -> Any:
    return make_axes(
        read,
        workspace=workspace,
        teachers={"teacher": ScriptedTeacher(script)},
        limits=Limits(**limits),
        rates={},
        tariffs={},
        on_progress=lambda _: None,
    )


def test_a_tree_is_made_level_by_level_without_topics_that_mean_the_same(tmp_path: Path) -> None:
    read, script = laid(tmp_path), Script(ANSWERS)
    done = made(read, tmp_path / "runs", script)
    assert done.asked == len(script.asked) == 6
    file = axis_file(read, tmp_path / "runs", "topic")
    assert file.read_text(encoding="utf-8").split("subject")[1] == (
        ': "school physics"\nlevels: [field, topic]\ntopics:\n'
        '  "Heat":\n    - "The gases"\n    - "Ice"\n  "Optics":\n    - "Light"\n    - "Lenses"\n'
    )
    assert missing_axes(read, tmp_path / "runs") == {}


def test_branches_may_have_the_same_topics(tmp_path: Path) -> None:
    read = laid(tmp_path, LANGUAGES)
    answers = {(): [["Rust", "Java", "Ada"]], **{(one,): [SAME] for one in ("Rust", "Java", "Ada")}}
    assert made(read, tmp_path / "runs", Script(answers)).asked == 4
    file = axis_file(read, tmp_path / "runs", "topic")
    assert [*read_axis(file, generated_axes(read)["topic"])] == [
        f"{language} / {topic}" for language in ("Rust", "Java", "Ada") for topic in SAME
    ]
    assert axis_notes(read, tmp_path / "runs") == []


def test_a_branch_with_too_few_topics_is_told_in_the_file_and_at_the_end(tmp_path: Path) -> None:
    read = laid(tmp_path, LANGUAGES)
    answers = {
        (): [["Rust", "Java", "Ada"]],
        ("Rust",): [SAME],
        ("Java",): ["no list"] * 3,
        ("Ada",): [["Tasks"]],
    }
    made(read, tmp_path / "runs", Script(answers))
    file = axis_file(read, tmp_path / "runs", "topic")
    assert file.read_text(encoding="utf-8").split("topics:\n")[1] == (
        '  "Rust":\n    - "Pointers"\n    - "Loops"\n    - "Types"\n'
        '  "Java":  # 0 of 3 topics: unparseable: not JSON: '
        "invalid literal, expected 'null': line 1 column 1 (char 0)\n"
        '  "Ada":  # 1 of 3 topics: the model names no others\n    - "Tasks"\n'
    )
    note = "axis topic: `Java` has 0 of 3 topics, `Ada` has 1 of 3 topics."
    plan = sofrito("plan", "recipe.yaml", "--format", "json", cwd=tmp_path)
    assert orjson.loads(plan.stdout)["notes"] == [note]
    assert f"note: {note}" in sofrito("plan", "recipe.yaml", cwd=tmp_path, COLUMNS="200").stdout
    done = sofrito("run", "recipe.yaml", cwd=tmp_path)
    assert (done.returncode, f"note: {note}" in done.stdout.splitlines()) == (0, True)
    run = only_run(tmp_path / "runs")
    assert orjson.loads((run / "manifest.json").read_bytes())["notes"] == [note]
    assert f"## Please note\n\n- {note}\n" in (run / "README.md").read_text(encoding="utf-8")


def test_of_many_branches_the_emptiest_are_told(tmp_path: Path) -> None:
    read = laid(tmp_path, LANGUAGES)
    file = axis_file(read, tmp_path / "runs", "topic")
    file.parent.mkdir(parents=True)
    file.write_text("topics: {A: [x, y], B: , C: [x], D: [x], E: [x, y, z]}\n", encoding="utf-8")
    assert axis_notes(read, tmp_path / "runs") == [
        "axis topic: `B` has 0 of 3 topics, `C` has 1 of 3 topics, `D` has 1 of 3 topics, "
        "and 1 more has too few."
    ]
    file.write_text("topics: {A: [x, y, z]}\n", encoding="utf-8")
    assert axis_notes(read, tmp_path / "runs") == ["axis topic: `programming` has 1 of 3 topics."]


def test_what_is_there_is_told_when_more_is_asked_for(tmp_path: Path) -> None:
    read, script = laid(tmp_path), Script(ANSWERS)
    made(read, tmp_path / "runs", script)
    end = ", each a short name. No two of them mean the same."
    assert script.asked[0] == f'List 2 entries of the level "field" below school physics{end}'
    below = f'List 2 entries of the level "topic" below Heat{end}'
    assert script.asked[1] == f"We are at: school physics > Heat\n{below}"
    assert script.asked[3].endswith(f"{below}\nThese are there already, so list others: The gases")


def test_a_value_is_a_record_and_its_id_names_the_cell(tmp_path: Path) -> None:
    read = laid(tmp_path)
    made(read, tmp_path / "runs", Script(ANSWERS))
    given = inputs(read, workspace=tmp_path / "runs")
    assert [*given.axes["topic"]] == [
        "Heat / The gases",
        "Heat / Ice",
        "Optics / Light",
        "Optics / Lenses",
    ]
    assert given.records["topic"]["Heat / Ice"] == {"field": "Heat", "topic": "Ice"}


def test_a_plan_tells_what_it_takes_and_makes_nothing(tmp_path: Path) -> None:
    laid(tmp_path)
    done = sofrito("plan", "recipe.yaml", "--format", "json", cwd=tmp_path)
    told = orjson.loads(done.stdout)
    assert told["notes"] == [
        "the axis `topic` is made first, by about 3 calls; names with numbers stand for "
        "its values until then"
    ]
    first = told["steps"][0]
    assert (first["step"], first["calls"], first["most_calls"]) == ("axis topic", 3, 9)
    assert told["calls"]["likely"] == sum(step["calls"] for step in told["steps"])
    assert told["cells"][0]["values"] == {"topic": "field 1 / topic 1", "tone": "calm"}
    assert not (tmp_path / "runs").exists()


def test_placeholders_stand_in_until_it_is_made(tmp_path: Path) -> None:
    given = inputs(laid(tmp_path), workspace=tmp_path / "runs")
    assert [*given.axes["topic"]] == [f"field {f} / topic {t}" for f in (1, 2) for t in (1, 2)]
    assert not (tmp_path / "runs").exists()


def test_another_question_is_another_file_and_the_rest_is_not(tmp_path: Path) -> None:
    name = axis_file(laid(tmp_path), tmp_path, "topic").name
    for old, new in (
        ("school physics", "chemistry"),
        ("width: 2", "width: 3"),
        ("[field, topic]", "[field, theme]"),
        ("rows: 6", "rows: 6\nseed: 8"),
        ("width: 2", "width: 2, prompt: '{{ level }} of {{ subject }}'"),
    ):
        text = RECIPE.replace(old, new).replace("topic.topic", "topic.field")
        assert axis_file(laid(tmp_path, text), tmp_path, "topic").name != name
    assert (
        axis_file(laid(tmp_path, RECIPE.replace("rows: 6", "rows: 9")), tmp_path, "topic").name
        == name
    )


def test_a_model_that_names_nothing_is_trouble(tmp_path: Path) -> None:
    with pytest.raises(
        Trouble, match="Axis topic could not be made: no topics: the model names no field"
    ):
        made(laid(tmp_path), tmp_path / "runs", Script({}))
    with pytest.raises(Trouble, match="unparseable"):
        made(laid(tmp_path), tmp_path / "other", lambda _: "no list")


def test_a_budget_stops_it_and_what_was_answered_is_kept(tmp_path: Path) -> None:
    read, script = laid(tmp_path), Script(ANSWERS)
    with pytest.raises(Trouble) as trouble:
        made(read, tmp_path / "runs", script, calls=1)
    assert trouble.value.fix.startswith("Raise the budget")
    assert journaled(tmp_path / "runs")[0] == 1
    assert missing_axes(read, tmp_path / "runs").keys() == {"topic"}
    assert made(read, tmp_path / "runs", script).asked == 5


@pytest.mark.parametrize(
    ("topics", "words"),
    [
        ("topics:\n  Heat: gas\n", "The topics of the last level are a list."),
        ("topics: [Heat]\n", "Topics with 1 more level below them are the keys of a mapping."),
        ("topics:\n  Heat: [[a]]\n", "A topic of the last level is a text."),
        ("topics:\n  Heat:\n", "has no topics."),
        ("other: 1\n", "has no topics."),
    ],
)
def test_an_edit_that_is_no_tree_is_told(tmp_path: Path, topics: str, words: str) -> None:
    read, file = laid(tmp_path), tmp_path / "topic.yaml"
    file.write_text(topics, encoding="utf-8")
    with pytest.raises(RecipeError, match=words):
        read_axis(file, generated_axes(read)["topic"])


def test_topics_are_taken_as_they_are_written(tmp_path: Path) -> None:
    read, file = laid(tmp_path), tmp_path / "topic.yaml"
    file.write_text("topics:\n  1.10: [007, no, 'a: b']\n  Empty:\n", encoding="utf-8")
    assert [*read_axis(file, generated_axes(read)["topic"])] == [
        "1.10 / 007",
        "1.10 / no",
        "1.10 / a: b",
    ]


def test_a_run_makes_it_first_bears_its_cost_and_uses_its_file_as_edited(tmp_path: Path) -> None:
    laid(tmp_path, RECIPE.replace("'Heat'", "'none'"))
    done = sofrito("run", "recipe.yaml", cwd=tmp_path)
    assert (done.returncode, "making the axis `topic`" in done.stderr) == (0, True)
    first = only_run(tmp_path / "runs")
    rows = [orjson.loads(line) for line in (first / "rows.jsonl").read_bytes().splitlines()]
    assert len(rows) == 6
    assert {row["cell"]["topic"] for row in rows} == {
        " / ".join(row["columns"]["topic"].values()) for row in rows
    }
    (file,) = (tmp_path / "runs" / "tree" / "axes").glob("*.yaml")
    held, asked = journaled(tmp_path / "runs")
    with closing(sqlite3.connect(tmp_path / "runs" / "journal.sqlite")) as connection:
        spent = dict(connection.execute("SELECT run, calls FROM spent"))
    assert spent == {first.name: held}
    manifest = orjson.loads((first / "manifest.json").read_bytes())
    counted = manifest["calls"]
    assert (counted["asked"], counted["tries"]) == (held, asked)
    assert manifest["spent"]["calls"] == asked
    assert "in all sessions" not in done.stdout
    again = sofrito("run", "recipe.yaml", cwd=tmp_path)
    assert f"; in all sessions {asked} calls, " in again.stdout
    assert (again.returncode, "making" in again.stderr) == (0, False)
    assert journaled(tmp_path / "runs") == (held, asked)
    file.write_text("topics: {Heat: [Gas], Light: [Rays, Lenses]}\n", encoding="utf-8")
    edited = sofrito("run", "recipe.yaml", cwd=tmp_path)
    assert edited.returncode == 0
    runs = {one.parent for one in (tmp_path / "runs").glob("tree/*/manifest.json")}
    (second,) = runs - {first}
    rows = [orjson.loads(line) for line in (second / "rows.jsonl").read_bytes().splitlines()]
    assert {row["cell"]["topic"] for row in rows} == {
        "Heat / Gas",
        "Light / Rays",
        "Light / Lenses",
    }


def spent_by_run(workspace: Path) -> dict[str, int]:
    with closing(sqlite3.connect(workspace / "journal.sqlite")) as connection:
        return dict(connection.execute("SELECT run, calls FROM spent"))


def test_axes_of_a_session_that_was_killed_are_charged_to_the_next_one(tmp_path: Path) -> None:
    read = laid(tmp_path, RECIPE.replace("'Heat'", "'none'").replace("rows: 6", BUDGET))
    workspace = tmp_path / "runs"
    asked = made(read, workspace, ScriptedTeacher().default).asked
    assert [*spent_by_run(workspace).values()] == [asked]
    done = sofrito("run", "recipe.yaml", cwd=tmp_path)
    assert done.returncode == 1, done.stdout
    assert "budget.calls" in done.stdout
    assert spent_by_run(workspace) == {only_run(workspace).name: 8}
    calls = orjson.loads((only_run(workspace) / "manifest.json").read_bytes())["calls"]
    assert (calls["replayed"], calls["tries"]) == (asked, 8 - asked)


def test_axes_are_charged_once_also_where_their_file_is_made_again(tmp_path: Path) -> None:
    read, workspace = laid(tmp_path), tmp_path / "runs"
    program = program_of(read, inputs(read, workspace=workspace), {})
    made(read, workspace, Script(ANSWERS))
    charge(read, workspace, program)
    assert spent_by_run(workspace) == {program.fingerprint: 6}
    axis_file(read, workspace, "topic").unlink()
    made(read, workspace, Script({}))
    charge(read, workspace, program)
    assert spent_by_run(workspace) == {program.fingerprint: 6}


def test_of_two_axes_the_one_that_has_its_file_already_is_charged_too(tmp_path: Path) -> None:
    place = "generate: {from: places, levels: [place], width: 2}"
    read = laid(tmp_path, RECIPE.replace("values: [calm, lively]", place))
    workspace, answers = tmp_path / "runs", {**ANSWERS, (): [["Heat", "Optics"]] * 2}
    assert made(read, workspace, Script(answers)).asked == 7
    axis_file(read, workspace, "tone").unlink()
    made(read, workspace, Script({}))
    program = program_of(read, inputs(read, workspace=workspace), {})
    charge(read, workspace, program)
    assert spent_by_run(workspace) == {program.fingerprint: 7}


@pytest.mark.parametrize("command", [["run"], ["plan", "--pilot", "2"]])
@pytest.mark.parametrize(
    ("judge", "words"),
    [
        ("{path: nope.gguf}", "nope.gguf"),
        (
            '{backend: openai, base_url: "http://localhost:1/v1", model: m, api_key: "${NOPE_KEY}"}',
            "NOPE_KEY",
        ),
    ],
)
def test_a_model_that_cannot_be_asked_is_told_before_an_axis_is_paid(
    tmp_path: Path, command: list[str], judge: str, words: str
) -> None:
    text = RECIPE.replace("{backend: scripted}}", f"{{backend: scripted}}, judge: {judge}}}")
    text = text.replace("width: 2}", "width: 2, model: teacher}")
    text = text.replace("output:", JUDGED + "output:").replace("- generate: body\n", WRITTEN)
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    done = sofrito(command[0], "recipe.yaml", *command[1:], cwd=tmp_path)
    assert (done.returncode != 0, words in done.stderr) == (True, True), done.stderr
    assert journaled(tmp_path / "runs") == (0, 0)
    assert not [*(tmp_path / "runs").glob("tree/axes/*.yaml")]


@pytest.mark.parametrize("level", ["field", "topic"])
def test_a_topic_with_what_yaml_does_not_allow_can_be_read_again(
    tmp_path: Path, level: str
) -> None:
    read = laid(tmp_path)
    odd = "New\x92ton\x7f\ufffe\uffff \x85 l\x00aw \u202e\u200d🙂\U000e0041"
    fields, topics = [[odd, "Optics"]], [[odd, "Ice"]]
    kept = "Newton law \u202e\u200d🙂\U000e0041"
    answers = {(): fields, (kept,): [["Gas", "Ice"]], ("Optics",): [["Light", "Lenses"]]}
    if level == "topic":
        answers = {(): [["Heat", "Optics"]], ("Heat",): topics, ("Optics",): [["Light", "Rays"]]}
    made(read, tmp_path / "runs", Script(answers))
    file = axis_file(read, tmp_path / "runs", "topic")
    records = read_axis(file, generated_axes(read)["topic"])
    assert {record[level] for record in records.values()} >= {kept}
    assert 'Newton law \\u202e\u200d🙂\\U000e0041"' in file.read_text(encoding="utf-8")


def test_what_ran_is_a_recipe_that_has_its_axes(tmp_path: Path) -> None:
    laid(tmp_path)
    sofrito("run", "recipe.yaml", cwd=tmp_path)
    first = only_run(tmp_path / "runs")
    for out in ("runs", "elsewhere"):
        again = sofrito("run", first / "recipe", "--out", out, cwd=tmp_path)
        assert (again.returncode, "making" in again.stderr) == (0, False)
    second = only_run(tmp_path / "elsewhere")
    assert (second / "rows.jsonl").read_bytes() == (first / "rows.jsonl").read_bytes()
    names = [
        sorted(one.relative_to(run).as_posix() for one in (run / "recipe").rglob("*"))
        for run in (first, second)
    ]
    assert names[0] == names[1]
    assert [name for name in names[0] if "axes/" in name] == [
        axis_file(laid(tmp_path), Path("recipe"), "topic").as_posix()
    ]

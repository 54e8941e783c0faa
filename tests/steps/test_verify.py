"""`verify`: what is right, what is not and why, each way of knowing it."""

import json
from pathlib import Path
from typing import Any

import pytest
from desk import row_of, step_of, worked
from pydantic import ValidationError
from runs import only_run, sofrito

from sofrito.recipe.base import Load
from sofrito.sandbox.native import ALLOWED
from sofrito.steps.work import Event
from sofrito.teachers.call import CompareMath, RunProgram
from sofrito.teachers.result import Checked, result_of
from sofrito.teachers.teacher import Refused

TOOL = {
    "name": "weather",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
        "required": ["city"],
        "additionalProperties": False,
    },
}


def checked(said: dict[str, Any], **values: Any) -> tuple[bool, str, str]:
    """Return the record of a check that asks nobody."""
    (made,) = worked(step_of(verify="a", **said), row_of(**values)).values
    record = made["check"]
    return record["ok"], record["reason"], record["detail"]


@pytest.mark.parametrize("value", [None, "", "  \n"])
@pytest.mark.parametrize(
    "said", [{"equals": "b"}, {"occurs_in": "b"}, {"tools": "b"}, {"math": {"equals": "b"}}]
)
def test_nothing_never_passes(said: dict[str, Any], value: Any) -> None:
    assert checked(said, a=value, b=value) == (False, "empty", "")


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        ("x ", " x", (True, "", "")),
        ("x", "y", (False, "differs", "it is not y")),
        (3, 3.0, (True, "", "")),
        ("3", 3, (False, "differs", "it is not 3")),
        ([1], [1], (True, "", "")),
        ({"a": [1, {}]}, {"a": [1.0, {}]}, (True, "", "")),
        (True, True, (True, "", "")),
        (True, 1, (False, "differs", "it is not 1")),
        (0, False, (False, "differs", "it is not False")),
        ([1], [True], (False, "differs", "it is not [True]")),
        ({"a": [1]}, {"a": [True]}, (False, "differs", "it is not {'a': [True]}")),
    ],
)
def test_equals_compares_values(a: Any, b: Any, found: tuple[bool, str, str]) -> None:
    assert checked({"equals": "b"}, a=a, b=b) == found


def test_an_expression_that_fails_is_a_failure() -> None:
    done = worked(step_of(verify="a", equals="b.c.d"), row_of(a="x", b="y"))
    assert [(kind, reason) for kind, reason, _ in done.lost] == [("failed", "expression")]


@pytest.mark.parametrize(
    ("span", "text", "places"),
    [
        ("b c", "a b\n  c d", (2, 7)),
        ("  b  c ", "a b c", (2, 5)),
        ("b.c", "a bxc", None),
        ("ä", "xä", (1, 2)),
        ("B", "b", None),
    ],
)
def test_a_span_is_found_with_its_place(
    span: str, text: str, places: tuple[int, int] | None
) -> None:
    (made,) = worked(step_of(verify="a", occurs_in="b"), row_of(a=span, b=text)).values
    start, end = places or (None, None)
    reason = "" if places else "not found"
    found = {"ok": bool(places), "reason": reason, "detail": "", "start": start, "end": end}
    assert made["check"] == found


@pytest.mark.parametrize(
    ("schema", "value", "found"),
    [
        ({"type": "object", "required": ["x"]}, '{"x": 1}', (True, "", "")),
        ({"type": "object", "required": ["x"]}, {"x": 1}, (True, "", "")),
        (
            {"properties": {"x": {"type": "integer"}}},
            {"x": "1"},
            (False, "does not fit", "x: '1' is not of type 'integer'"),
        ),
        (
            {"type": "object"},
            "{",
            (False, "not JSON", "unexpected end of data: line 1 column 2 (char 1)"),
        ),
        ({"pattern": "^a+$"}, '"b"', (False, "does not fit", "'b' does not match '^a+$'")),
        (
            {"$ref": "http://127.0.0.1:9/x.json"},
            "1",
            (False, "does not fit", "`http://127.0.0.1:9/x.json` is not in the schema"),
        ),
        (
            {"$ref": "#"},
            "1",
            (False, "does not fit", "the schema goes deeper than 150 levels there, or never ends"),
        ),
    ],
)
def test_json_fits_a_schema(schema: Any, value: Any, found: tuple[bool, str, str]) -> None:
    assert checked({"schema": schema}, a=value) == found
    assert checked({"schema": "b"}, a=value, b=schema) == found


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ("[1]", (False, "schema", "the schema is no object")),
        (
            {"type": "strin"},
            (False, "schema", "type: 'strin' is not valid under any of the given schemas"),
        ),
        ({"pattern": "(?=a)"}, "look-around"),
        (
            {"patternProperties": {"a": {}}},
            (False, "schema", "`patternProperties` is not supported"),
        ),
        ({"properties": {"patternProperties": {"type": "string"}}}, (True, "", "")),
    ],
)
def test_a_schema_of_a_column_may_be_none(schema: Any, found: Any) -> None:
    ok, reason, detail = checked({"schema": "b"}, a="{}", b=schema)
    if isinstance(found, str):
        assert (ok, reason) == (False, "schema")
        assert found in detail
    else:
        assert (ok, reason, detail) == found


def test_a_schema_may_be_a_file(tmp_path: Path) -> None:
    (tmp_path / "answer.json.j2").write_text('{"type": "{{ kind }}"}')
    step = step_of(verify="a", schema="answer.json.j2")
    assert step.templates() == {("schema",): "answer.json.j2"}
    (made,) = worked(step, row_of(a="[]", kind="object"), folder=tmp_path).values
    assert made["check"]["reason"] == "does not fit"


@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: {"type": "function", "function": t}])
@pytest.mark.parametrize(
    ("calls", "reason"),
    [
        ([{"name": "weather", "arguments": {"city": "Rome", "days": 2}}], ""),
        ({"function": {"name": "weather", "arguments": '{"city": "Rome"}'}}, ""),
        ('[{"name": "weather", "arguments": {"city": "Rome"}}]', ""),
        ([{"name": "weather", "arguments": {"city": "Rome", "days": 0}}], "arguments"),
        ([{"name": "weather", "arguments": {"town": "Rome"}}], "arguments"),
        ([{"name": "weather", "arguments": "{"}], "arguments"),
        ([{"name": "whether", "arguments": {}}], "unknown function"),
        ([{"arguments": {}}], "no call"),
        (["weather"], "no call"),
        ([], "no calls"),
        ("nothing", "not JSON"),
    ],
)
def test_calls_fit_the_functions(wrap: Any, calls: Any, reason: str) -> None:
    assert checked({"tools": "tools"}, a=calls, tools=[wrap(TOOL)])[:2] == (not reason, reason)


def test_the_fault_names_the_call() -> None:
    calls = [{"name": "weather", "arguments": {"city": "Rome"}}, {"name": "whether"}]
    found = checked({"tools": "tools"}, a=calls, tools=[TOOL])
    assert found == (False, "unknown function", "call 2: there is no function `whether`")


@pytest.mark.parametrize("tools", [None, [], "x", [{"no": "name"}]])
def test_without_functions_nothing_is_called_rightly(tools: Any) -> None:
    assert checked({"tools": "tools"}, a=[{"name": "f"}], tools=tools)[1] == "no tools"


def test_mathematics_is_a_call() -> None:
    step = step_of(verify="a", math={"equals": "gold"})
    done = worked(step, row_of(a=3, gold="3.0"), lambda call: Checked())
    assert done.calls == [CompareMath("teacher", "3.0", "3")]
    (row,) = done.outcome
    assert row.values["check"] == {"ok": True, "reason": "", "detail": ""}
    assert [event.kind for event in row.story if isinstance(event, Event)] == ["call"]
    assert (step.asks(), step.load()) == ("math-verify", Load(1, 1))


def test_nothing_is_asked_where_there_is_nothing_to_compare_with() -> None:
    done = worked(step_of(verify="a", math={"equals": "gold"}), row_of(a="3", gold=None))
    assert done.turns == []
    assert done.values[0]["check"]["reason"] == "nothing to compare with"


ANSWER = "Here it is:\n\n```python\ndef f(x):\n    return x\n```\nand\n```py\ny = 1\n```\nDone."


@pytest.mark.parametrize(
    ("answer", "tests", "more", "program", "run"),
    [
        ("def f(): 1", "assert f", {}, "def f(): 1", "assert f"),
        ("def f(): 1", ["assert f", "assert 1"], {}, "def f(): 1", "assert f\nassert 1"),
        (ANSWER, "assert f", {}, "def f(x):\n    return x\n\ny = 1\n", "assert f"),
        ("x", "def check(c): c", {"entry_point": "name"}, "x", "def check(c): c\ncheck(f)"),
    ],
)
def test_code_is_a_run(answer: str, tests: Any, more: Any, program: str, run: str) -> None:
    step = step_of(verify="a", code={"tests": "tests", **more})
    done = worked(
        step,
        row_of(a=answer, tests=tests, name="f"),
        lambda call: Checked("assertion", "tests, line 1"),
    )
    assert done.calls == [RunProgram("teacher", program, run, 5.0, 256)]
    assert done.values[0]["check"] == {
        "ok": False,
        "reason": "assertion",
        "detail": "tests, line 1",
    }
    assert step.asks() == "wasm sandbox"


@pytest.mark.parametrize(("tests", "name"), [("", "f"), (None, "f"), ([], "f"), ("x", "f(1)")])
def test_a_program_without_tests_does_not_pass(tests: Any, name: str) -> None:
    step = step_of(verify="a", code={"tests": "tests", "entry_point": "name"})
    done = worked(step, row_of(a="x = 1", tests=tests, name=name))
    assert done.turns == []
    assert done.values[0]["check"]["reason"] == "no tests"


def test_a_refusal_fails_the_row() -> None:
    step = step_of(verify="a", code={"tests": "tests"})
    done = worked(step, row_of(a="x", tests="x"), lambda call: Refused("context", "too long"))
    assert done.lost == [("failed", "context", "too long")]


def test_the_key_has_all_that_decides() -> None:
    call = RunProgram("wasm sandbox", "x", "y", 5.0, 256)
    others = [
        RunProgram("wasm sandbox", "z", "y", 5.0, 256),
        RunProgram("wasm sandbox", "x", "z", 5.0, 256),
        RunProgram("wasm sandbox", "x", "y", 6.0, 256),
        RunProgram("wasm sandbox", "x", "y", 5.0, 257),
    ]
    assert RunProgram("another name", "x", "y", 5.0, 256).key({}) == call.key({})
    assert len({one.key({}) for one in (call, *others)} | {call.key({"python": "2"})}) == 6
    assert CompareMath("m", "1", "2").key({}) != CompareMath("m", "2", "1").key({})


def test_results_are_stored_and_read_back() -> None:
    for one in (Checked(), Checked("time", "stopped after 5 s")):
        assert result_of(one.plain()) == one


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "needs one of"),
        ({"equals": "b", "tools": "b"}, "needs one of"),
        ({"schema": {"type": "strin"}}, "is no JSON Schema"),
        ({"code": {"tests": "t", "language": "ruby"}}, "python"),
        ({"code": {"tests": "t", "seconds": 0}}, "greater than 0"),
    ],
)
def test_what_makes_no_sense_is_told(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        step_of(verify="a", **said)


RECIPE = """
recipe: checked
seeds:
  tasks:
    rows:
      - {program: "def f(x): return 2 * x", tests: assert f(2) == 4}
      - {program: "def f(x): return x", tests: assert f(2) == 4}
      - {program: "while True: pass", tests: assert f(2) == 4}
from: tasks
steps:
  - verify: program
    code: {tests: tests, seconds: 1, runner: unsafe}
    keep: check.ok
output:
  files: [jsonl]
  write: [{raw: {columns: [program, check]}}]
"""


def test_a_recipe_keeps_what_passes_and_asks_nothing_twice(tmp_path: Path) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(RECIPE)
    refused = sofrito("run", file, "--out", tmp_path / "runs")
    assert refused.returncode == 1, refused.stderr
    assert ALLOWED in refused.stderr + refused.stdout
    first = sofrito("run", file, "--out", tmp_path / "runs", **{ALLOWED: "1"})
    assert first.returncode == 0, first.stdout + first.stderr
    folder = only_run(tmp_path / "runs")
    written = folder / "dataset/raw/train.jsonl"
    before = written.read_text()
    assert "2 * x" in before
    assert before.count("\n") == 1
    again = sofrito("run", file, "--out", tmp_path / "runs", **{ALLOWED: "1"})
    assert again.returncode == 0, again.stdout + again.stderr
    assert "0 calls, 0 tokens; 3 taken from the journal" in again.stdout + again.stderr
    assert written.read_text() == before


CHECKED = """
recipe: checked
seeds: {sums: {rows: [{p: "2/4", gold: "0.5"}, {p: "3", gold: "4"}, {p: "7", gold: "7"}]}}
from: sums
budget: {calls: 1}
steps:
  - verify: p
    math: {equals: gold}
output: {write: [raw]}
"""


def test_checks_are_told_apart_from_calls_and_no_budget_counts_them(tmp_path: Path) -> None:
    file = tmp_path / "checked.yaml"
    file.write_text(CHECKED)
    planned = sofrito("plan", file, cwd=tmp_path).stdout
    assert "calls   none: no model is asked\nchecks  3, of programs or mathematics" in planned
    done = sofrito("run", file, "--limit-calls", "1", "--out", tmp_path / "runs", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 calls, 3 checks, 0 tokens; 0 taken from the journal" in done.stdout
    manifest = json.loads((only_run(tmp_path / "runs") / "manifest.json").read_text())
    assert (manifest["calls"]["asked"], manifest["calls"]["checks"]) == (0, 3)


SEVERAL = """
recipe: several
models: {teacher: {backend: scripted}}
seeds: {sums: {rows: [{p: 1 + 1, gold: "2"}, {p: 2 + 2, gold: "4"}]}}
from: sums
steps:
  - generate: answer
    prompt: "{{ p }}"
    parse: json
    schema: {answer: {type: integer, minimum: 1, maximum: 900}}
    n: 4
  - verify: answer
    math: {equals: gold}
output: {write: [raw]}
"""


def test_a_plan_tells_the_most_checks_beside_those_of_answers_that_agree(tmp_path: Path) -> None:
    file = tmp_path / "several.yaml"
    file.write_text(SEVERAL)
    planned = sofrito("plan", file, cwd=tmp_path).stdout
    told = json.loads(sofrito("plan", file, "--format", "json", cwd=tmp_path).stdout)
    likely = told["checks"]
    assert (likely < 8, told["most_checks"]) == (True, 8)
    assert f"checks  {likely}, never more than 8, of programs or mathematics" in planned
    done = sofrito("run", file, "--quiet", "--out", tmp_path / "runs", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    manifest = json.loads((only_run(tmp_path / "runs") / "manifest.json").read_text())
    made = manifest["calls"]["checks"]
    assert likely < made <= 8
    known = sofrito("plan", file, "--out", tmp_path / "runs", cwd=tmp_path).stdout
    assert f"checks {made}, of programs or mathematics" in " ".join(known.split())

"""What `sofrito show` tells of a row."""

import json
from pathlib import Path

import pytest
from runs import only_run, sofrito

RECIPE = """
recipe: near
models: {teacher: {backend: scripted}, embedder: {backend: scripted}}
seeds: {texts: {rows: [{text: one}, {text: one}, {text: something else}]}}
from: texts
steps:
  - generate: good
    prompt: "Good? {{ text }}"
    parse: boolean
    probabilities: true
  - dedup: text
    method: semantic
output: {write: [raw]}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("numpy", reason="numpy is not installed (sofrito[embed])")
    folder = tmp_path_factory.mktemp("show")
    (folder / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    done = sofrito("run", "recipe.yaml", "--quiet", cwd=folder)
    assert "Traceback" not in done.stderr
    return only_run(folder / "runs")


def told(run: Path, name: str, index: int) -> tuple[dict[str, object], str]:
    row = json.loads((run / name).read_text().splitlines()[index])
    done = sofrito("show", run, row["id"])
    assert (done.returncode, done.stderr) == (0, "")
    return row, done.stdout


def test_a_row_that_is_like_no_other_tells_the_distance(run: Path) -> None:
    _, said = told(run, "rows.jsonl", 0)
    assert "dedup text\n  nothing nearer than " in said


def test_a_row_that_is_like_another_tells_how_near(run: Path) -> None:
    row, said = told(run, "rejected.jsonl", 0)
    assert said.startswith(f"row {row['id']}: rejected at dedup text: too similar\n")
    assert "like row 0: one, score 0.000\n" in said


def test_the_mass_stands_beside_the_probabilities(run: Path) -> None:
    row, said = told(run, "rows.jsonl", 0)
    columns = row["columns"]
    assert isinstance(columns, dict)
    mass = columns["good_probabilities"]["mass"]
    assert f"    mass (of all of them together): {mass:.3g}\n" in said


def test_an_event_of_another_kind_is_printed_as_it_is(run: Path) -> None:
    lines = (run / "rows.jsonl").read_text().splitlines()
    row = json.loads(lines[-1])
    row["story"] = [{"step": "s", "kind": "new", "told": 1}, {"step": "s", "kind": "score"}]
    (run / "rows.jsonl").write_text(
        "\n".join([*lines[:-1], json.dumps(row, separators=(",", ":"))])
    )
    _, said = told(run, "rows.jsonl", -1)
    assert 's\n  new: {"told": 1}\ns\n  score: {}\n' in said


CHECKED = """
recipe: checked
models: {teacher: {backend: scripted}}
seeds: {sums: {rows: [{ask: 3 and 4, gold: "7"}, {ask: 2 and 2, gold: "4.0"}]}}
from: sums
steps:
  - generate: answer
    prompt: "What do {{ ask }} make? It is 4"
    parse: json
    schema: {answer: integer}
    n: 3
  - vote: answer
  - verify: answer
    math: {equals: gold}
output: {write: [raw]}
"""


def test_a_check_tells_what_was_compared_and_how_it_ended(tmp_path: Path) -> None:
    pytest.importorskip("math_verify", reason="the extra `math` is not installed")
    (tmp_path / "recipe.yaml").write_text(CHECKED, encoding="utf-8")
    done = sofrito("run", "recipe.yaml", "--quiet", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    run = only_run(tmp_path / "runs")
    compared = "verify answer\n  compared by math-verify\n  answer:\n    4\n  gold:\n    "
    for row, gold, ended in (("#0.1", "7", "differs"), ("1.2", "4.0", "passed")):
        shown = sofrito("show", run, row)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert shown.stdout.startswith(f"row {row.removeprefix('#')}: in the dataset\n")
        assert "vote answer\n  3 of 3 say 4; this one agrees\n" in shown.stdout
        assert f"{compared}{gold}\n  outcome: {ended}" in shown.stdout
        assert "a vector" not in shown.stdout


PROGRAM = """
recipe: program
seeds: {asked: {rows: [{code: "x = 3", test: "assert x == 4"}]}}
from: asked
steps:
  - verify: code
    code: {tests: test, runner: unsafe}
output: {write: [raw]}
"""


def test_a_run_in_a_sandbox_tells_the_program_its_tests_and_how_it_ended(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(PROGRAM, encoding="utf-8")
    done = sofrito("run", "recipe.yaml", "--quiet", cwd=tmp_path, SOFRITO_ALLOW_UNSAFE="1")
    assert done.returncode == 0, done.stderr
    said = sofrito("show", only_run(tmp_path / "runs"), "0").stdout
    assert "  program:\n    x = 3\n  tests:\n    assert x == 4\n  outcome: " in said


COMPARED = """
recipe: compared
models: {teacher: {backend: scripted}}
seeds: {asked: {rows: [{question: Why?}]}}
from: asked
steps:
  - generate: answer
    prompt: "{{ question }}"
    n: 3
  - judge: answer
    given: question
    rubric: better
    compare: pairwise
  - pair: answer
    by: verdict.score
    margin: 0
output: {write: [raw]}
"""


def test_siblings_that_became_one_row_tell_each_call_once(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(COMPARED, encoding="utf-8")
    done = sofrito("run", "recipe.yaml", "--quiet", cwd=tmp_path)
    run = only_run(tmp_path / "runs")
    ended = json.loads((run / "manifest.json").read_text())
    assert (ended["calls"]["asked"], done.stderr) == (3 + 6, "")
    row, said = told(run, "rows.jsonl" if ended["rows"] else "rejected.jsonl", 0)
    story = row["story"]
    assert isinstance(story, list)
    keys = [event["key"] for event in story if event["kind"] == "call"]
    assert len(keys) > len(set(keys)) == said.count("\n  asked teacher")


def ended(folder: Path, **changes: object) -> str:
    """Return what is shown of a run whose manifest has these changes, without its steps."""
    manifest = json.loads((folder / "manifest.json").read_text()) | changes
    (folder / "manifest.json").write_text(json.dumps(manifest))
    done = sofrito("show", folder)
    assert (done.returncode, done.stderr) == (0, "")
    return "\n".join(line for line in done.stdout.splitlines()[1:] if line[:1] not in (" ", "m"))


def test_an_ending_is_told_once_and_with_what_is_kept(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(CHECKED, encoding="utf-8")
    sofrito("run", "recipe.yaml", "--quiet", "--out", "o u t", cwd=tmp_path)
    run = only_run(tmp_path / "o u t")
    stop = {"status": "interrupted", "reason": "it was interrupted", "rows": 1, "wanted": 60}
    rows = f"rows: 0.0, 0.1, 0.2, 1.0, 1.1 … (sofrito show '{run}' 0.0)"
    kept = "Run the same command again to go on; every answer so far is kept."
    assert ended(run, **stop) == f"1 of 60 rows, interrupted\n6 calls so far. {kept}\n{rows}"
    goes_on = "it was interrupted; the job b-1 goes on"
    assert ended(run, **stop | {"reason": goes_on}).startswith(
        "1 of 60 rows, interrupted; the job b-1 goes on\n6 calls"
    )
    short = {"status": "short", "reason": "the only seed row was tried", "rows": 1, "wanted": None}
    assert ended(run, **short).startswith("1 row, short, because the only seed row was tried\n")
    (run.parent.parent / "journal.sqlite").unlink()
    assert ended(run, **stop) == f"1 of 60 rows, interrupted\n{kept}\n{rows}"


def test_a_run_that_was_killed_before_it_could_tell_is_no_unknown_run(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text(COMPARED, encoding="utf-8")
    sofrito("run", "recipe.yaml", "--quiet", cwd=tmp_path)
    run = only_run(tmp_path / "runs")
    (run / "manifest.json").unlink()
    for shown in (run, "compared"):
        done = sofrito("show", shown, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (1, "")
        where = run if shown == run else run.relative_to(tmp_path)
        assert done.stderr == (
            f"sofrito: The run {where} has not told yet what came of it.\n"
            "If it was stopped, run the same command again: every answer so far is kept.\n"
        )

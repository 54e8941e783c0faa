"""The commands as a user runs them."""

import json
from pathlib import Path

import pytest
from runs import SCRIPTED, digests, only_run, sofrito


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace in which the scripted recipe was run for 30 rows."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "recipe.yaml").write_text(SCRIPTED, encoding="utf-8")
    done = sofrito("run", "recipe.yaml", "--rows", "30", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    (folder / "said").write_text(done.stdout, encoding="utf-8")
    return folder


def test_validate_says_ok(finished: Path) -> None:
    done = sofrito("validate", finished)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok: killed, 5 steps\n", "")


def test_validate_for_machines(finished: Path) -> None:
    (finished / "wrong.yaml").write_text(SCRIPTED.replace("rows: 600", "rovs: 600"))
    done = sofrito("validate", "wrong.yaml", "--format", "json", cwd=finished)
    assert done.returncode == 2
    unknown = next(p for p in json.loads(done.stdout) if p["code"] == "SOF101")
    assert unknown == {
        "code": "SOF101",
        "severity": "error",
        "file": "wrong.yaml",
        "line": 8,
        "column": 1,
        "length": 4,
        "what": "A recipe has no key `rovs`.",
        "fix": "Did you mean `rows`?",
    }


def test_a_run_prints_rows_the_accounting_and_where_the_files_are(finished: Path) -> None:
    said = (finished / "said").read_text(encoding="utf-8")
    run = only_run(finished / "runs").relative_to(finished)
    assert "30 of 30 rows in" in said
    assert f"dataset    {run / 'dataset' / 'messages'}\n" in said
    assert said.count("\nrow ") == 3
    heads = "step                  in  made  out  rejected  failed  surplus"
    assert any(line.split() == heads.split() for line in said.splitlines())


def test_the_accounting_balances_in_the_manifest(finished: Path) -> None:
    manifest = json.loads((only_run(finished / "runs") / "manifest.json").read_text())
    assert (manifest["status"], manifest["rows"], manifest["wanted"]) == ("complete", 30, 30)
    before = None
    for step in manifest["accounting"]:
        gone = sum(step["rejected"].values()) + sum(step["failed"].values())
        assert step["in"] + step["made"] == step["out"] + gone + step["joined"] + step["surplus"]
        assert before in (None, step["in"])
        before = step["out"]


def test_the_same_command_asks_nothing_and_writes_the_same_bytes(finished: Path) -> None:
    run = only_run(finished / "runs")
    before = digests(run)
    done = sofrito("run", "recipe.yaml", "--rows", "30", "--format", "json", cwd=finished)
    manifest = json.loads(done.stdout)
    assert manifest["calls"]["asked"] == 0
    assert manifest["calls"]["replayed"] > 30
    assert digests(run) == before


def test_set_and_seed_make_another_run(finished: Path, tmp_path: Path) -> None:
    args = ("run", finished / "recipe.yaml", "--rows", "5", "--out", tmp_path, "--format", "json")
    plain = json.loads(sofrito(*args).stdout)
    seeded = json.loads(sofrito(*args, "--seed", "7").stdout)
    assert (plain["seed"], seeded["seed"]) == (0, 7)
    changed = json.loads(sofrito(*args, "--set", "steps.1.by.0.novelty.rouge_l=0.9").stdout)
    assert len({plain["fingerprint"], seeded["fingerprint"], changed["fingerprint"]}) == 3
    wrong = sofrito(*args, "--set", "models.teacher.modell=x")
    assert wrong.returncode == 2
    assert "modell" in wrong.stderr


def test_show_tells_a_rows_whole_story(finished: Path) -> None:
    run = only_run(finished / "runs")
    row = json.loads((run / "rows.jsonl").read_text().splitlines()[3])
    done = sofrito("show", run, row["id"])
    assert done.returncode == 0
    said = done.stdout
    assert said.startswith(f"row {row['id']}: in the dataset\n  cell: style = ")
    assert "drew tasks, row" in said
    assert "  novelty: nothing reaches 0.7\n" in said
    assert "joined the pool tasks" in said
    assert f"Is this good? {row['columns']['instruction']}" in said
    assert "    yes\n" in said
    assert row["columns"]["response"] in said


def test_show_tells_why_a_row_was_rejected(finished: Path) -> None:
    run = only_run(finished / "runs")
    lines = (run / "rejected.jsonl").read_text().splitlines()
    row = next(r for r in map(json.loads, lines) if r["kind"] == "rejected")
    story = json.loads(
        sofrito("show", "killed", row["id"], "--format", "json", cwd=finished).stdout
    )
    assert (story["step"], story["reason"]) == (row["step"], row["reason"])
    calls = [event for event in story["story"] if event["kind"] == "call"]
    assert all(event["request"]["messages"] and event["answer"]["text"] for event in calls)


def test_show_of_what_is_not_there(finished: Path) -> None:
    done = sofrito("show", "kiled", cwd=finished)
    assert done.returncode == 1
    assert "There is no run `kiled` below runs." in done.stderr
    assert "There are runs of killed." in done.stderr
    done = sofrito("show", "killed", "99.9", cwd=finished)
    assert done.returncode == 1
    assert "The run has no row `99.9`." in done.stderr


def test_a_recipe_here_goes_before_a_shipped_one_and_that_is_said(tmp_path: Path) -> None:
    here = tmp_path / "alpaca"
    here.mkdir()
    done = sofrito("validate", "alpaca", cwd=tmp_path)
    assert done.stdout.startswith("ok: alpaca,")
    assert done.stderr.splitlines()[0] == (
        "The folder alpaca has no recipe.yaml: taken is the shipped recipe."
    )
    text = "recipe: own\nmodels: {teacher: {backend: scripted}}\nrows: 1\n"
    step = 'steps: [{generate: a, prompt: "Say {{ 1 }}."}]\noutput: {write: [raw]}\n'
    (here / "recipe.yaml").write_text(text + step, encoding="utf-8")
    done = sofrito("validate", "alpaca", cwd=tmp_path)
    assert (done.stdout, done.stderr) == (
        "ok: own, 1 step\n",
        "Taken is alpaca of this folder, not the shipped recipe of that name; ./alpaca says so "
        "without this line.\n",
    )
    assert sofrito("validate", "./alpaca", cwd=tmp_path).stderr == ""


def test_recipes_lists_what_is_shipped() -> None:
    found = {
        one["name"]: one["title"]
        for one in json.loads(sofrito("recipes", "--format", "json").stdout)
    }
    assert {"self-instruct", "alpaca"} <= set(found)
    assert all(found.values())


def test_doctor_says_which_extra_brings_what(tmp_path: Path) -> None:
    found = json.loads(sofrito("doctor", "--format", "json", cwd=tmp_path).stdout)
    assert [one["extra"] for one in found["extras"]] == [
        "local",
        "starter",
        "hf",
        "hub",
        "embed",
        "sandbox",
        "math",
        "minhash",
        "language",
        "prices",
        "documents",
    ]
    starter = next(one for one in found["extras"] if one["extra"] == "starter")
    assert bool(starter["version"]) == any(m["use"] == {"model": "local"} for m in found["models"])


def test_an_unknown_command_is_suggested() -> None:
    done = sofrito("valdate", "x")
    assert done.returncode == 2
    assert "There is no command `valdate`. Did you mean `validate`?" in done.stderr


def test_it_runs_as_a_module() -> None:
    import subprocess
    import sys

    from runs import environment

    def run(*arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "sofrito", *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment(), check=False
        )
        return done.returncode, done.stdout, done.stderr

    asked = sofrito("--version")
    assert run("--version") == (0, asked.stdout, "")
    code, _, said = run("valdate")
    assert (code, said) == (2, sofrito("valdate").stderr)


def test_validate_imports_nothing_heavy() -> None:
    """What a model, a server or a dataset needs is not paid for by a check."""
    import subprocess
    import sys

    from runs import environment

    code = (
        "import sys; from sofrito.cli import invoke; invoke(['validate', 'self-instruct']);"
        "print([m for m in ('numpy', 'pyarrow', 'arro3', 'aiohttp', 'llama_cpp', 'rapidfuzz',"
        " 'rich', 'torch') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr

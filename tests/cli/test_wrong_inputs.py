"""What a user is told when something is wrong: in his words, with the place and what to do."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from runs import SCRIPTED, command, environment, journaled, only_run, served, sofrito

STARTER = """
recipe: small
models: {teacher: {path: model.gguf}}
rows: 1
steps:
  - generate: text
    prompt: "Say hello."
output: {write: [text]}
"""


def written(folder: Path, text: str, name: str = "recipe.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(*arguments: str | Path, cwd: Path) -> tuple[int, str]:
    done = sofrito(*arguments, cwd=cwd)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_no_such_file(tmp_path: Path) -> None:
    written(tmp_path, SCRIPTED, "recipe.yaml")
    code, said = refused("validate", "recipes.yaml", cwd=tmp_path)
    assert code == 2
    assert "error[SOF001]" in said
    assert "`recipe.yaml`" in said


def test_a_name_that_is_not_shipped(tmp_path: Path) -> None:
    code, said = refused("run", "self-instuct", cwd=tmp_path)
    assert code == 2
    assert "There is no recipe `self-instuct` here, nor one shipped by that name." in said
    assert "Did you mean `self-instruct`?" in said


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ("", "SOF004", "recipe.yaml:1:1"),
        ("recipe: x\nsteps: [", "SOF002", "recipe.yaml:2:"),
        (SCRIPTED + "rows: 5\n", "SOF003", "recipe.yaml:30:1"),
        ("recipe: x\nmodels:\n\tteacher: 1\n", "SOF006", "recipe.yaml:3:1"),
        (SCRIPTED.replace("rows: 600", "rowss: 600"), "SOF101", "recipe.yaml:8:1"),
        (SCRIPTED.replace("rows: 600", "rows: many"), "SOF10", "recipe.yaml:8:7"),
        (SCRIPTED.replace("- generate: good", "- genrate: good"), "SOF105", "recipe.yaml:20:5"),
        (SCRIPTED.replace("{{ style }}", "{{ styel }}"), "SOF201", "recipe.yaml:13:"),
        (
            SCRIPTED.replace("seeds:", "seeds:\n  more: {file: more.jsonl}"),
            "SOF202",
            "recipe.yaml:5:",
        ),
    ],
    ids=["empty", "not YAML", "duplicate", "tab", "unknown key", "type", "verb", "column", "file"],
)
def test_a_wrong_recipe(tmp_path: Path, text: str, code: str, place: str) -> None:
    written(tmp_path, text)
    status, said = refused("validate", "recipe.yaml", cwd=tmp_path)
    assert status == 2
    assert f"error[{code}" in said
    assert f"--> {place}" in said


def test_a_seed_file_with_a_broken_line(tmp_path: Path) -> None:
    (tmp_path / "tasks.jsonl").write_text('{"instruction": "a"}\n{"instruction": "b"\n')
    rows = (
        "{rows: [{instruction: Name a fruit.}, {instruction: Say hello.}, {instruction: Count.}]}"
    )
    written(tmp_path, SCRIPTED.replace(rows, "{file: tasks.jsonl}"))
    status, said = refused("run", "recipe.yaml", cwd=tmp_path)
    assert status == 2
    assert "error[SOF209]" in said
    assert "--> tasks.jsonl:2:" in said


@pytest.mark.real
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello, I am a text" * 100, "is not a GGUF"),
        (b"GGUF\x03\x00\x00\x00", "damaged or incomplete"),
    ],
)
def test_a_gguf_that_is_not_one(tmp_path: Path, content: bytes, words: str) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    (tmp_path / "model.gguf").write_bytes(content)
    written(tmp_path, STARTER)
    status, said = refused("run", "recipe.yaml", cwd=tmp_path)
    assert status == 1
    assert "model.gguf" in said
    assert words in said


def test_a_server_that_is_dead(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    model = f"{{backend: openai, base_url: 'http://127.0.0.1:{port}/v1', model: m}}"
    written(tmp_path, SCRIPTED.replace("{backend: scripted}", model))
    status, said = refused("run", "recipe.yaml", cwd=tmp_path)
    assert status == 1
    assert "The teacher does not answer (unreachable" in said
    assert f"127.0.0.1:{port}" in said
    assert "run the same command again" in said


def test_a_key_that_is_not_set(tmp_path: Path) -> None:
    model = (
        "{backend: openai, base_url: 'http://localhost:1/v1', model: m, api_key: '${NO_SUCH_KEY}'}"
    )
    written(tmp_path, SCRIPTED.replace("{backend: scripted}", model))
    status, said = refused("run", "recipe.yaml", cwd=tmp_path)
    assert status == 1
    assert "needs the environment variable NO_SUCH_KEY, which is not set" in said


def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    """Root may write anywhere, so the folder is one in /proc for him."""
    written(tmp_path, SCRIPTED)
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o500)
    out = Path("/proc/sofrito") if os.access(locked, os.W_OK) else locked / "runs"
    status, said = refused("run", "recipe.yaml", "--out", out, cwd=tmp_path)
    assert status == 1
    assert f"The folder {out}" in said
    assert "--out" in said


@pytest.fixture
def tiny_disk(tmp_path: Path):  # type: ignore[no-untyped-def]
    """A file system of 300 kB, where this may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if (
        shutil.which("mount") is None
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_disk_that_is_full(tmp_path: Path, tiny_disk: Path) -> None:
    """Nothing answered is lost: with the journal moved to a larger disk the run goes on."""
    recipe = written(tmp_path, SCRIPTED)
    status, said = refused("run", recipe, "--out", tiny_disk, cwd=tmp_path)
    assert status == 1
    assert "pace" in said  # «No space is left», «Free some space»
    held, asked = journaled(tiny_disk)
    assert 0 < held <= asked

    larger = tmp_path / "larger"
    shutil.copytree(tiny_disk, larger)
    done = sofrito("run", recipe, "--out", larger, "--format", "json")
    assert done.returncode == 0
    assert journaled(larger)[0] > held


def test_ctrl_c_ends_in_order_and_the_same_command_goes_on(tmp_path: Path) -> None:
    recipe = written(tmp_path, SCRIPTED.replace("rows: 600", "rows: 5000"))
    out = tmp_path / "runs"
    process = subprocess.Popen(
        command("run", recipe, "--out", out),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    while journaled(out)[0] < 100:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Run the same command again to go on; every answer so far is kept." in said
    held, asked = journaled(out)
    assert 100 <= held == asked

    done = sofrito("run", recipe, "--rows", "60", "--out", out, "--format", "json")
    assert done.returncode == 0
    assert only_finished(out)


def only_finished(out: Path) -> bool:
    return any((m.parent / "dataset").is_dir() for m in out.glob("*/*/manifest.json"))


def test_a_run_that_falls_short_says_why(tmp_path: Path) -> None:
    recipe = written(
        tmp_path, SCRIPTED.replace("keep: good", "keep: good and 'zzz' in instruction")
    )
    done = sofrito("run", recipe, "--out", tmp_path / "runs")
    assert done.returncode == 1
    assert (
        "The run stopped short because none of the first 100 candidates gave a row." in done.stdout
    )
    assert "keep: good and 'zzz' in instruction" in done.stdout


def test_a_limit_on_calls_leaves_the_first_rows(tmp_path: Path) -> None:
    recipe = written(tmp_path, SCRIPTED)
    done = sofrito("run", recipe, "--out", tmp_path / "runs", "--limit-calls", "400")
    assert done.returncode == 1
    assert "because --limit-calls 400 is spent" in done.stdout
    run = only_run(tmp_path / "runs")
    first = (run / "rows.jsonl").read_bytes()
    assert first
    assert sofrito("run", recipe, "--out", tmp_path / "runs", "--quiet").returncode == 0
    assert (run / "rows.jsonl").read_bytes().startswith(first)


def test_two_runs_of_one_dataset_at_once(tmp_path: Path) -> None:
    recipe = written(tmp_path, SCRIPTED.replace("rows: 600", "rows: 5000"))
    out = tmp_path / "runs"
    process = subprocess.Popen(
        command("run", recipe, "--out", out, "--quiet"),
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while journaled(out)[0] < 10:
        assert process.poll() is None
        time.sleep(0.005)
    done = sofrito("run", recipe, "--out", out)
    process.kill()
    process.wait()
    assert done.returncode == 1
    assert "Another process is running this recipe" in done.stderr


@pytest.mark.parametrize("written_as", ["sk-very-secret", "'sk-very-secret'", "${sk-very-secret}"])
def test_a_key_written_into_a_recipe_is_refused_and_not_shown(
    tmp_path: Path, written_as: str
) -> None:
    model = (
        f"{{backend: openai, base_url: 'http://localhost:1/v1', model: m, api_key: {written_as}}}"
    )
    written(tmp_path, SCRIPTED.replace("{backend: scripted}", model))
    status, said = refused("validate", "recipe.yaml", cwd=tmp_path)
    assert status == 2
    assert "recipe.yaml:3:" in said
    assert "secret" not in said


def test_an_interrupted_replay_leaves_the_finished_dataset(tmp_path: Path) -> None:
    """Whatever is in the folder tells of one and the same run."""
    recipe = written(tmp_path, SCRIPTED.replace("rows: 600", "rows: 2000"))
    out = tmp_path / "runs"
    assert sofrito("run", recipe, "--out", out, "--quiet").returncode == 0
    run = only_run(out)
    before = {p.name: p.read_bytes() for p in run.iterdir() if p.is_file()}
    process = subprocess.Popen(
        command("run", recipe, "--out", out, "--quiet"),
        stdout=subprocess.DEVNULL,
        env=environment(),
    )
    while not (run / ".rows.jsonl.partial").exists():
        assert process.poll() is None
        time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    code = process.wait(timeout=60)
    assert code in (0, 130)  # 0 if it was too quick to be interrupted
    assert {p.name: p.read_bytes() for p in run.iterdir() if p.is_file()} == before or code == 0


def test_a_misspelt_key_in_one_seed_row_is_warned_of(tmp_path: Path) -> None:
    tasks = ['{"instruction": "a"}', '{"instruction": "b"}', '{"instuction": "c"}']
    (tmp_path / "tasks.jsonl").write_text("\n".join(tasks))
    rows = (
        "{rows: [{instruction: Name a fruit.}, {instruction: Say hello.}, {instruction: Count.}]}"
    )
    written(tmp_path, SCRIPTED.replace(rows, "{file: tasks.jsonl}"))
    status, said = refused("validate", "recipe.yaml", cwd=tmp_path)
    assert status == 0
    assert "warning[SOF209]: The row has `instuction` where all others have `instruction`." in said
    assert "--> tasks.jsonl:3:1" in said


def test_a_reason_is_told_with_an_example(tmp_path: Path) -> None:
    steps = "steps:\n  - set: size\n    to: 1 / (style | int)\n  - generate: instruction"
    recipe = written(tmp_path, SCRIPTED.replace("steps:\n  - generate: instruction", steps))
    done = sofrito("run", recipe, "--out", tmp_path / "runs")
    assert done.returncode == 1
    assert (
        "100  set size: expression (first: 1 / (style | int): something is divided by 0)"
        in done.stdout
    )


def test_the_minutes_of_a_budget_end_a_run_in_order(tmp_path: Path) -> None:
    recipe = written(tmp_path, SCRIPTED.replace("rows: 600", "rows: 100k\nbudget: {minutes: 0.02}"))
    done = sofrito("run", recipe, "--out", tmp_path / "runs")
    assert done.returncode == 1
    assert "because budget.minutes of 0.02 is spent" in done.stdout
    run = only_run(tmp_path / "runs")
    assert (run / "dataset" / "messages" / "train.parquet").is_file()


LOOP = """
recipe: loop
models: {teacher: {backend: scripted}}
seeds: {s: {rows: [{a: 1}, {a: 2}, {a: 3}, {a: 4}, {a: 5}, {a: 6}, {a: 7}, {a: 8}, {a: 9}]}}
rows: 3
steps:
  - generate: q
    shots: [{draw: 9, from: s}]
    prompt: "PROMPT"
output: {write: [{text: q}]}
"""


def test_a_template_that_never_ends_gives_way_to_a_second_ctrl_c(tmp_path: Path) -> None:
    """It would be ended by itself after ten seconds; nobody has to wait for that."""
    loops = "".join(f"{{% for {name} in shots %}}" for name in "abcdefghijkl")
    recipe = written(tmp_path, LOOP.replace("PROMPT", loops + "{% endfor %}" * 12))
    process = subprocess.Popen(
        command("run", recipe, "--out", tmp_path / "runs"), stderr=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    while not (tmp_path / "runs" / "journal.sqlite").exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.5)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    said, wrong = process.communicate(timeout=60)
    assert (process.returncode, wrong) == (130, "")
    assert "The run stopped short because it was interrupted." in said
    assert json.loads((only_run(tmp_path / "runs") / "manifest.json").read_text())["rows"] == 0


@pytest.mark.parametrize("pause", [0.0, 1.0], ids=["twice as one", "again"])
def test_ctrl_c_says_what_it_waits_for_and_leaves_the_reasons_so_far(
    tmp_path: Path, pause: float
) -> None:
    """`timeout` sends its signal twice: that is one Ctrl-C. A second one ends the waiting."""
    with served("--latency", "3" if not pause else "600") as url:
        model = (
            f"{{backend: openai, base_url: '{url}', model: m, concurrency: 2, timeout_seconds: 900, "
            "price: {input: 1, output: 1}}"
        )
        recipe = written(tmp_path, SCRIPTED.replace("{backend: scripted}", model))
        process = subprocess.Popen(
            command("run", recipe, "--out", tmp_path / "runs"), stderr=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, env=environment(),
        )  # fmt: skip
        while not list(tmp_path.glob("runs/*/*/.rows.jsonl.partial")):
            assert process.poll() is None
            time.sleep(0.01)
        time.sleep(1.0)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(pause)
        said, wrong = process.communicate(timeout=60)
    assert process.returncode == 130
    words = r"killed: stopping: waiting up to 20 s for 2 calls; Ctrl-C again stops at once\n"
    assert re.fullmatch(words, wrong)
    assert "The run stopped short because it was interrupted." in said
    assert ("cost: " in said) == (not pause)  # nothing was answered, nothing is paid
    assert only_run(tmp_path / "runs")


def test_without_rows_no_row_is_to_be_shown(tmp_path: Path) -> None:
    recipe = written(tmp_path, SCRIPTED.replace("keep: good", "keep: instruction == ''"))
    done = sofrito("run", recipe, "--out", tmp_path / "runs")
    assert done.returncode == 1
    assert "0 of 600 rows" in done.stdout
    assert "a row's story" not in done.stdout


def test_a_budget_that_the_next_call_could_break_is_not_said_to_be_spent(tmp_path: Path) -> None:
    recipe = written(tmp_path, SCRIPTED.replace("rows: 600", "rows: 600\nbudget: {tokens: 1000}"))
    done = sofrito("run", recipe, "--out", tmp_path / "runs")
    assert done.returncode == 1
    reason = r"and (\d+) of budget.tokens's 1,000 is spent"
    found = re.search(reason, done.stdout)
    assert found is not None
    assert int(found[1]) < 1000


def test_an_address_without_v1_is_the_first_guess(tmp_path: Path) -> None:
    from sofrito.teachers.remote.wire import Failure, permanent

    def fix(where: str) -> str:
        return getattr(permanent(Failure(404, b"{}", str), where, "m", ""), "fix", "")

    assert fix("http://localhost:8123") == (
        "Servers usually want `base_url: http://localhost:8123/v1`. Has it a model `m`?"
    )
    assert fix("http://localhost:8123/v1") == (
        "Check that the server has a model `m`, and `base_url` (http://localhost:8123/v1)."
    )


def test_the_mock_names_its_faults() -> None:
    mock = Path(__file__).parents[1] / "support" / "mock_server.py"
    done = subprocess.run(
        [sys.executable, mock, "--fault", "foo=1"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "argument --fault: no such fault: foo; there are 429, 429 wait, 500" in done.stderr
    told = subprocess.run(
        [sys.executable, mock, "--help"], capture_output=True, text=True, check=True
    )
    assert "duplicate" in told.stdout.partition("--fault NAME=RATE")[2]

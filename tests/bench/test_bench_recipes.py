"""The script that runs every shipped recipe: its table, going on, Ctrl-C, and its exit code."""

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from runs import environment, journaled, served

SCRIPT = Path(__file__).parents[2] / "bench" / "recipes.py"
pytestmark = pytest.mark.slow


def command(out: Path, *arguments: str) -> list[str]:
    return [sys.executable, str(SCRIPT), "--out", str(out), *arguments]


def run(out: Path, *arguments: str) -> tuple[int, list[list[str]]]:
    """Run the script; return its exit code, and its lines in words but for the seconds."""
    done = subprocess.run(
        command(out, *arguments), capture_output=True, text=True, env=environment(), check=False
    )
    assert done.stderr == ""
    return done.returncode, words(done.stdout)


def words(said: str) -> list[list[str]]:
    table, _, remarks = said.partition("\n\n")
    lines = [line.split()[:5] for line in table.splitlines()]
    return [*lines, *([line] for line in remarks.splitlines())]


HEADS = ["recipe", "asked", "accepted", "calls", "tokens"]


def test_a_line_for_each_recipe_and_nothing_asked_twice(tmp_path: Path) -> None:
    named = ("curate", "taxonomy", "--rows", "2")
    first = run(tmp_path, *named)
    code, (heads, curate, taxonomy) = first
    assert (code, heads, curate) == (0, HEADS, ["curate", "2", "2", "0", "0"])
    assert (taxonomy[:3], int(taxonomy[3]) > 2) == (["taxonomy", "2", "2"], True)
    assert run(tmp_path, *named) == first


def test_it_goes_on_where_it_fell_short(tmp_path: Path) -> None:
    named = ("personas", "--rows", "3")
    code, lines = run(tmp_path, *named, "--limit-calls", "5")
    assert (code, lines[1][:4], len(lines)) == (1, ["personas", "3", lines[1][2], "5"], 3)
    assert lines[2] == ["personas: budget, --limit-calls 5 is spent"]
    code, lines = run(tmp_path, *named)
    assert (code, lines[1][:3], len(lines)) == (0, ["personas", "3", "3"], 2)
    assert int(lines[1][3]) > 5, "the calls of both sessions"


def test_ctrl_c_ends_it_in_order_and_it_goes_on(tmp_path: Path) -> None:
    named: Sequence[str] = ("personas", "curate", "--rows", "3")
    with served("--latency", "0.1") as url:
        process = subprocess.Popen(
            command(tmp_path, "--teacher", url, *named),
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        while not journaled(tmp_path / "personas")[0] and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate()
        table = words(said)
        assert (process.returncode, table[1][:3]) == (130, ["personas", "3", "0"])
        assert table[2:] == [["personas: interrupted, it was interrupted"]]
        kept = int(table[1][3])
        code, lines = run(tmp_path, "--teacher", url, *named)
    assert (code, [line[:3] for line in lines[1:]]) == (
        0, [["personas", "3", "3"], ["curate", "3", "3"]],
    )  # fmt: skip
    assert int(lines[1][3]) > kept > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["alpacas"], "no recipe is called alpacas: there are alpaca, "),
        (["--teacher", "local"], "a teacher is scripted, embedded or a base URL, not local"),
        (["--teacher", "http://127.0.0.1:9/v1"], "No model is told by http://127.0.0.1:9/v1: "),
    ],
)
def test_what_it_does_not_know(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = subprocess.run(
        command(tmp_path, *arguments),
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert done.returncode in (1, 2)
    assert words in done.stderr

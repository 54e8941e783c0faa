"""`sofrito new`: what it writes validates, is formatted, and runs; it asks only in a terminal."""

import os
import pty
import subprocess
from pathlib import Path

import pytest
from runs import command, environment, only_run, sofrito

from sofrito.cli import invoke
from sofrito.plan.starter import KINDS, Kind, kinds
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.base import Vocabulary

ROWS = 'prompt,Odd name,response\nWhy is the sky "blue"?,1,x\nWhy is grass green?,2,y\n'


@pytest.fixture(autouse=True)
def _there(tmp_path: Path) -> object:
    before = Path.cwd()
    os.chdir(tmp_path)
    yield
    os.chdir(before)


@pytest.mark.parametrize("kind", KINDS)
def test_its_own_commands_make_rows(kind: str, tmp_path: Path) -> None:
    assert invoke(["new", f"my-{kind}", "--for", kind]) == 0
    readme = (tmp_path / f"my-{kind}" / "README.md").read_text(encoding="utf-8")
    lines = [line.strip() for line in readme.splitlines() if line.startswith("    sofrito ")]
    validate, run, *scripted = lines
    assert validate == f"sofrito validate my-{kind}"
    assert run == f"sofrito run my-{kind}"
    done = subprocess.run(
        ["sh", "-c", (scripted or [run])[0].replace("sofrito", " ".join(command()), 1)],
        capture_output=True, text=True, env=environment(), check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (only_run(tmp_path / "runs") / "rows.jsonl").stat().st_size


@pytest.mark.parametrize("kind", KINDS)
def test_what_it_writes_is_valid_and_formatted(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["new", "mine", "--for", kind]) == 0
    capsys.readouterr()
    assert invoke(["validate", "mine"]) == 0
    assert invoke(["fmt", "mine", "--diff"]) == 0
    said = capsys.readouterr()
    assert (said.out.count("\n"), said.err) == (1, "")
    first = (tmp_path / "mine" / "recipe.yaml").read_text(encoding="utf-8").partition("\n")[0]
    schema = first.removeprefix("# yaml-language-server: $schema=")
    assert Path(schema).name == "recipe.schema.json"
    assert Path(schema).is_file()


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.role != "none"])
def test_with_rows_of_ones_own_and_a_server(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my rows.csv").write_text(ROWS, encoding="utf-8")
    server = ["--teacher", "http://localhost:8000/v1", "--model", "qwen3-32b", "--key", "A_KEY"]
    data = ["--data", "my rows.csv", "--column", "prompt"]
    assert invoke(["new", "mine", "--for", kind, *data, *server]) == 0
    assert invoke(["validate", "mine"]) == 0
    assert (tmp_path / "mine" / "seeds" / "my_rows.csv").read_text(encoding="utf-8") == ROWS
    text = (tmp_path / "mine" / "recipe.yaml").read_text(encoding="utf-8")
    assert ("api_key: ${A_KEY}" in text) == KINDS[kind].teacher
    capsys.readouterr()


def test_a_folder_of_documents_and_a_model_file(tmp_path: Path) -> None:
    folder = tmp_path / "texts" / "deep"
    folder.mkdir(parents=True)
    (folder / "a.md").write_text("# A\n\nA text about tea.\n", encoding="utf-8")
    (folder / "b.bin").write_bytes(b"no text")
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    flags = ["--data", "texts", "--teacher", "model.gguf"]
    assert invoke(["new", "mine", "--for", "documents", *flags]) == 0
    assert invoke(["validate", "mine"]) == 0
    copied = [p.relative_to(tmp_path / "mine") for p in (tmp_path / "mine").rglob("deep/*")]
    assert copied == [Path("documents/deep/a.md")]
    text = (tmp_path / "mine" / "recipe.yaml").read_text(encoding="utf-8")
    assert f'teacher: {{path: "{tmp_path.resolve() / "model.gguf"}"}}' in text


def test_it_never_writes_over_anything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "recipe.yaml").write_text("recipe: mine\n")
    assert invoke(["new", "mine", "--for", "sft"]) == 1
    assert capsys.readouterr().err == "sofrito: mine is there already.\nChoose another name.\n"
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["recipe.yaml"]


WRONG = {
    "no kind": (["new", "mine"], "--for is missing. What for: sft, distill,"),
    "no name": (["new", "--for", "sft"], "NAME is missing."),
    "another kind": (["new", "m", "--for", "sfd"], "There is no kind `sfd`: did you mean `sft`?"),
    "which column": (
        ["new", "m", "--for", "curate", "--data", "rows.csv"],
        "--column is missing. rows.csv has prompt, response.",
    ),
    "no such column": (
        ["new", "m", "--for", "curate", "--data", "rows.csv", "--column", "txt"],
        "rows.csv has no column `txt`.",
    ),
    "no file": (["new", "m", "--for", "sft", "--data", "no.csv"], "There is no file no.csv."),
    "no model": (["new", "m", "--for", "sft", "--teacher", "no.gguf"], "There is no file no.gguf."),
    "which model": (
        ["new", "m", "--for", "sft", "--teacher", "http://localhost:1/v1"],
        "--model is missing.",
    ),
    "no name for a recipe": (["new", "My Tea", "--for", "sft"], "Such as `my-tea`."),
    "rows for topics": (
        ["new", "m", "--for", "textbook", "--data", "rows.csv"],
        "This kind begins with topics, not rows.",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    arguments, words = WRONG[name]
    done = sofrito(*arguments, cwd=tmp_path)
    assert words in done.stderr
    assert done.returncode in (1, 2)
    assert [p.name for p in tmp_path.iterdir()] == ["rows.csv"]


def test_in_a_terminal_it_asks(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    answers = ["curate", "mine", "rows.csv", "prompt"]
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        command("new"), stdin=follower, stdout=follower, stderr=follower, env=environment()
    )
    os.close(follower)
    os.write(leader, ("\n".join(answers) + "\n").encode())
    said = b""
    try:
        while part := os.read(leader, 4096):
            said += part
    except OSError:  # how a pseudo-terminal says that the other side is closed
        pass
    os.close(leader)
    assert process.wait(timeout=60) == 0, said.decode()
    text = (tmp_path / "mine" / "recipe.yaml").read_text(encoding="utf-8")
    assert "data: {file: seeds/rows.csv}" in text
    assert "- filter: prompt" in text
    assert b"What for?" in said


def test_a_kind_whose_verbs_do_not_exist_is_not_offered() -> None:
    assert [*kinds(vocabulary())] == [*KINDS]
    verbs = {name: cls for name, cls in vocabulary().verbs.items() if name != "pair"}
    without = Vocabulary(verbs, {}, {})
    assert {*KINDS} - {*kinds(without)} == {"preference"}
    assert isinstance(KINDS["preference"], Kind)

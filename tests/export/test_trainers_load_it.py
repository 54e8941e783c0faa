"""What is written is what trainers load."""

from pathlib import Path

import pytest
from runs import SCRIPTED, only_run, sofrito


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a finished run of the scripted recipe with messages, alpaca and raw rows."""
    folder = tmp_path_factory.mktemp("trained")
    formats = "{messages: {prompt: instruction, completion: response}}"
    more = f"{formats}, {{alpaca: {{input: style, output: response}}}}, raw"
    (folder / "recipe.yaml").write_text(SCRIPTED.replace(formats, more), encoding="utf-8")
    done = sofrito("run", "recipe.yaml", "--rows", "40", "--quiet", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return only_run(folder / "runs")


@pytest.mark.filterwarnings("ignore")
def test_datasets_loads_each_format_with_its_splits(run: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    messages = datasets.load_dataset(str(run), "messages", cache_dir=str(tmp_path))
    assert {split: len(rows) for split, rows in messages.items()} == {"train": 36, "test": 4}
    first = messages["train"][0]
    assert [m["role"] for m in first["messages"]] == ["user", "assistant"]
    alpaca = datasets.load_dataset(str(run), "alpaca", split="train", cache_dir=str(tmp_path))
    assert alpaca.column_names == ["id", "instruction", "input", "output"]
    raw = datasets.load_dataset(str(run), "raw", split="train", cache_dir=str(tmp_path))
    assert raw.column_names == ["id", "style", "instruction", "good", "response"]
    assert set(raw["good"]) == {True}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_trl_takes_the_messages_as_they_are(run: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    pytest.importorskip("torch", reason="torch is not installed (make trainers)")
    trl_data = pytest.importorskip("trl.data_utils", reason="trl is not installed (make trainers)")
    rows = datasets.load_dataset(str(run), "messages", split="train", cache_dir=str(tmp_path))
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    words = tokenizers.models.WordLevel({"<unk>": 0}, unk_token="<unk>")
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizers.Tokenizer(words))
    tokenizer.chat_template = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
    assert all(map(trl_data.is_conversational, rows))
    user, assistant = rows[0]["messages"]
    text = trl_data.maybe_apply_chat_template({"messages": rows[0]["messages"]}, tokenizer)
    assert text == {"text": f"<user>{user['content']}<assistant>{assistant['content']}"}

"""What is written is what trainers load."""

from pathlib import Path
from typing import Any

import pytest
from finished import FACTS, recipe, row, run_folder
from runs import SCRIPTED, only_run, sofrito

from sofrito.export import export


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
    assert all(map(trl_data.is_conversational, rows))
    user, assistant = rows[0]["messages"]
    text = trl_data.maybe_apply_chat_template({"messages": rows[0]["messages"]}, tokenizer())
    assert text == {"text": f"<user>{user['content']}<assistant>{assistant['content']}"}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run whose rows are pairs of answers, in every preference format."""
    rows = [row(n, chosen=f"Good {n}.", rejected=f"Bad {n}.") for n in range(4)]
    folder = run_folder(tmp_path_factory.mktemp("pairs") / "run", rows)
    chat = {"prompt": "q", "chat": True}
    plain = [{"dpo": {"prompt": "q"}}, {"orpo": {"prompt": "q"}}, {"kto": {"prompt": "q"}}]
    both = [*plain, "reward", {"dpo": chat}, {"kto": chat}, {"reward": {"prompt": "q"}}]
    export(folder, recipe(both), FACTS)
    return folder


TURNS = [{"role": "user", "content": "Q0"}, {"role": "assistant", "content": "Good 0."}]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "first", "text"),
    [
        ("dpo", {"prompt": "Q0", "chosen": "Good 0.", "rejected": "Bad 0."}, None),
        ("orpo", {"prompt": "Q0", "chosen": "Good 0.", "rejected": "Bad 0."}, None),
        ("kto", {"prompt": "Q0", "completion": "Good 0.", "label": True}, None),
        ("reward", {"chosen": "Good 0.", "rejected": "Bad 0."}, None),
        (
            "dpo-2",
            {
                "prompt": TURNS[:1],
                "chosen": TURNS[1:],
                "rejected": [{**TURNS[1], "content": "Bad 0."}],
            },
            {"prompt": "<user>Q0<assistant>", "chosen": "Good 0.", "rejected": "Bad 0."},
        ),
        (
            "kto-2",
            {"prompt": TURNS[:1], "completion": TURNS[1:], "label": True},
            {"prompt": "<user>Q0<assistant>", "completion": "Good 0.", "label": True},
        ),
        (
            "reward-2",
            {"chosen": TURNS, "rejected": [TURNS[0], {**TURNS[1], "content": "Bad 0."}]},
            {"chosen": "<user>Q0<assistant>Good 0.", "rejected": "<user>Q0<assistant>Bad 0."},
        ),
    ],
)
def test_trl_takes_preferences_as_they_are(
    pairs: Path, tmp_path: Path, name: str, first: dict[str, Any], text: dict[str, Any] | None
) -> None:
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    pytest.importorskip("torch", reason="torch is not installed (make trainers)")
    trl_data = pytest.importorskip("trl.data_utils", reason="trl is not installed (make trainers)")
    rows = datasets.load_dataset(str(pairs), name, split="train", cache_dir=str(tmp_path))
    rows = rows.remove_columns("id")
    assert rows[0] == first
    assert trl_data.is_conversational(rows[0]) == (text is not None)
    assert trl_data.maybe_apply_chat_template(rows[0], tokenizer()) == (text or first)
    if "dpo" in name:
        unpaired = trl_data.maybe_unpair_preference_dataset(rows)
        assert (len(unpaired), sum(unpaired["label"])) == (8, 4)
    if name == "kto":
        assert rows["label"] == [True, False] * 4


def tokenizer() -> Any:
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    words = tokenizers.models.WordLevel({"<unk>": 0}, unk_token="<unk>")
    found = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizers.Tokenizer(words))
    found.chat_template = (
        "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    return found

"""Sentence-transformers folders: what their files say, and the vectors they make."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tiny_bert import CONTEXT, sentence_folder

from sofrito.problems import Trouble
from sofrito.recipe.model import Model
from sofrito.teachers.call import Embed
from sofrito.teachers.embed.choose import sentence_embedder
from sofrito.teachers.embed.sentence import sentence_teacher
from sofrito.teachers.embed.teacher import EmbeddingTeacher
from sofrito.teachers.result import Embedded

torch = pytest.importorskip("torch", reason="torch is not installed")
transformers = pytest.importorskip("transformers", reason="transformers is not installed")
import numpy as np  # noqa: E402

TEXTS = ("red birds sing.", "blue", "a red bird sings . blue birds", "Red BIRDS sing.")


def embed(teacher: EmbeddingTeacher, *texts: str) -> list[Embedded]:
    async def run() -> list[Any]:
        found = await asyncio.gather(*(teacher.answer(Embed("embedder", t)) for t in texts))
        await teacher.close()
        return found

    return asyncio.run(run())


def expected(at: Path, texts: tuple[str, ...], pooling: str, length: int = 16) -> Any:
    """Return the vectors by transformers itself, one text at a time and without padding."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(at)
    model = transformers.AutoModel.from_pretrained(at).eval()
    made = []
    for text in texts:
        ids = tokenizer(text, truncation=True, max_length=length, return_tensors="pt")
        with torch.no_grad():
            states = model(**ids).last_hidden_state[0].numpy()
        n = len(states)
        ranks = np.arange(1, n + 1)[:, None]
        vector = {
            "mean_tokens": states.mean(0),
            "cls_token": states[0],
            "lasttoken": states[-1],
            "max_tokens": states.max(0),
            "mean_sqrt_len_tokens": states.sum(0) / n**0.5,
            "weightedmean_tokens": (states * ranks).sum(0) / ranks.sum(),
        }[pooling]
        made.append(vector / np.linalg.norm(vector))
    return np.stack(made)


@pytest.mark.parametrize(
    "pooling",
    [
        "mean_tokens",
        "cls_token",
        "lasttoken",
        "max_tokens",
        "mean_sqrt_len_tokens",
        "weightedmean_tokens",
    ],
)
def test_vectors_are_those_of_transformers(tmp_path: Path, pooling: str) -> None:
    at = sentence_folder(tmp_path / "tiny", pooling)
    found = embed(sentence_teacher(at, threads=1, cache=tmp_path), *TEXTS)
    vectors = np.stack([np.frombuffer(one.vector, "<f4") for one in found])
    assert np.allclose(vectors, expected(at, TEXTS, pooling), atol=1e-5)
    assert [one.prompt_tokens for one in found] == [7, 3, 11, 7]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_one_by_one_a_vector_depends_on_its_text_alone(tmp_path: Path) -> None:
    at = sentence_folder(tmp_path / "tiny")
    together = embed(sentence_teacher(at, parallel=1, threads=1, cache=tmp_path), *TEXTS)
    alone = embed(sentence_teacher(at, parallel=1, threads=1, cache=tmp_path), TEXTS[2])
    assert together[2] == alone[0]


def test_the_beginning_of_a_long_text_counts(tmp_path: Path) -> None:
    at = sentence_folder(tmp_path / "tiny")
    long = "red blue " * 20
    (found,) = embed(sentence_teacher(at, tokens=8, threads=1, cache=tmp_path), long)
    assert found.prompt_tokens == 8
    vector = np.frombuffer(found.vector, "<f4")
    assert np.allclose(vector, expected(at, (long,), "mean_tokens", 8)[0], atol=1e-5)
    with pytest.raises(Trouble, match=f"a context of 99 tokens, .* was made for {CONTEXT}"):
        embed(sentence_teacher(at, tokens=99, cache=tmp_path), "red")


def test_the_identity_is_of_the_content_and_the_pooling(tmp_path: Path) -> None:
    one = sentence_teacher(sentence_folder(tmp_path / "a"), cache=tmp_path).identity
    again = sentence_teacher(sentence_folder(tmp_path / "b"), cache=tmp_path).identity
    other = sentence_teacher(sentence_folder(tmp_path / "c", "cls_token"), cache=tmp_path).identity
    assert one == again
    assert {key for key in one if one[key] != other[key]} == {"pooling"}


def broken(at: Path, name: str, said: Any) -> str:
    """Say what is wrong once a file of a whole folder says something else."""
    (at / name).write_text(json.dumps(said))
    with pytest.raises(Trouble) as caught:
        sentence_teacher(at, cache=at)
    return caught.value.what.replace(str(at), "IT")


def test_what_cannot_be_used_is_named(tmp_path: Path) -> None:
    at = sentence_folder(tmp_path / "tiny")
    unfit = "The sentence-transformers folder IT cannot be used: its"
    pooling = {"pooling_mode_cls_token": True, "pooling_mode_max_tokens": True}
    assert broken(at, "1_Pooling/config.json", pooling) == f"{unfit} pooling is cls, max."
    assert broken(at, "1_Pooling/config.json", {}) == f"{unfit} pooling is not said."
    assert broken(at, "modules.json", {}) == f"{unfit} modules.json is no list of modules."
    clip = [{"type": "sentence_transformers.models.CLIPModel", "path": ""}]
    assert broken(at, "modules.json", clip) == f"{unfit} modules are CLIPModel."


def test_pickled_weights_are_never_loaded(tmp_path: Path) -> None:
    at = sentence_folder(tmp_path / "tiny")
    (at / "model.safetensors").rename(at / "pytorch_model.bin")
    with pytest.raises(Trouble, match="has no weights in safetensors format"):
        sentence_teacher(at, cache=tmp_path)


def test_a_folder_with_modules_is_an_embedding_model(tmp_path: Path) -> None:
    at = sentence_folder(tmp_path / "tiny")
    model = Model(backend="transformers", path=str(at))
    assert isinstance(sentence_embedder(model, at), EmbeddingTeacher)
    with pytest.raises(Trouble, match="`chat_template` means nothing to tiny"):
        sentence_embedder(model.model_copy(update={"chat_template": "chatml"}), at)
    (at / "modules.json").unlink()
    assert sentence_embedder(model, at) is None

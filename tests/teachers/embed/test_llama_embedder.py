"""Embedding models in GGUF files: the vectors of llama.cpp are those of transformers."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from gguf_writer import CHAT, write_gguf
from tiny_bert import CONTEXT, gguf_of, sentence_folder

from sofrito.problems import Trouble
from sofrito.recipe.model import Model
from sofrito.teachers.call import Embed
from sofrito.teachers.embed.choose import gguf_embedder
from sofrito.teachers.embed.sentence import sentence_teacher
from sofrito.teachers.embed.teacher import EmbeddingTeacher
from sofrito.teachers.llama.embedder import llama_embedder
from sofrito.teachers.llama.gguf import GgufInfo
from sofrito.teachers.teacher import Refused

pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")
import numpy as np

TEXTS = ("red birds sing.", "blue", "a red bird sings . blue birds", "red birds sing")


def embed(teacher: EmbeddingTeacher, *texts: str) -> list[Any]:
    async def run() -> list[Any]:
        calls = (teacher.answer(Embed("embedder", text)) for text in texts)
        found = await asyncio.gather(*calls, return_exceptions=True)
        await teacher.close()
        return found

    return asyncio.run(run())


def vectors(found: list[Any]) -> Any:
    return np.stack([np.frombuffer(one.vector, "<f4") for one in found])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the model as sentence-transformers, and as GGUF with each pooling."""
    at = tmp_path_factory.mktemp("tiny")
    for pooling in (-1, 1, 2, 3, 4):
        folder = sentence_folder(at / "folder")
        gguf_of(folder, at / f"{pooling}.gguf", pooling)
    return at


@pytest.mark.parametrize(
    ("pooling", "name"),
    [(-1, "mean_tokens"), (1, "mean_tokens"), (2, "cls_token"), (3, "lasttoken")],
)
def test_vectors_are_those_of_transformers(tiny: Path, pooling: int, name: str) -> None:
    info = GgufInfo.read(tiny / f"{pooling}.gguf")
    found = embed(llama_embedder(info, threads=1, cache=tiny), *TEXTS)
    folder = sentence_folder(tiny / "folder", name)
    expected = embed(sentence_teacher(folder, threads=1, cache=tiny), *TEXTS)
    assert np.allclose(vectors(found), vectors(expected), atol=2e-3)
    assert [one.prompt_tokens for one in found] == [7, 3, 11, 6]


def test_one_by_one_a_vector_depends_on_its_text_alone(tiny: Path) -> None:
    info = GgufInfo.read(tiny / "1.gguf")
    together = embed(llama_embedder(info, parallel=1, threads=1, cache=tiny), *TEXTS)
    alone = embed(llama_embedder(info, parallel=1, threads=1, cache=tiny), TEXTS[2])
    assert together[2] == alone[0]


def test_a_text_that_is_too_long_is_refused_and_the_others_are_not(tiny: Path) -> None:
    info = GgufInfo.read(tiny / "1.gguf")
    long, short = embed(llama_embedder(info, threads=1, cache=tiny), "red " * 40, "red")
    assert isinstance(long, Refused)
    words = f"the text has 42 tokens, the embedding model reads {CONTEXT}"
    assert (long.cause, long.words, long.journaled) == ("context", words, False)
    assert short.prompt_tokens == 3


def test_what_is_no_embedding_model_is_not_taken_for_one(tiny: Path, tmp_path: Path) -> None:
    model = Model(path="any.gguf")
    assert gguf_embedder(model, GgufInfo.read(write_gguf(tmp_path / "chat.gguf", CHAT))) is None
    assert isinstance(gguf_embedder(model, GgufInfo.read(tiny / "1.gguf")), EmbeddingTeacher)
    assert isinstance(gguf_embedder(model, GgufInfo.read(tiny / "-1.gguf")), EmbeddingTeacher)
    pooled = write_gguf(tmp_path / "last.gguf", {**CHAT, "llama.pooling_type": 3})
    assert isinstance(gguf_embedder(model, GgufInfo.read(pooled)), EmbeddingTeacher)
    with pytest.raises(Trouble, match=r"4\.gguf ranks texts and makes no vectors"):
        gguf_embedder(model, GgufInfo.read(tiny / "4.gguf"))
    with pytest.raises(Trouble, match=r"`requantize` means nothing to 1\.gguf"):
        gguf_embedder(
            model.model_copy(update={"requantize": "q8_0"}), GgufInfo.read(tiny / "1.gguf")
        )


def test_a_context_that_the_model_was_not_made_for(tiny: Path) -> None:
    with pytest.raises(Trouble, match=f"a context of 99 tokens, .* was made for {CONTEXT}"):
        llama_embedder(GgufInfo.read(tiny / "1.gguf"), context=99, cache=tiny)


def test_a_file_that_llama_cpp_cannot_load_is_told_when_it_is_asked(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "odd.gguf", {**CHAT, "general.architecture": "bert"})
    (found,) = embed(llama_embedder(GgufInfo.read(path), threads=1, cache=tmp_path), "red")
    assert isinstance(found, Trouble)
    assert found.what.startswith(f"llama.cpp cannot load {path}: ")

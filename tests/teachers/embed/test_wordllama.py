"""WordLlama, from a folder written here and from the package."""

import asyncio
import importlib.util
import json
import math
import struct
from pathlib import Path

import pytest

from sofrito.problems import Trouble
from sofrito.teachers.call import Embed
from sofrito.teachers.embed.wordllama import TENSOR, TOKENIZER, WEIGHTS, wordllama_teacher
from sofrito.teachers.result import Embedded, Result

np = pytest.importorskip("numpy", reason="numpy is not installed")
tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed")

VECTORS = {"[UNK]": (0.0, 0.0), "red": (1.0, 0.0), "blue": (0.0, 2.0), "not": (-1.0, 0.0)}


def folder_of(at: Path, dtype: str = "F16") -> Path:
    """Write a model of four words and two dimensions as the package has its own."""
    tokenizer = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({word: i for i, word in enumerate(VECTORS)}, unk_token="[UNK]")
    )
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    numbers = [x for vector in VECTORS.values() for x in vector]
    raw = struct.pack(f"<{len(numbers)}{'e' if dtype == 'F16' else 'f'}", *numbers)
    header = {TENSOR: {"dtype": dtype, "shape": [4, 2], "data_offsets": [0, len(raw)]}}
    text = json.dumps(header).encode()
    for name in (WEIGHTS, TOKENIZER):
        (at / name).parent.mkdir(parents=True, exist_ok=True)
    (at / WEIGHTS).write_bytes(struct.pack("<Q", len(text)) + text + raw)
    (at / TOKENIZER).write_text(tokenizer.to_str())
    return at


def embed(at: Path | None, cache: Path, *texts: str) -> list[Result | BaseException]:
    async def run() -> list[Result | BaseException]:
        teacher = wordllama_teacher(at, cache)
        calls = (teacher.answer(Embed("embedder", text)) for text in texts)
        found = await asyncio.gather(*calls, return_exceptions=True)
        await teacher.close()
        return found

    return asyncio.run(run())


def vector(one: object) -> list[float]:
    assert isinstance(one, Embedded)
    return [round(float(x), 6) for x in np.frombuffer(one.vector, "<f4")]


@pytest.mark.parametrize("dtype", ["F16", "F32"])
def test_a_vector_is_the_mean_of_its_tokens_at_length_one(tmp_path: Path, dtype: str) -> None:
    found = embed(
        folder_of(tmp_path, dtype), tmp_path, "red", "red blue", "blue red red", "what blue"
    )
    half = round(math.sqrt(0.5), 6)
    slant = round(1 / math.sqrt(5), 6), round(2 / math.sqrt(5), 6)
    assert [vector(one) for one in found] == [[1, 0], [*slant], [half, half], [0, 1]]
    assert [one.prompt_tokens for one in found if isinstance(one, Embedded)] == [1, 2, 3, 2]


@pytest.mark.parametrize("text", ["", "what", "red not"])
def test_a_text_without_direction_is_refused(tmp_path: Path, text: str) -> None:
    (found,) = embed(folder_of(tmp_path), tmp_path, text)
    words = "no vector: the text has no token that the embedding model knows"
    assert str(found) == words


def test_half_a_surrogate_pair_is_read_as_a_question_mark(tmp_path: Path) -> None:
    broken, plain = embed(folder_of(tmp_path), tmp_path, "red \ud83d", "red ?")
    assert broken == plain


def test_the_identity_is_of_the_files_content(tmp_path: Path) -> None:
    one = wordllama_teacher(folder_of(tmp_path / "a"), tmp_path).identity
    assert wordllama_teacher(folder_of(tmp_path / "b"), tmp_path).identity == one
    other = wordllama_teacher(folder_of(tmp_path / "c", "F32"), tmp_path).identity
    assert {key for key in one if one[key] != other[key]} == {"weights"}
    assert (one["backend"], one["pooling"]) == ("wordllama", "mean")


def test_missing_and_damaged_files(tmp_path: Path) -> None:
    with pytest.raises(Trouble, match="The package wordllama has no file"):
        wordllama_teacher(tmp_path / "nowhere", tmp_path)
    at = folder_of(tmp_path)
    (at / WEIGHTS).write_bytes(struct.pack("<Q", 2) + b"{}")
    (found,) = embed(at, tmp_path, "red")
    assert isinstance(found, Trouble)
    assert "is not the file of vectors that it should be" in found.what


@pytest.mark.real
def test_the_packages_own_vectors_know_what_is_alike(tmp_path: Path) -> None:
    if importlib.util.find_spec("wordllama") is None:
        pytest.skip("wordllama is not installed")
    texts = ("How do I bake bread?", "Give me a recipe for bread.", "The stock market fell.")
    bread, recipe, market = (np.array(vector(one)) for one in embed(None, tmp_path, *texts))
    assert len(bread) == 256
    assert (bread @ recipe > 0.5, bread @ market < 0.3) == (True, True)

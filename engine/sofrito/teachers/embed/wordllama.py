"""WordLlama: static vectors of tokens, averaged over a text; 16 MB, offline, thousands of texts a second."""

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from sofrito.problems import Trouble
from sofrito.teachers.embed.teacher import EmbeddingTeacher
from sofrito.teachers.llama.weights import content_hash
from sofrito.teachers.result import Embedded
from sofrito.teachers.teacher import Refused

PACKAGE = "wordllama"
WEIGHTS, TENSOR = "weights/l2_supercat_256.safetensors", "embedding.weight"
TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"

# Tokens whose vectors are gathered at once: 16 MB of them.
_AT_ONCE = 16_384


def wordllama_teacher(folder: Path | None = None, cache: Path | None = None) -> EmbeddingTeacher:
    """Return the teacher of the model that the package wordllama carries; ``cache`` is for its hashes.

    The two files in the package's folder are read and the package is never imported: that would
    take half a second, set up logging for the whole process, and be able to download. The vectors
    are those of its ``embed(norm=True)``. Raises Trouble when they are not there.
    """
    where = folder or _installed()
    files = where / WEIGHTS, where / TOKENIZER
    missing = next((file for file in files if not file.is_file()), None)
    if missing:
        raise Trouble(f"The package wordllama has no file {missing}.", _FIX)
    for needed in ("numpy", "tokenizers"):
        if importlib.util.find_spec(needed) is None:
            what = f"`backend: wordllama` needs the package {needed}, which is not installed."
            raise Trouble(what, _FIX)
    weights, tokenizer = (content_hash(file, cache) for file in files)
    identity = {
        "backend": "wordllama",
        "weights": weights,
        "tokenizer": tokenizer,
        "pooling": "mean",
    }
    return EmbeddingTeacher("The model wordllama", identity, lambda: WordLlama(*files))


_FIX = "Install it: pip install 'sofrito[embed]'"


def _installed() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        what = "Embedding needs the package wordllama, which is not installed."
        raise Trouble(what, f"{_FIX}; or name another model that can embed: `model: NAME`.")
    return Path(spec.origin).parent


class WordLlama:
    """The loaded model. A text's vector depends on that text alone, to the last bit."""

    def __init__(self, weights: Path, tokenizer: Path) -> None:
        """Load both files; raises Trouble when they are not what they should be."""
        from tokenizers import Tokenizer

        self._vectors = _tensor(weights)
        try:
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # the library raises nothing narrower
            raise Trouble(f"{tokenizer} is no tokenizer: {error}", _FIX) from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def embed(self, texts: Sequence[str]) -> list[Embedded | Refused]:
        """Return the mean of the vectors of each text's tokens, brought to length 1."""
        import numpy as np

        from sofrito.teachers.embed.vectors import embedded

        encoded = self._tokenizer.encode_batch_fast(
            [text.encode("utf-8", "replace").decode() for text in texts], add_special_tokens=False
        )
        ids = [one.ids for one in encoded]
        sums = np.zeros((len(texts), self._vectors.shape[1]), dtype=np.float32)
        for index, tokens in enumerate(ids):
            for start in range(0, len(tokens), _AT_ONCE):
                sums[index] += self._vectors[tokens[start : start + _AT_ONCE]].sum(axis=0)
        return embedded(sums, map(len, ids))  # the length of a mean is of no account

    def close(self) -> None:
        """Free the vectors."""
        del self._vectors


def _tensor(path: Path) -> Any:
    """Return the one tensor of a safetensors file of half floats, as float32 (tokens x dimensions).

    The format is a length (8 bytes), a header in JSON, and the numbers, little-endian.
    """
    import numpy as np

    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    try:
        found = orjson.loads(raw[8:start])[TENSOR]
        first, last = found["data_offsets"]
        numbers = np.frombuffer(
            raw[start + first : start + last], {"F16": "<f2", "F32": "<f4"}[found["dtype"]]
        )
        return numbers.reshape(found["shape"]).astype(np.float32)
    except (KeyError, ValueError, TypeError) as error:
        what = f"{path} is not the file of vectors that it should be ({error})."
        raise Trouble(what, "Install the package wordllama anew.") from error

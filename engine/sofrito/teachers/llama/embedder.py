"""An embedding model in a GGUF file: vectors of texts through llama.cpp."""

import ctypes
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sofrito.problems import Trouble
from sofrito.teachers.embed.teacher import EmbeddingTeacher
from sofrito.teachers.llama.cores import free_cores
from sofrito.teachers.llama.gguf import GgufInfo
from sofrito.teachers.llama.weights import content_hash
from sofrito.teachers.result import Embedded
from sofrito.teachers.teacher import Refused, Unmade

ENCODERS = frozenset(
    (
        "bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2",
        "jina-bert-v3", "eurobert", "gemma-embedding", "llama-embed", "t5encoder",
    )
)  # fmt: skip
"""What llama.cpp calls the architectures that make vectors and write nothing."""

POOLINGS = {1: "mean", 2: "cls", 3: "last"}
MEAN, RANK = 1, 4
MOST_CONTEXT = 2048
"""Tokens of the longest text, where the recipe does not say and the model bears more."""

PARALLEL = 32
"""Texts in one batch where the recipe does not say."""

_FILL = 512  # tokens of a batch of short texts: each attends to all of it, most of that in vain


def embeds(info: GgufInfo) -> bool:
    """Whether a GGUF file holds an embedding model: it says how to pool, or can do nothing else."""
    return info.architecture in ENCODERS or bool(info.pooling)


def llama_embedder(
    info: GgufInfo,
    *,
    context: int = 0,
    parallel: int = 0,
    threads: int = 0,
    cache: Path | None = None,
) -> EmbeddingTeacher:
    """Return the teacher of the embedding model in a GGUF file.

    ``context`` is the longest text in tokens: a longer one is Refused. Of ``parallel`` texts in one
    batch the last bits of a vector depend on the others; with 1 on nothing but its text. Raises
    Trouble when the file or the package is not fit.
    """
    if importlib.util.find_spec("llama_cpp") is None:
        what = "A local model needs the package llama-cpp-python, which is not installed."
        raise Trouble(what, "Install it: pip install 'sofrito[local]'")
    path, pooling = info.path, info.pooling or MEAN
    if pooling not in POOLINGS:
        why = "ranks texts" if pooling == RANK else f"pools in a way ({pooling}) that is not known"
        raise Trouble(f"{path} {why} and makes no vectors.", "Take an embedding model.")
    trained = info.context or MOST_CONTEXT
    if context > trained:
        raise Trouble(
            f"The recipe asks for a context of {context} tokens, but {path} was made for {trained}.",
            f"Set `context` to {trained} or less.",
        )
    longest = context or min(trained, MOST_CONTEXT)
    identity = {
        "backend": "llama.cpp",
        "weights": content_hash(path, cache),
        "pooling": POOLINGS[pooling],
    }
    return EmbeddingTeacher(
        f"The embedding model {info.name}",
        identity,
        lambda: LlamaEmbedder(path, pooling, longest, parallel or PARALLEL, threads),
    )


class LlamaEmbedder:
    """The loaded model; every method must be called from one thread. Imports llama_cpp."""

    def __init__(self, path: Path, pooling: int, context: int, parallel: int, threads: int) -> None:
        """Load the model; Trouble with llama.cpp's words when it or its context will not fit."""
        import llama_cpp as lc

        from sofrito.teachers.llama.log import complaint
        from sofrito.teachers.llama.model import Model

        self._model = Model.shared(path)
        self._length, self._parallel = context, min(parallel, context)
        params = _params(pooling, context, self._parallel, threads or free_cores())
        self._context = lc.llama_init_from_model(self._model.handle, params)
        if not self._context:
            self._model.release()
            raise Trouble(
                f"llama.cpp has no room for texts of {context} tokens: {complaint()}",
                "Set a smaller `context` for this model.",
            )
        self._vocab = self._model.tokenizer.vocab
        self._memory = lc.llama_get_memory(self._context)  # None where a model only encodes
        self._dimensions = lc.llama_model_n_embd_out(self._model.handle)
        self._batch = lc.llama_batch_init(context, 0, 1)

    def embed(self, texts: Sequence[str]) -> list[Embedded | Refused]:
        """Return each text's vector, of length 1."""
        from sofrito.teachers.embed.vectors import embedded

        tokens = [self._tokens(text) for text in texts]
        made: dict[int, Embedded | Refused] = {}
        for some in self._batches(tokens):
            vectors = self._decode([tokens[i] for i in some])
            made |= zip(some, embedded(vectors, [len(tokens[i]) for i in some]), strict=True)
        return [made.get(i) or self._refused(len(one)) for i, one in enumerate(tokens)]

    def close(self) -> None:
        """Free the model; it is of no use afterwards."""
        import llama_cpp as lc

        lc.llama_batch_free(self._batch)
        lc.llama_free(self._context)
        self._model.release()

    def _refused(self, tokens: int) -> Refused:
        if not tokens:
            return Refused("no vector", "the text has no token that the embedding model knows")
        words = f"the text has {tokens} tokens, the embedding model reads {self._length}"
        return Unmade("context", words)

    def _tokens(self, text: str) -> list[int]:
        """Return a text's tokens with those that the model wants around it; none spelt in the text."""
        import llama_cpp as lc

        raw = text.encode("utf-8", "replace")
        room = len(raw) + 8
        buffer = (lc.llama_token * room)()
        n = lc.llama_tokenize(self._vocab, raw, len(raw), buffer, room, True, False)
        return list(buffer[:n])

    def _batches(self, tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
        """Yield which texts go together, those of one length; what is empty or too long in none."""
        fit = [i for i, one in enumerate(tokens) if 0 < len(one) <= self._length]
        batch: list[int] = []
        filled = 0
        for i in sorted(fit, key=lambda i: (len(tokens[i]), i)):
            if batch and (
                len(batch) == self._parallel or filled + len(tokens[i]) > min(_FILL, self._length)
            ):
                yield batch
                batch, filled = [], 0
            batch.append(i)
            filled += len(tokens[i])
        if batch:
            yield batch

    def _decode(self, several: Sequence[Sequence[int]]) -> Any:
        """Return the vectors of some texts (texts x dimensions), one sequence each."""
        import llama_cpp as lc
        import numpy as np

        from sofrito.teachers.llama.context import turns

        batch, at = self._batch, 0
        for sequence, tokens in enumerate(several):
            for place, token in enumerate(tokens):
                batch.token[at], batch.pos[at], batch.n_seq_id[at] = token, place, 1
                batch.seq_id[at][0], batch.logits[at] = sequence, 1
                at += 1
        batch.n_tokens = at
        if self._memory:
            lc.llama_memory_clear(self._memory, True)
        with turns:
            code = lc.llama_decode(self._context, batch)
        if code != 0:
            from sofrito.teachers.llama.log import complaint

            raise Trouble(
                f"llama.cpp failed while embedding (code {code}): {complaint()}",
                "Set a smaller `context`, or free some memory.",
            )
        rows = [lc.llama_get_embeddings_seq(self._context, i) for i in range(len(several))]
        array = ctypes.c_float * self._dimensions
        return np.stack(
            [np.array(ctypes.cast(row, ctypes.POINTER(array)).contents) for row in rows]
        )


def _params(pooling: int, context: int, parallel: int, threads: int) -> Any:
    from sofrito.teachers.llama.context import Size, context_params

    # One vector is made of the tokens of one piece, so that the longest text must be one piece.
    # llama.cpp aborts where that is no multiple of the sequences.
    room = -(-context // parallel) * parallel
    params = context_params(Size(room, parallel, room, threads))
    params.embeddings = True
    params.pooling_type = pooling
    return params

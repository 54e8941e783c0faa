"""Sentence-transformers models, by transformers and torch alone."""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from sofrito.problems import Trouble
from sofrito.teachers.embed.folder import SentenceFolder
from sofrito.teachers.embed.teacher import EmbeddingTeacher
from sofrito.teachers.llama.weights import content_hash
from sofrito.teachers.result import Embedded
from sofrito.teachers.teacher import Refused

PARALLEL = 32
"""Texts that go through the model at once where the recipe does not say."""


def sentence_teacher(
    path: Path,
    *,
    tokens: int = 0,
    parallel: int = 0,
    threads: int = 0,
    cache: Path | None = None,
) -> EmbeddingTeacher:
    """Return the teacher of the sentence-transformers model in a folder.

    As in sentence-transformers only the beginning of a long text counts: ``tokens`` of it, or as
    many as the folder says. Of ``parallel`` texts at once, padded to one length, the last bits of a
    vector depend on the others; with 1 on nothing but its text. Raises Trouble.
    """
    for needed in ("torch", "transformers"):
        if importlib.util.find_spec(needed) is None:
            what = f"`backend: transformers` needs the package {needed}, which is not installed."
            raise Trouble(what, "Install it: pip install 'sofrito[hf]'")
    folder = SentenceFolder.read(path)
    identity = {
        "backend": "transformers",
        "weights": {
            file.relative_to(path).as_posix(): content_hash(file, cache) for file in folder.files()
        },
        "pooling": folder.pooling,
        "tokens": tokens or folder.tokens,
        "lower": folder.lower,
        "prompt": folder.prompt,
    }
    return EmbeddingTeacher(
        f"The embedding model {path.name}",
        identity,
        lambda: SentenceModel(folder, tokens, parallel or PARALLEL, threads),
    )


class SentenceModel:
    """The loaded model; import torch only here."""

    def __init__(self, folder: SentenceFolder, tokens: int, parallel: int, threads: int) -> None:
        """Load the model; raises Trouble in the words of transformers when it cannot be loaded."""
        import torch
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        if threads:
            torch.set_num_threads(threads)
        self._folder, self._parallel = folder, parallel
        where = str(folder.checkpoint)
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(where, local_files_only=True)
            self._model = AutoModel.from_pretrained(
                where, local_files_only=True, use_safetensors=True, dtype=torch.float32
            ).eval()
            self._dense = [_dense(place) for place in folder.dense]
        except (OSError, ValueError, KeyError, ImportError, RuntimeError) as error:
            raise Trouble(
                f"transformers cannot load {folder.path}: {error}",
                "Copy the model's whole folder; its code is never run, its weights are safetensors.",
            ) from error
        self._tokenizer.padding_side = "right"
        self._tokens = self._length(tokens)

    def _length(self, asked: int) -> int:
        most = int(getattr(self._model.config, "max_position_embeddings", 0) or 0)
        if asked and most and asked > most:
            raise Trouble(
                f"The recipe asks for a context of {asked} tokens, but {self._folder.path} was made "
                f"for {most}.",
                f"Set `context` to {most} or less.",
            )
        own = self._folder.tokens or min(int(self._tokenizer.model_max_length), most or 512)
        return asked or own

    def embed(self, texts: Sequence[str]) -> list[Embedded | Refused]:
        """Return each text's vector, of length 1 whether or not the folder normalises."""
        made: dict[int, Embedded | Refused] = {}
        # Those of one length together: what is padded is computed in vain.
        order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), i))
        for start in range(0, len(order), self._parallel):
            some = order[start : start + self._parallel]
            made |= zip(some, self._vectors([texts[i] for i in some]), strict=True)
        return [made[i] for i in range(len(texts))]

    def _vectors(self, texts: Sequence[str]) -> list[Embedded | Refused]:
        import torch

        from sofrito.teachers.embed.vectors import embedded

        folder = self._folder
        said = [folder.prompt + text.encode("utf-8", "replace").decode().strip() for text in texts]
        inputs = self._tokenizer(
            [text.lower() for text in said] if folder.lower else said,
            padding=True,
            truncation=True,
            max_length=self._tokens,
            return_tensors="pt",
        )
        mask = inputs["attention_mask"]
        with torch.inference_mode():
            states = self._model(**inputs).last_hidden_state
            vectors = pooled(states, mask, folder.pooling)
            for dense in self._dense:
                vectors = dense(vectors)
        return embedded(vectors.numpy(), mask.sum(1).tolist())

    def close(self) -> None:
        """Free the model."""
        del self._model


def pooled(states: Any, mask: Any, how: str) -> Any:
    """Return one vector a text (texts x dimensions) of its tokens' states (texts x tokens x dimensions).

    ``mask`` (texts x tokens) is 1 where a token is and 0 behind the last one.
    """
    weights = mask.unsqueeze(-1).to(states.dtype)
    match how:
        case "cls":
            return states[:, 0]
        case "last":
            rows = mask.new_tensor(range(len(states)))
            return states[rows, (mask.sum(1) - 1).clamp(min=0)]
        case "max":
            return states.masked_fill(weights == 0, float("-inf")).amax(1)
        case "weighted_mean":
            weights = weights * mask.cumsum(1).unsqueeze(-1)
    summed = (states * weights).sum(1)
    total = weights.sum(1).clamp(min=1e-9)
    return summed / (total.sqrt() if how == "mean_sqrt_len" else total)


def _dense(folder: Path) -> Callable[[Any], Any]:
    """Return a layer behind the pooling: linear, and its activation."""
    import torch
    from safetensors.torch import load_file

    said = orjson.loads((folder / "config.json").read_bytes())
    weights = load_file(folder / "model.safetensors")
    name = str(said.get("activation_function", "torch.nn.modules.linear.Identity"))
    activations: dict[str, Callable[[Any], Any]] = {
        "Identity": lambda x: x,
        "Tanh": torch.tanh,
        "ReLU": torch.relu,
        "GELU": torch.nn.functional.gelu,
        "Sigmoid": torch.sigmoid,
    }
    kind = name.rpartition(".")[2]
    if kind not in activations:
        raise ValueError(f"its layer {folder.name} ends in {kind}")
    weight, bias = weights["linear.weight"], weights.get("linear.bias")
    return lambda x: activations[kind](torch.nn.functional.linear(x, weight, bias))

"""Loads a checkpoint into torch: the model, its tokenizer, and what ends an answer."""

import importlib.util
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from transformers import modeling_gguf_pytorch_utils as gguf_reader

from sofrito.problems import Trouble
from sofrito.teachers.hf.checkpoint import Checkpoint

_NO_ROOM = ("can't allocate memory", "out of memory", "not enough memory")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model on its device. ``ends`` are the tokens that end an answer.

    ``plain`` says that its layers keep keys and values only, so that rows may be batched; others
    are asked one by one. ``takes`` are the names that its ``forward`` takes.
    """

    model: Any
    tokenizer: Any
    ends: frozenset[int]
    plain: bool
    takes: frozenset[str]

    @property
    def device(self) -> Any:
        """The device that holds the model."""
        return self.model.device

    @property
    def cache_name(self) -> str:
        """What its ``forward`` calls the memory of what it read."""
        return "past_key_values" if "past_key_values" in self.takes else "cache_params"

    @property
    def vocabulary(self) -> int:
        """Tokens that the model gives logits for."""
        return int(self.model.get_output_embeddings().weight.shape[0])


def load(checkpoint: Checkpoint, threads: int) -> Loaded:
    """Load the weights and the tokenizer; Trouble where they cannot be.

    On a processor the weights are held in float32, for half precision is slow on most; on another
    device as they were saved. Code that comes with a checkpoint never runs.
    """
    torch.set_num_threads(threads)
    place, device = _place(checkpoint), _device()
    with _quiet(), _in_words(checkpoint):
        tokenizer = transformers.AutoTokenizer.from_pretrained(**place)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            **place,
            use_safetensors=True,
            dtype=torch.float32 if device == "cpu" else "auto",
        )
        model.to(device).eval().requires_grad_(False)
    takes = frozenset(inspect.signature(model.forward).parameters)
    return Loaded(model, tokenizer, _ends(model, tokenizer), _plain(model), takes)


def room(error: BaseException) -> bool:
    """Whether ``error`` says that there is no memory left."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_ROOM)


def _place(checkpoint: Checkpoint) -> dict[str, Any]:
    common = {"trust_remote_code": False, "local_files_only": True}
    path = checkpoint.path
    if not checkpoint.gguf:
        return {"pretrained_model_name_or_path": str(path), **common}
    if importlib.util.find_spec("gguf") is None:
        raise Trouble(
            f"transformers needs the package gguf to read {path}, which is not installed.",
            "Install it: pip install 'sofrito[hf]'",
        )
    return {
        "pretrained_model_name_or_path": str(path.parent),
        "gguf_file": path.name,
        **common,
    }


def _device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers' bars and remarks off the terminal."""
    log = transformers.utils.logging
    bars, level, own = log.is_progress_bar_enabled(), log.get_verbosity(), gguf_reader.tqdm
    log.disable_progress_bar()
    log.set_verbosity_error()
    gguf_reader.tqdm = lambda tensors, **_: tensors  # this bar asks nobody whether it is wanted
    try:
        yield
    finally:
        gguf_reader.tqdm = own
        log.set_verbosity(level)
        if bars:
            log.enable_progress_bar()


@contextmanager
def _in_words(checkpoint: Checkpoint) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        path = checkpoint.path
        if room(error):
            raise Trouble(
                f"There is no room in memory for the model {path}.",
                "Free some memory or take a smaller model; on a processor it needs 4 bytes for "
                "every parameter.",
            ) from error
        if "auto_map" in checkpoint.config and isinstance(error, ValueError):
            raise Trouble(
                f"{path} brings its own Python code, which is never run.",
                "Take a checkpoint of a kind that transformers knows, or serve it and ask it with "
                "`backend: openai`.",
            ) from error
        said = " ".join(str(error).split())
        raise Trouble(
            f"transformers cannot load {path}: {type(error).__name__}: {said[:300]}",
            "Check that the checkpoint is whole; a kind of model newer than the installed "
            "transformers needs `pip install -U transformers`.",
        ) from error


def _plain(model: Any) -> bool:
    """Whether all of the model's cells are keys and values, which may be moved between batches."""
    if model._is_stateful:
        return False
    layers = transformers.cache_utils.DynamicCache(config=model.config).layers
    known = (
        transformers.cache_utils.DynamicLayer,
        transformers.cache_utils.DynamicSlidingWindowLayer,
    )
    return all(type(layer) in known for layer in layers)


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    """Return the tokens that end a text, by all that say so: one, a list or none each."""
    ends: set[int] = set()
    for told in (model.generation_config, model.config, tokenizer):
        end = getattr(told, "eos_token_id", None)
        ends |= {e for e in (end if isinstance(end, list) else [end]) if e is not None}
    return frozenset(ends)

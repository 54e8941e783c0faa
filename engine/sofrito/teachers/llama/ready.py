"""Weights that this processor is fast at: a copy of a model, requantised once and kept."""

import ctypes
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import llama_cpp as lc
import orjson
from filelock import FileLock

from sofrito.recipe.machine import usable_cores
from sofrito.teachers.llama.gguf import GgufInfo
from sofrito.teachers.llama.kernels import features, lacks_kernel
from sofrito.teachers.llama.log import complaint, listen
from sofrito.teachers.llama.weights import content_hash, user_cache

Choice = Literal["auto", "off", "q8_0", "q4_0"]

AUTO = "q4_0"
"""What `auto` makes of the starter model: see ``bench/ready.py`` for the gain and the cost."""


@dataclass(frozen=True, slots=True)
class Mix:
    """Tensor types as llama.cpp numbers them: ``layers`` as a file type, the ``vocabulary``'s as its own.

    The vocabulary is the embeddings and the output, one matrix in a small model. Tensors whose names
    match a pattern of ``eight`` become Q8_0 whatever the other layers are.
    """

    layers: int
    vocabulary: int
    eight: tuple[str, ...] = ()


MIXES = {
    "q4_0": Mix(lc.LLAMA_FTYPE_MOSTLY_Q4_0, lc.GGML_TYPE_Q8_0),
    "q8_0": Mix(lc.LLAMA_FTYPE_MOSTLY_Q8_0, lc.GGML_TYPE_Q8_0),
}
"""What each target is made of; Q4_0 keeps the vocabulary, which bears 4 bits badly, at 8."""

_SPEED = 50e6  # bytes a second and core, a cautious round figure


@dataclass(frozen=True, slots=True)
class Ready:
    """The file to load. ``target`` is what the weights were turned into, "" where they were not.

    It belongs to the model's identity: other weights give other answers.
    """

    path: Path
    target: str = ""


def ready(
    info: GgufInfo,
    digest: str,
    choice: Choice,
    announce: Callable[[str], None],
    *,
    starter: bool,
    threads: int = 0,
    cache: Path | None = None,
) -> Ready:
    """Return the file to load for a model with the content hash ``digest``.

    ``auto`` requantises the ``starter`` model where this processor has no fast kernel for its
    weights and has one for Q4_0; ``q8_0`` and ``q4_0`` do so for any model. The copy is kept in
    ``cache`` (a folder, default :func:`user_cache`) and made again if it is damaged. Nothing here
    is an error: where no copy can be made, ``announce`` is told why and the model's own file
    stands.
    """
    target = _target(info, choice, starter=starter)
    if not target:
        return Ready(info.path)
    cache = cache or user_cache()
    name = f"{digest}-{target}-{lc.__version__}.gguf"
    copy = cache / "ready" / name
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(copy.with_suffix(".lock")):
            if not _sound(copy, cache):
                announce(_announcement(info, target, threads))
                _make(info.path, copy, target, threads, cache)
    except (OSError, NotMade) as error:
        said = (isinstance(error, OSError) and error.strerror) or str(error).rstrip(".")
        announce(
            f"{info.name} stays {info.layers}: the {target.upper()} copy cannot be made ({said})."
        )
        return Ready(info.path)
    return Ready(copy, target)


def requantise(source: Path, made: Path, mix: Mix, threads: int = 0) -> None:
    """Write ``source`` in other kinds of weights to ``made``; NotMade with llama.cpp's reason."""
    params = lc.llama_model_quantize_default_params()
    params.ftype = mix.layers
    params.output_tensor_type = params.token_embedding_type = mix.vocabulary
    params.allow_requantize = True
    params.nthread = threads or usable_cores()
    overrides = (lc.llama_model_tensor_override * (len(mix.eight) + 1))()
    for override, pattern in zip(overrides, mix.eight, strict=False):
        override.pattern, override.type = pattern.encode(), lc.GGML_TYPE_Q8_0
    if mix.eight:
        params.tt_overrides = ctypes.cast(overrides, type(params.tt_overrides))
    listen()
    if lc.llama_model_quantize(os.fsencode(source), os.fsencode(made), params) != 0:
        raise NotMade(complaint())


class NotMade(Exception):
    """llama.cpp did not write the file; the text is its reason."""


def _target(info: GgufInfo, choice: Choice, *, starter: bool) -> str:
    if choice == "off" or info.layers is None:
        return ""
    if choice != "auto":
        return "" if info.layers.lower() == choice else choice
    if not starter or lc.llama_supports_gpu_offload():
        return ""
    here = features(lc.llama_print_system_info().decode())
    slow = lacks_kernel(info.layers, here) and not lacks_kernel(AUTO.upper(), here)
    return AUTO if slow else ""


def _announcement(info: GgufInfo, target: str, threads: int) -> str:
    seconds = round(info.size / _SPEED / (threads or usable_cores())) or 1
    return (
        f"Requantising {info.name} {info.layers} -> {target.upper()} once, about {seconds} s; "
        "`requantize: off` keeps the file as it is."
    )


def _make(source: Path, copy: Path, target: str, threads: int, cache: Path) -> None:
    """Write the copy beside its place, then its record, and move it there."""
    partial = copy.with_suffix(".partial")
    try:
        requantise(source, partial, MIXES[target], threads)
        partial.replace(copy)
        record = {"bytes": copy.stat().st_size, "hash": content_hash(copy, cache)}
        copy.with_suffix(".json").write_bytes(orjson.dumps(record))
    finally:
        partial.unlink(missing_ok=True)


def _sound(copy: Path, cache: Path) -> bool:
    """Whether the copy is there and is, to the byte, what was written."""
    try:
        record = orjson.loads(copy.with_suffix(".json").read_bytes())
        return bool(record == {"bytes": copy.stat().st_size, "hash": content_hash(copy, cache)})
    except (OSError, orjson.JSONDecodeError):
        return False

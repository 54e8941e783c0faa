"""The models that are on this machine: the starter, ./models, the Hugging Face hub's cache."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sofrito.problems import Trouble
from sofrito.recipe.terms import Terms, terms_of
from sofrito.teachers.hf.checkpoint import Checkpoint
from sofrito.teachers.llama.embedder import embeds
from sofrito.teachers.llama.find import gguf_files, hub_cache, repository
from sofrito.teachers.llama.gguf import GgufInfo

Kind = Literal["chat", "base", "embeddings"]


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A model on this machine; ``spec`` is what a recipe writes to use it, ``{"path": ...}``.

    ``size`` is in bytes, ``context`` in tokens; what its files do not say is None. ``kind`` is
    "chat" where it brings a chat template, else "base", or "embeddings".
    """

    spec: dict[str, str]
    path: Path
    name: str
    kind: Kind
    size: int
    quantisation: str | None
    context: int | None
    licence: str | None

    @property
    def terms(self) -> Terms:
        """What may be trained on its outputs."""
        return terms_of(self.licence, self.name, self.path.name, self.spec.get("hub", ""))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file or folder that should be a model, and why it is none."""

    path: Path
    why: str


def found_models(
    folder: Path, *, cache: Path | None = None
) -> tuple[list[FoundModel], list[Unreadable]]:
    """Return the models on this machine, and what looks like one and cannot be used.

    Looked at are the starter, the GGUF files and checkpoint folders in ``folder``/models, and the
    hub's ``cache``, by default where huggingface_hub keeps its files. Only headers are read.
    """
    found: dict[str, FoundModel] = {}
    broken: list[Unreadable] = []
    cache = cache or hub_cache()
    for spec, path in (*gguf_files(folder, cache), *_checkpoints(folder, cache)):
        try:
            model = model_at(spec, path)
        except Trouble as trouble:
            broken.append(Unreadable(path, trouble.what))
        else:
            found.setdefault(str(spec), model)
    return list(found.values()), broken


def model_at(spec: dict[str, str], path: Path) -> FoundModel:
    """Return what the model at ``path`` says of itself; Trouble where it cannot be used."""
    if path.is_dir():
        return _checkpoint(spec, path)
    info = GgufInfo.read(path)
    kind: Kind = "embeddings" if embeds(info) else "chat" if info.template else "base"
    return FoundModel(
        spec, path, info.name, kind, info.size, info.quantisation or info.layers, info.context,
        info.licence,
    )  # fmt: skip


def _checkpoint(spec: dict[str, str], path: Path) -> FoundModel:
    if (path / "modules.json").is_file():
        return FoundModel(spec, path, path.name, "embeddings", _weight(path), None, None, None)
    said = Checkpoint.read(path)
    kind: Kind = "chat" if said.template else "base"
    rounding = said.config.get("dtype") or said.config.get("torch_dtype")
    return FoundModel(
        spec, path, spec.get("hub") or said.name, kind, said.size,
        rounding if isinstance(rounding, str) else None, said.context, said.licence,
    )  # fmt: skip


def _weight(path: Path) -> int:
    return sum(file.stat().st_size for file in path.rglob("*.safetensors"))


def _checkpoints(folder: Path, cache: Path) -> Iterator[tuple[dict[str, str], Path]]:
    for config in sorted((folder / "models").glob("*/config.json")):
        path = f"models/{config.parent.name}"
        yield {"backend": "transformers", "path": path}, config.parent
    for config in sorted(cache.glob("models--*--*/snapshots/*/config.json")):
        # A repository of GGUF files may bring its config: without weights it is no checkpoint.
        if any(config.parent.glob("*.safetensors")) or not any(config.parent.rglob("*.gguf")):
            name = repository(config.relative_to(cache).parts[0])
            yield {"backend": "transformers", "hub": name}, config.parent

"""What a Hugging Face checkpoint says about itself, read without torch and without its weights."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import xxhash

from sofrito.problems import Trouble
from sofrito.teachers.llama.gguf import GgufInfo
from sofrito.teachers.llama.weights import content_hash

INDEX = "model.safetensors.index.json"
TOKENIZER = ("tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt", "added_tokens.json")
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt")

_CONTEXT = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length")
# What a new save of the same model changes.
_NOISE = frozenset(("transformers_version", "_name_or_path", "dtype", "torch_dtype", "use_cache"))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model on this machine: a folder with its config, weights and tokenizer, or one GGUF file.

    ``context`` is what it was trained for, in tokens; ``template`` its chat template; ``cell`` the
    bytes of memory that a token takes while it is in use (keys and values in float32). What it does
    not say is None. ``files`` are the weights; ``size`` theirs in bytes.
    """

    path: Path
    name: str
    licence: str | None
    context: int | None
    template: str | None
    files: tuple[Path, ...]
    size: int
    cell: int | None
    config: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Checkpoint":
        """Read the checkpoint at ``path``; Trouble where it is none, or not one that may be loaded."""
        return _folder(path) if path.is_dir() else _gguf(path)

    @property
    def gguf(self) -> bool:
        """Whether this is a GGUF file."""
        return not self.config

    def weights(self, cache: Path | None = None) -> str:
        """Return a digest of all that changes the answers but the chat template, in hex.

        Of a folder: the weights, the config without what a new save changes, the tokenizer. Hashes
        of big files are remembered in the folder ``cache``.
        """
        if self.gguf:
            return content_hash(self.path, cache)
        own = {k: v for k, v in self.config.items() if k not in _NOISE}
        tokenizer = [self.path / name for name in TOKENIZER if (self.path / name).is_file()]
        hashes = [(f.name, content_hash(f, cache)) for f in (*self.files, *tokenizer)]
        return xxhash.xxh3_128_hexdigest(orjson.dumps([own, hashes], option=orjson.OPT_SORT_KEYS))


def _gguf(path: Path) -> Checkpoint:
    if path.suffix != ".gguf":
        raise Trouble(
            f"{path} is no checkpoint.",
            "Name the folder that holds the config.json and the weights, or a GGUF file.",
        )
    info = GgufInfo.read(path)
    return Checkpoint(
        path, info.name, info.licence, info.context, info.template, (path,), info.size, None, {}
    )


def _folder(path: Path) -> Checkpoint:
    config = _config(path)
    files = _weights(path)
    text = config.get("text_config")
    inner = text if isinstance(text, Mapping) else config
    return Checkpoint(
        path=path,
        name=path.resolve().name,
        licence=_licence(path),
        context=next((inner[k] for k in _CONTEXT if isinstance(inner.get(k), int)), None),
        template=_template(path),
        files=files,
        size=sum(file.stat().st_size for file in files),
        cell=_cell(inner),
        config=config,
    )


def _config(path: Path) -> Mapping[str, Any]:
    if (path / "adapter_config.json").exists():
        raise Trouble(
            f"{path} is an adapter, not a whole model.",
            "Merge it into its base model (`merge_and_unload()` of peft) and save the result.",
        )
    file = path / "config.json"
    if not file.is_file():
        inside = sorted(found.parent.name for found in path.glob("*/config.json"))
        hint = f"It lies one deeper: {', '.join(inside[:3])}." if inside else ""
        raise Trouble(
            f"{path} has no config.json, so it is no checkpoint.",
            hint or "Name the folder that `save_pretrained` wrote.",
        )
    config = _json(file)
    if config.get("is_encoder_decoder"):
        raise Trouble(
            f"{path} is an encoder-decoder model; only those that go on with a text can be asked.",
            "Take a causal language model.",
        )
    return config


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as e:
        raise Trouble(f"{file} cannot be read: {e}.", "Fetch the checkpoint again.") from e
    if not isinstance(found, dict):
        raise Trouble(f"{file} does not hold a JSON object.", "Fetch the checkpoint again.")
    return found


def _weights(path: Path) -> tuple[Path, ...]:
    """Return the files of the weights: safetensors only, for a pickle can run code when it is read."""
    if (path / INDEX).is_file():
        names = _json(path / INDEX).get("weight_map")
        files: Iterable[Path] = (
            {path / str(n) for n in names.values()} if isinstance(names, dict) else ()
        )
    else:
        files = [path / "model.safetensors"]
    missing = sorted(file.name for file in files if not file.is_file())
    if not missing and files:
        return tuple(sorted(files))
    pickled = sorted(found.name for kind in PICKLED for found in path.glob(kind))
    if pickled and not list(path.glob("*.safetensors")):
        raise Trouble(
            f"{path} has its weights as pickles ({pickled[0]}), which can run code and are never read.",
            "Take its safetensors, or load it where you trust it and call "
            "`save_pretrained(folder, safe_serialization=True)`.",
        )
    raise Trouble(
        f"{path} lacks the weights {', '.join(missing[:3]) or INDEX}.",
        "Fetch the checkpoint again, whole.",
    )


def _template(path: Path) -> str | None:
    file = path / "chat_template.jinja"
    if file.is_file():
        return file.read_text("utf-8")
    settings = path / "tokenizer_config.json"
    found = _json(settings).get("chat_template") if settings.is_file() else None
    if isinstance(found, list):
        named = {t.get("name"): t.get("template") for t in found if isinstance(t, dict)}
        found = named.get("default")
    return found if isinstance(found, str) and found else None


def _licence(path: Path) -> str | None:
    """Return the licence that the model card's head names."""
    try:
        card = (path / "README.md").read_text("utf-8", "replace")[:20_000]
    except OSError:
        return None
    head = re.match(r"---\n(.*?)\n---", card, re.DOTALL)
    found = re.search(r"^license:[ \t]*(\S+)", head.group(1), re.MULTILINE) if head else None
    return found.group(1).strip("'\"") if found else None


def _cell(config: Mapping[str, Any]) -> int | None:
    layers, heads = config.get("num_hidden_layers"), config.get("num_attention_heads")
    width = config.get("hidden_size")
    if not (isinstance(layers, int) and isinstance(heads, int) and isinstance(width, int)):
        return None
    size = config.get("head_dim") or width // max(1, heads)
    return int(layers * (config.get("num_key_value_heads") or heads) * size * 2 * 4)

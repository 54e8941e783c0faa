"""Where checkpoints come from: a path, or the Hugging Face hub and its cache."""

import importlib.util
from pathlib import Path
from typing import Any

from sofrito.problems import Trouble
from sofrito.teachers.hf.checkpoint import Checkpoint
from sofrito.teachers.llama import find

WANTED = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja", "README.md", "LICENSE*")
UNWANTED = ("*/*", "consolidated*")
"""Of a repository only what transformers reads, never pickles; some carry the weights twice."""


def find_checkpoint(path: str, hub: str, folder: Path, *, download: bool = True) -> Path:
    """Return the folder or GGUF file that ``path`` (from ``folder`` on) or ``hub`` means.

    What is missing of ``hub`` is downloaded, or Trouble where ``download`` is false.
    """
    if path:
        return find.find_path(path, folder)
    if hub.endswith(".gguf"):
        return find.find_hub(hub, download=download)
    if importlib.util.find_spec("huggingface_hub") is None:
        raise Trouble(
            f"`hub: {hub}` needs the package huggingface_hub, which is not installed.",
            "Install it: pip install 'sofrito[hf]'",
        )
    return _cached(hub) or _fetched(hub, download=download)


def _cached(repo: str) -> Path | None:
    """Return the repository's folder in the hub's cache if all that is wanted of it is there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        found = Path(snapshot_download(repo, local_files_only=True))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError, ValueError):
        return None
    try:
        Checkpoint.read(found)
    except Trouble:
        return None
    return found


def _fetched(repo: str, *, download: bool) -> Path:
    if not download:
        raise Trouble(
            f"`hub: {repo}` is not on this machine.", f"Download it first: hf download {repo}"
        )
    from huggingface_hub import errors, snapshot_download

    kinds: dict[str, Any] = {"allow_patterns": list(WANTED), "ignore_patterns": list(UNWANTED)}
    try:
        return Path(snapshot_download(repo, **kinds))
    except errors.GatedRepoError as e:
        fix = f"Accept its terms at https://huggingface.co/{repo} and log in: hf auth login"
        raise Trouble(f"`hub: {repo}`: the repository is gated.", fix) from e
    except errors.RepositoryNotFoundError as e:
        fix = "Check the name; a private repository needs `hf auth login`."
        raise Trouble(f"`hub: {repo}`: there is no such repository.", fix) from e
    except Exception as e:
        raise Trouble(
            f"`hub: {repo}` is not on this machine and cannot be downloaded ({type(e).__name__}).",
            "Check the network (HF_HUB_OFFLINE must not be set), or download it elsewhere and use "
            "`path:`.",
        ) from e

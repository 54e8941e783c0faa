"""Where checkpoints come from: a path, or the Hugging Face hub and its cache."""

from pathlib import Path
from typing import Any

from sofrito.problems import Trouble
from sofrito.teachers.hf.checkpoint import Checkpoint
from sofrito.teachers.hub import fetching, needs_hub
from sofrito.teachers.llama import find

WANTED = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja", "README.md", "LICENSE*")
UNWANTED = ("consolidated*", "onnx/*", "openvino/*", "original/*", "runs/*", "checkpoint-*")
"""Of a repository only what transformers reads, never pickles; some carry the weights twice.

The folders that are left are a sentence-transformers model's, such as 1_Pooling.
"""


def find_checkpoint(path: str, hub: str, folder: Path, *, download: bool = True) -> Path:
    """Return the folder or GGUF file that ``path`` (from ``folder`` on) or ``hub`` means.

    What is missing of ``hub`` is downloaded, or Trouble where ``download`` is false.
    """
    if path:
        return find.find_path(path, folder)
    if hub.endswith(".gguf"):
        return find.find_hub(hub, download=download)
    needs_hub(hub, "hf")
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
    from huggingface_hub import snapshot_download

    kinds: dict[str, Any] = {"allow_patterns": list(WANTED), "ignore_patterns": list(UNWANTED)}
    with fetching(repo, repo, otherwise="or download it elsewhere and use `path:`"):
        return Path(snapshot_download(repo, **kinds))

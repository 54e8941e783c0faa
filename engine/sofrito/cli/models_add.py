"""Brings a model to where a recipe finds it: into the hub's cache, or into ./models."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sofrito.problems import Trouble

if TYPE_CHECKING:
    from sofrito.teachers.found import FoundModel


def added(spec: str, folder: Path, *, copy: bool = False) -> "FoundModel":
    """Bring the model that ``spec`` names within reach of a recipe in ``folder``; return it.

    Raises Trouble where it is none, cannot be fetched, or another of its name is there.
    """
    from sofrito.teachers.found import model_at

    if spec.startswith(("http://", "https://")):
        raise Trouble(
            "A model is added from the Hugging Face hub or from this machine, not from an address.",
            "Download the file, check it against its page's checksum, and add its path; of a page "
            "of huggingface.co write hub:owner/repository/file.gguf.",
        )
    if spec.startswith("hub:"):
        return _from_hub(spec.removeprefix("hub:"))
    source = Path(spec).expanduser()
    if not source.exists():
        raise Trouble(f"There is no file {source}.", "From the hub: hub:owner/repository/file.gguf")
    model_at({}, source)
    return _placed(source.resolve(), folder, copy=copy)


def _from_hub(name: str) -> "FoundModel":
    from sofrito.teachers.found import model_at
    from sofrito.teachers.hf.find import find_checkpoint

    kind = {} if name.endswith(".gguf") else {"backend": "transformers"}
    return model_at({**kind, "hub": name}, find_checkpoint("", name, Path()))


def _placed(source: Path, folder: Path, *, copy: bool) -> "FoundModel":
    """Link or copy ``source`` into ``folder``/models, unless it is there already."""
    from sofrito.teachers.found import model_at

    models = folder / "models"
    place = models / source.name
    try:
        models.mkdir(parents=True, exist_ok=True)
        if place.exists() or place.is_symlink():
            if place.resolve() != source:
                raise Trouble(
                    f"{place} is there already and is another file.", "Rename one of them."
                )
        else:
            _bring(source, place, copy=copy)
    except OSError as error:
        raise Trouble(f"{place} cannot be made: {error.strerror}.", "Check the disk.") from error
    kind = {"backend": "transformers"} if place.is_dir() else {}
    return model_at({**kind, "path": f"models/{place.name}"}, place)


def _bring(source: Path, place: Path, *, copy: bool) -> None:
    if not copy:
        try:
            place.symlink_to(source)
        except OSError:
            copy = True
    if copy and source.is_dir():
        shutil.copytree(source, place)
    elif copy:
        partial = place.with_name(f"{place.name}.partial-{os.getpid()}")
        try:
            shutil.copyfile(source, partial)
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)

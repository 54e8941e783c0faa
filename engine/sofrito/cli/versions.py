"""A recipe as it was in a revision of git: `recipe.yaml@HEAD~1`."""

import os
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from sofrito.problems import Trouble
from sofrito.recipe.document import load_document


def from_git(name: str, revision: str, into: Path) -> Path:
    """Put the folder of a recipe, as a revision has it, below ``into``; return the recipe there.

    The recipes beside it that it extends come along. Raises Trouble where git, the repository, the
    revision or the path is missing.
    """
    path = Path(os.path.normpath(Path(name).absolute()))
    top = Path(_git(_existing(path), "rev-parse", "--show-toplevel").decode().strip())
    if not path.resolve().is_relative_to(top.resolve()):
        raise Trouble(f"{name} is not in the git repository {top}.", "")
    inside = path.resolve().relative_to(top.resolve())
    if path.suffix not in (".yaml", ".yml"):
        inside = inside / "recipe.yaml"
    waiting, taken = [inside.parent], set[Path]()
    while waiting:
        folder = waiting.pop()
        taken.add(folder)
        _extract(top, revision, folder, into)
        recipe = into / (inside if folder == inside.parent else folder / "recipe.yaml")
        base = _beside(recipe)
        if base and folder.parent / base not in taken:
            waiting.append(folder.parent / base)
    return into / inside


def _existing(path: Path) -> Path:
    return next(one for one in (path, *path.parents) if one.is_dir())


def _extract(top: Path, revision: str, folder: Path, into: Path) -> None:
    if revision.startswith("-") or not revision:
        raise Trouble(f"`{revision}` is no revision of git.", "Such as recipe.yaml@HEAD~1.")
    tar = _git(top, "archive", "--format=tar", revision, "--", folder.as_posix())
    with tarfile.open(fileobj=BytesIO(tar)) as archive:
        archive.extractall(into, filter="data")


def _beside(recipe: Path) -> str:
    """Return the name of the folder beside that a recipe extends, or ""."""
    name = load_document(recipe).data.get("extends") if recipe.is_file() else None
    return Path(name).parts[1] if isinstance(name, str) and name.startswith("../") else ""


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, check=False)
    except OSError as error:
        raise Trouble(f"git cannot be run: {error.strerror or error}.", "Install it.") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise Trouble(f"git: {said[-1] if said else 'failed'}", "Check the path and the revision.")
    return done.stdout

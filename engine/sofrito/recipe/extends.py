"""The recipes that a recipe extends: found, read, and merged into one."""

import os
import re
from collections.abc import Mapping
from pathlib import Path, PureWindowsPath

from sofrito.problems import Problem, RecipeError, Span, Trouble, did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.document import Document, load_document
from sofrito.recipe.merge import Piece, merged, of_mapping, whole
from sofrito.recipe.merge_steps import merged_steps
from sofrito.recipe.params import merged_params, with_types
from sofrito.recipe.places import Origin, Places
from sofrito.recipe.verb import Verb
from sofrito.recipe.words import described
from sofrito.shipped import shipped_recipes

LONGEST = 20
"""Recipes that may extend one another in a row."""

_REMOVED = {"models": "models", "seeds": "seeds", "chains": "chains", "axes": "columns"}
_SIBLING = re.compile(r"\.\./[^/\\]+(/[^/\\]+\.ya?ml)?/?")
_ALLOW = (
    "It may be a shipped recipe's name, a folder or file below this one, or a folder beside it as "
    "`../NAME`; for others run with --allow-files."
)


def load_extended(
    path: Path, verbs: Mapping[str, type[Verb]], *, allow_files: bool = False
) -> tuple[Places, list[Problem]]:
    """Read a recipe and those that it extends; return them as one, and what cannot be merged.

    A recipe's `steps` may be a mapping of what is other in the steps of the one that it extends.
    Raises :class:`RecipeError` where one of the files cannot be read, does not exist, may not be
    read (SOF230), or extends itself.
    """
    documents = [load_document(path)]
    while (base := _base(documents, allow_files=allow_files)) is not None:
        documents.append(base)
    places, problems = _alone(documents.pop()), list[Problem]()
    for document in reversed(documents):
        places = _over(places, document, verbs, problems)
    return places, problems


def _alone(document: Document) -> Places:
    places = Places(document)
    if "params" not in document.data:
        return places
    parts = whole(places).items()
    parts["params"] = with_types(parts["params"])
    piece = of_mapping(parts, places.origins[()])
    return Places(document, piece.data, piece.origins)


def _over(
    base: Places, document: Document, verbs: Mapping[str, type[Verb]], problems: list[Problem]
) -> Places:
    """Return what a document says and, where it says nothing, what its base does."""
    theirs, ours = whole(base).items(), whole(Places(document)).items()
    del ours["extends"]
    if "recipe" not in ours:
        what = "A recipe that extends another needs a name of its own."
        fix = "Add `recipe: NAME`: its datasets are kept by it."
        problems.append(Problem("SOF102", document.key_span(("extends",)), what, fix))
    at = Origin(document)
    parts = merged(of_mapping(theirs, at), of_mapping(ours, at)).items()
    if "params" in ours and "params" in parts:
        old = theirs.get("params")
        new = ours["params"]
        parts["params"] = merged_params(old, new) if old else with_types(new)
    removed = {**base.removed, **_removed(theirs, ours)}
    steps = theirs.get("steps")
    by_name = "steps" in ours and isinstance(ours["steps"].data, dict)
    if by_name and steps is not None and isinstance(steps.data, list):
        parts["steps"], lost = merged_steps(steps, ours["steps"], verbs, problems)
        removed |= {("columns", column): origin for column, origin in lost.items()}
    piece = of_mapping(parts, at)
    bases = (base.document, *base.bases)
    return Places(document, piece.data, piece.origins, bases=bases, removed=removed)


def _removed(theirs: dict[str, Piece], ours: dict[str, Piece]) -> dict[Key, Origin]:
    """Return what null removes of a base: keys, models, pools, chains, and axes, which are columns.

    What candidates start from is told with the pool: `("from", "tasks")`.
    """
    null = {key: new.origins[()] for key, new in ours.items() if new.data is None}
    found: dict[Key, Origin] = {("recipe", key): null[key] for key in theirs if key in null}
    if "from" in null and "from" in theirs and isinstance(theirs["from"].data, str):
        found["from", theirs["from"].data] = null["from"]
    for kind, called in _REMOVED.items():
        old, new = theirs.get(kind), ours.get(kind)
        if old is None or new is None or not isinstance(old.data, dict):
            continue
        for name in old.data:
            if new.data is None:
                found[called, name] = new.origins[()]
            elif isinstance(new.data, dict) and name in new.data and new.data[name] is None:
                found[called, name] = new.inner(name).origins[()]
    return found


def _base(documents: list[Document], *, allow_files: bool) -> Document | None:
    document = documents[-1]
    name = document.data.get("extends")
    if name is None and "extends" not in document.data:
        return None
    where = document.span(("extends",))
    if not isinstance(name, str) or not name.strip():
        what = f"`extends` must name a recipe, not {described(name)}."
        raise RecipeError([Problem("SOF103", where, what, _ALLOW)])
    try:
        path = found(name.strip(), document.path.parent, where, allow_files=allow_files)
        base = load_document(path)
    except (OSError, RuntimeError, ValueError) as error:
        what = f"`{name}` cannot be read: {getattr(error, 'strerror', None) or error}."
        fix = "Check that the path is right and that you may read it."
        raise RecipeError([Problem("SOF230", where, what, fix)]) from None
    if any(_same(base.path, one.path) for one in documents):
        what = f"The recipe extends itself, by `{name}`."
        raise RecipeError([Problem("SOF230", where, what, "End the circle.")])
    if len(documents) >= LONGEST:
        what = f"More than {LONGEST} recipes extend one another."
        raise RecipeError([Problem("SOF230", where, what, "Merge some of them.")])
    return base


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve()


def found(name: str, folder: Path, where: Span, *, allow_files: bool = False) -> Path:
    """Return the file or folder of the recipe that one in ``folder`` extends by a name.

    The name is a path from ``folder`` on, or a shipped recipe's. Raises :class:`RecipeError`
    (SOF230) where there is none, and, unless ``allow_files``, where it is neither below the folder
    nor in a folder beside it.
    """
    windows = PureWindowsPath(name)
    sibling = _SIBLING.fullmatch(name) and windows.parts[1:2] != ("..",)
    outside = name.startswith(("/", "~")) or windows.drive or windows.root or ".." in windows.parts
    if "\0" in name or (outside and not sibling and not allow_files):
        raise _problem(where, f"`{name}` leads out of the recipe's folder.", _ALLOW)
    path = Path(
        os.path.normpath(folder / Path(name).expanduser() if allow_files else folder / name)
    )
    if sibling:
        path = Path(os.path.normpath(folder.absolute() / name))
    if path.is_file() or (path / "recipe.yaml").is_file():
        around = folder.resolve().parent if sibling else folder.resolve()
        file = path if path.is_file() else path / "recipe.yaml"
        if not allow_files and not file.resolve().is_relative_to(around):
            raise _problem(where, f"`{name}` is a link that leads out of the folder.", _ALLOW)
        return path
    shipped = _shipped()
    if name in shipped:
        return shipped[name]
    near = did_you_mean(name.removeprefix("../"), [*_beside(folder), *shipped], otherwise=_ALLOW)
    raise _problem(where, f"There is no recipe `{name}` to extend.", near)


def _problem(where: Span, what: str, fix: str) -> RecipeError:
    return RecipeError([Problem("SOF230", where, what, fix)])


def _shipped() -> dict[str, Path]:
    try:
        return shipped_recipes()
    except Trouble:
        return {}


def _beside(folder: Path) -> list[str]:
    """Return the recipes in a folder and beside it, as one would name them."""
    try:
        below = [one.parent.name for one in folder.glob("*/recipe.yaml")]
        beside = [f"../{one.parent.name}" for one in folder.absolute().parent.glob("*/recipe.yaml")]
    except OSError:
        return []
    return sorted([*below, *beside])

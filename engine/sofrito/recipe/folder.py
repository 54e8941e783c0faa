"""Files below a recipe's folder, and no others unless the user says so."""

import fnmatch
import os
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath, PureWindowsPath

from sofrito.problems import Problem, RecipeError, Span, near_file

_LISTED = 5_000


def inside(
    folder: Path | Sequence[Path], name: str, where: Span, *, allow_files: bool = False
) -> Path:
    """Return the file that a recipe names, relative to its folder.

    Of several folders, those of the recipes that it extends, it is the first that has the file.
    ``where`` is the name's place in the recipe. Raises :class:`RecipeError` (SOF202) for a file
    that is missing or is no regular file, and, unless ``allow_files``, for one that is not below
    the folder: an absolute path, ``..``, a symlink that leads out.
    """
    _check_name(name, where, allow_files)
    folders = _all(folder)
    folder = home(folders, name)
    path = folder / name
    try:
        resolved = path.resolve()
        if not allow_files and not resolved.is_relative_to(folder.resolve()):
            what = f"`{name}` is a link that leads out of the recipe's folder."
            raise _problem(where, what, _ALLOW)
        if resolved.is_file():
            return path
        found = resolved.is_dir(), resolved.exists()
    except (OSError, RuntimeError) as error:
        what = f"`{name}` cannot be read: {getattr(error, 'strerror', None) or error}."
        raise _problem(where, what) from None
    if found[0]:
        fix = f"To read the files in it, write `files: {name.rstrip('/')}/**`."
        raise _problem(where, f"`{name}` is a folder, not a file.", fix)
    if found[1]:
        raise _problem(where, f"`{name}` is not a regular file.")
    raise _problem(
        where, f"There is no file `{name}` in the recipe's folder.", _near(folders, name)
    )


def home(folders: Sequence[Path], name: str) -> Path:
    """Return the first of the folders that has something of a name; the first where none has."""
    for folder in folders:
        try:
            if (folder / name).exists() or (folder / name).is_symlink():
                return folder
        except (OSError, ValueError):
            continue
    return folders[0]


def _all(folder: Path | Sequence[Path]) -> Sequence[Path]:
    return [folder] if isinstance(folder, Path) else folder


def matching(
    folder: Path | Sequence[Path], pattern: str, where: Span, *, allow_files: bool = False
) -> list[Path]:
    """Return the files that a pattern matches, sorted by name; ``**`` stands for any folders.

    Of several folders, they are those of the first in which any file does. Hidden files are left
    out, and links to folders are not followed. Raises as :func:`inside`, and (SOF202) where nothing
    matches.
    """
    _check_name(pattern, where, allow_files)
    for one in _all(folder):
        if found := _matching(one, pattern, where, allow_files=allow_files):
            return found
    fix = "Check the folder's name; `**` stands for any folders, `*` for any part of a name."
    raise _problem(where, f"No file matches `{pattern}`.", fix)


def _matching(folder: Path, pattern: str, where: Span, *, allow_files: bool) -> list[Path]:
    parts = pattern.split("/")
    wild = [at for at, part in enumerate(parts) if re.search(r"[*?\[]", part)]
    fixed = wild[0] if wild else len(parts) - 1
    base = folder / ("/".join(parts[:fixed]) or ("/" if pattern.startswith("/") else "."))
    wanted = [_part(each) for each in parts[fixed:]]
    found = sorted(name for name in _walk(base) if _matches(wanted, PurePosixPath(name).parts))
    lead = "/".join([*parts[:fixed], ""])
    return [inside(folder, lead + name, where, allow_files=allow_files) for name in found]


_ALLOW = "Copy the file into the folder; or run with --allow-files if you trust the recipe."


def _problem(where: Span, what: str, fix: str = "") -> RecipeError:
    return RecipeError([Problem("SOF202", where, what, fix)])


def _check_name(name: str, where: Span, allow_files: bool) -> None:
    if not name.strip() or "\0" in name:
        what = "A name has no NUL." if name.strip() else "The file has no name."
        raise _problem(where, what, "Name a file in the recipe's folder.")
    windows = PureWindowsPath(name)
    if allow_files:
        return
    if name.startswith(("/", "~")) or windows.drive or windows.root:
        what = f"`{name}` is an absolute path; a recipe reads only files of its own folder."
        raise _problem(where, what, _ALLOW)
    if ".." in windows.parts:
        what = f"`{name}` leads out of the recipe's folder; a recipe reads only what is below it."
        raise _problem(where, what, _ALLOW)


def _near(folders: Sequence[Path], name: str) -> str:
    names = [*islice((each for folder in folders for each in _walk(folder)), _LISTED)]
    same = [each for each in sorted(names) if Path(each).name == Path(name).name]
    if same:
        return f"Did you mean `{same[0]}`?"
    return near_file(name, names, otherwise="Create it, or correct its name.")


def _walk(base: Path) -> Iterator[str]:
    """Yield the names of the files below a folder, with ``/``, hidden ones left out."""
    for folder, folders, files in os.walk(base):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        at = Path(folder).relative_to(base)
        yield from ((at / each).as_posix() for each in sorted(files) if not each.startswith("."))


def _part(glob: str) -> re.Pattern[str] | None:
    return None if glob == "**" else re.compile(fnmatch.translate(glob))


def _matches(parts: list[re.Pattern[str] | None], names: tuple[str, ...]) -> bool:
    """Say whether a path fits a pattern, part by part; None is ``**``.

    All ways to fit are followed at once, so that no pattern takes more than parts times names.
    """
    states = _beyond({0}, parts)
    for name in names:
        taken = set()
        for state in states - {len(parts)}:
            part = parts[state]
            if part is None:
                taken.add(state)
            elif part.match(name):
                taken.add(state + 1)
        states = _beyond(taken, parts)
    return len(parts) in states


def _beyond(states: set[int], parts: list[re.Pattern[str] | None]) -> set[int]:
    """Add to each state those that an empty ``**`` leads to."""
    reached = set(states)
    for at, part in enumerate(parts):
        if at in reached and part is None:
            reached.add(at + 1)
    return reached

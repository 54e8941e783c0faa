"""The files of a pool that a pattern names: those that are read, and those that are left out."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sofrito.problems import Problem, RecipeError, Span
from sofrito.recipe.folder import matching
from sofrito.recipe.seed_files import SUFFIXES
from sofrito.recipe.seed_rows import BOM
from sofrito.recipe.words import either

_SHOWN = 3
_BLANK = 4096


@dataclass(frozen=True, slots=True)
class Found:
    """The files that are read, at least one, and warnings of those that are left out."""

    files: tuple[Path, ...]
    warnings: tuple[Problem, ...]


def seeds_matching(
    folder: Path | Sequence[Path], pattern: str, where: Span, *, allow_files: bool = False
) -> Found:
    """Return the files that a pattern matches, without those that are empty or of no known suffix.

    ``where`` is the pattern's place in the recipe. Raises :class:`RecipeError` as `matching` does,
    and (SOF209) where nothing that it matches is left.
    """
    found = matching(folder, pattern, where, allow_files=allow_files)
    strange = [path for path in found if not _is_known(path)]
    empty = [path for path in found if _is_known(path) and _is_blank(path)]
    aside = {*strange, *empty}
    files = tuple(path for path in found if path not in aside)
    warnings = (*_strange(strange, pattern, where), *_empty(empty, pattern, where))
    if not files:
        raise RecipeError([_none_left(warnings, where, pattern)])
    left_out = (replace(one, what=f"{one.what[:-1]}, and left out.") for one in warnings)
    return Found(files, tuple(left_out))


def _is_known(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _is_blank(path: Path) -> bool:
    """Say whether a small file has white space alone; one that cannot be read is not for us to tell."""
    try:
        small = path.stat().st_size <= _BLANK
        return small and not path.read_bytes().removeprefix(BOM).strip()
    except OSError:
        return False


def _strange(paths: Sequence[Path], pattern: str, where: Span) -> list[Problem]:
    if not paths:
        return []
    kind = "is of a kind that holds" if len(paths) == 1 else "are of kinds that hold"
    what = f"{_named(paths, pattern)} {kind} no seeds."
    lead = posixpath.dirname(pattern.partition("*")[0])
    such = posixpath.join(lead, "**/*.md")
    fix = f"Read are {', '.join(SUFFIXES[:-1])} and {SUFFIXES[-1]}; to name some only: `{such}`."
    return [Problem("SOF209", where, what, fix, severity="warning")]


def _empty(paths: Sequence[Path], pattern: str, where: Span) -> list[Problem]:
    if not paths:
        return []
    verb, them = ("is", "it") if len(paths) == 1 else ("are", "them")
    what = f"{_named(paths, pattern)} {verb} empty."
    return [Problem("SOF209", where, what, f"Fill or delete {them}.", severity="warning")]


def _named(paths: Sequence[Path], pattern: str) -> str:
    names = [f"`{path.name}`" for path in paths[:_SHOWN]]
    if len(paths) > _SHOWN:
        names.append(f"{len(paths) - _SHOWN:,} more")
    return f"Of the files that `{pattern}` matches, {either(names, 'and')}"


def _none_left(told: Sequence[Problem], where: Span, pattern: str) -> Problem:
    what = f"No file that `{pattern}` matches has seeds: each is empty, or of another kind."
    first = told[0]
    return Problem("SOF209", where, what if len(told) > 1 else first.what, first.fix)

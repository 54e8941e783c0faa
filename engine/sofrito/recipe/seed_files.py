"""Seed files as rows: read lazily, checked against the columns that the recipe declares."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sofrito.documents import SUFFIXES as DOCUMENTS
from sofrito.problems import Problem, RecipeError, Span, did_you_mean
from sofrito.recipe.folder import inside, matching
from sofrito.recipe.seed_columns import Misfit, fitted
from sofrito.recipe.seed_csv import csv_columns, csv_rows
from sofrito.recipe.seed_documents import document_columns, document_problems, document_rows
from sofrito.recipe.seed_json import json_rows, jsonl_rows
from sofrito.recipe.seed_parquet import parquet_columns, parquet_rows
from sofrito.recipe.seed_rows import Items, SeedRow
from sofrito.recipe.seed_text import txt_rows, whole_rows
from sofrito.recipe.values import weight

__all__ = ["SUFFIXES", "Peek", "SeedRow", "inside", "matching", "peek_seeds", "read_seeds"]

MAX_PROBLEMS = 20
_PEEKED = 8_000_000

_ROWS: dict[str, Callable[[Path], Items]] = {
    ".jsonl": jsonl_rows,
    ".ndjson": jsonl_rows,
    ".json": json_rows,
    ".csv": csv_rows,
    ".tsv": csv_rows,
    ".parquet": parquet_rows,
    ".txt": txt_rows,
}
_YAML = (".yaml", ".yml")
_WHOLE = (".md", ".markdown")
_HEADS = {".csv": csv_columns, ".tsv": csv_columns, ".parquet": parquet_columns}

SUFFIXES = (*_ROWS, *_WHOLE, *DOCUMENTS)
"""The suffixes of files that can hold seeds."""

MOST_COLUMNS = 10_000
"""Columns of the widest row: each is looked at when a recipe is checked."""


@dataclass(frozen=True, slots=True)
class Peek:
    """The beginning of a seed file: the names of its columns, its first rows, and what is wrong.

    ``cut``: there were fewer rows than asked for since they are long, not since there are no more.
    ``misfits`` are rows that can be read, and are not as their columns are declared.
    """

    columns: tuple[str, ...]
    rows: tuple[SeedRow, ...]
    problems: tuple[Problem, ...] = ()
    cut: bool = False
    misfits: tuple[Misfit, ...] = ()


def read_seeds(
    path: Path,
    *,
    name: str = "",
    columns: Mapping[str, str] | None = None,
    whole: bool = False,
    among: bool = False,
) -> Iterator[SeedRow]:
    """Yield the rows of a seed file one by one, without holding the file in memory.

    The suffix says the format. ``whole``: a ``.txt`` is one row, as a ``.md``, ``.pdf``, ``.docx`` or
    ``.html`` always is: columns ``text``, ``file`` (``name``, else the file's), ``title`` and, of a
    ``.pdf``, ``pages``. ``columns`` are types by column
    (string, integer, number, boolean, list, object, any; ``?`` behind one allows null, and lets the
    column be missing: then it is null). A ``.csv`` holds texts, which are read as these types.

    Raises :class:`RecipeError` (SOF209, each at its line) after the last good row, or after 20
    problems; what was yielded before is then not to be used. A file without rows is a problem,
    unless it is one ``among`` several.
    """
    problems: list[Problem] = []
    empty = True
    for item in _checked(path, name, columns or {}, whole):
        empty = False
        if isinstance(item, SeedRow):
            yield item
            continue
        for problem in item.problems.values() if isinstance(item, Misfit) else (item,):
            if len(problems) == MAX_PROBLEMS:
                what = f"Reading stopped here, after {MAX_PROBLEMS} problems; there are more."
                fix = "Mend these first."
                raise RecipeError([*problems, Problem("SOF209", problem.where, what, fix)])
            problems.append(problem)
    if empty and not among:
        problems.append(_no_rows(path))
    if problems:
        raise RecipeError(problems)


def peek_seeds(
    path: Path,
    *,
    rows: int = 20,
    name: str = "",
    columns: Mapping[str, str] | None = None,
    whole: bool = False,
    strict: bool = True,
    among: bool = False,
) -> Peek:
    """Return the columns and the first rows of a seed file, and read little more than these.

    Columns are those of the header or schema; where there is none, those of any of the rows.
    ``strict``: raises as :func:`read_seeds` for the rows that were read, instead of telling what is
    wrong beside those that can be. That a file has no rows is a warning if it is one ``among`` several.
    Of a document whose text must be dug out (PDF, Word, HTML) only the
    columns are told, without a row: that it can be read shows when it is.
    """
    if path.suffix.lower() in DOCUMENTS:
        return _document_peek(path, strict)
    items, left = list[SeedRow | Problem | Misfit](), _PEEKED
    for item in islice(_checked(path, name, columns or {}, whole), rows):
        items.append(item)
        row = item.row if isinstance(item, Misfit) else item
        left -= weight([*row.values.values()]) if isinstance(row, SeedRow) else 0
        if left < 0:
            break
    problems = [item for item in items if isinstance(item, Problem)]
    misfits = tuple(item for item in items if isinstance(item, Misfit))
    if not items:
        problems = [_no_row_among(path) if among else _no_rows(path)]
    if strict and (problems or misfits):
        problems += [problem for item in misfits for problem in item.problems.values()]
        raise RecipeError(problems[:MAX_PROBLEMS])
    good = tuple(item for item in items if isinstance(item, SeedRow))
    head = _HEADS.get(path.suffix.lower())
    names = dict.fromkeys(head(path) if head and good else ())
    for row in good:
        names.update(dict.fromkeys(row.values))
    return Peek(tuple(names), good, tuple(problems[:MAX_PROBLEMS]), left < 0, misfits)


def _document_peek(path: Path, strict: bool) -> Peek:
    problems = document_problems(path)
    if strict and any(one.severity == "error" for one in problems):
        raise RecipeError(problems)
    return Peek(tuple(document_columns(path)), (), tuple(problems), cut=True)


def _no_rows(path: Path) -> Problem:
    what = f"`{path.name}` has no rows."
    return Problem("SOF209", Span(path), what, "Add one, or remove the pool.")


def _no_row_among(path: Path) -> Problem:
    what = f"`{path.name}` has no rows, and is left out."
    return Problem("SOF209", Span(path), what, "Fill or delete it.", severity="warning")


def _checked(
    path: Path, name: str, columns: Mapping[str, str], whole: bool
) -> Iterator[SeedRow | Problem | Misfit]:
    from_text = path.suffix.lower() in (".csv", ".tsv")
    try:
        for item in _items(path, name, whole):
            if isinstance(item, SeedRow) and len(item.values) > MOST_COLUMNS:
                what = f"The row has more than {MOST_COLUMNS:,} columns."
                yield Problem("SOF209", item.where, what, "Is this the right file?")
            elif isinstance(item, Problem) or not columns:
                yield item
            else:
                yield fitted(item, columns, from_text=from_text)
    except OSError as error:
        what = f"`{path.name}` cannot be read: {error.strerror or error}."
        yield Problem("SOF202", Span(path), what, "Check that it exists and that you may read it.")


def _items(path: Path, name: str, whole: bool) -> Items:
    suffix = path.suffix.lower()
    if suffix in _WHOLE or (whole and suffix == ".txt"):
        return whole_rows(path, name or path.name)
    if suffix in DOCUMENTS:
        return document_rows(path, name or path.name)
    if suffix in _ROWS:
        return _ROWS[suffix](path)
    what = f"Seeds cannot be read from a `{suffix or path.name}` file."
    known = f"Seeds come from {', '.join(SUFFIXES[:-1])} and {SUFFIXES[-1]}."
    near = did_you_mean(suffix, SUFFIXES)
    if suffix in _YAML:
        near = "Rows in YAML stand in the recipe: `rows: [{COLUMN: …}]`, in the place of `file`."
    return iter([Problem("SOF209", Span(path), what, f"{known} {near}".strip())])

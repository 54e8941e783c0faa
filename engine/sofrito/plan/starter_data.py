"""The data that a recipe begins with: its columns, its files, and which of these are no documents."""

import re
from collections.abc import Iterator
from pathlib import Path

from sofrito.documents import SUFFIXES as DOCUMENTS
from sofrito.problems import Trouble, did_you_mean
from sofrito.recipe.field_types import NAME
from sofrito.recipe.seed_files import SUFFIXES, peek_seeds
from sofrito.recipe.seed_values import unnameable
from sofrito.recipe.words import ticked

LARGEST = 200_000_000
"""Bytes of the data that is copied into a recipe's folder, at most."""

TEXTS = (".txt", ".md", ".markdown", *DOCUMENTS)
"""The suffixes of files that are a document each."""


def columns_of(data: Path) -> tuple[str, ...]:
    """Return the columns of a file of rows that a recipe can name; of a folder of texts, `text`.

    Raises Trouble where there is none, RecipeError where the file cannot be read.
    """
    if data.is_dir():
        if any(texts_in(data)):
            return ("text",)
        raise Trouble(f"{data} has no documents.", f"Documents are {', '.join(TEXTS)}.")
    if not data.is_file():
        what = f"There is no file or folder {data}."
        raise Trouble(what, f"Files of rows are {', '.join(SUFFIXES)}.")
    found = peek_seeds(data).columns
    named = tuple(column for column in found if re.search(NAME, column))
    if not named:
        what = f"{data.name} has no column that a recipe can name; it has {', '.join(found)}."
        raise Trouble(what, "Rename one: letters, digits and `_`, and no digit first.")
    return named


def unnamed(data: Path) -> dict[str, str]:
    """Return the columns of a file of rows that no recipe can name, each with a name that would do."""
    if data.is_dir():
        return {}
    return {column: name for name, column in unnameable(peek_seeds(data).columns).items()}


def check_column(data: Path, column: str) -> None:
    """Raise Trouble where the data has no such column, or one that a recipe cannot name."""
    columns = columns_of(data)
    if column in columns:
        return
    if (name := unnamed(data).get(column)) is not None:
        what = f"{data.name} has `{column}`, which templates and expressions cannot name."
        raise Trouble(what, f"Rename it in the file: `{name}`.")
    near = did_you_mean(column, columns, otherwise=f"It has {ticked(columns)}.")
    raise Trouble(f"{data.name} has no column `{column}`.", near)


def texts_in(folder: Path) -> Iterator[Path]:
    """Yield the documents in a folder and below it, in the order of their paths."""
    yield from sorted(p for p in folder.rglob("*") if p.suffix.lower() in TEXTS and p.is_file())


def no_texts_in(folder: Path) -> list[Path]:
    """Return the files in a folder and below it that are no documents; what is hidden is not looked at."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix.lower() not in TEXTS
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )

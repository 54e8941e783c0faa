"""Seeds from documents: a PDF, a Word document or a page of HTML is a row."""

from pathlib import Path

from sofrito.documents import Unreadable, check_document, missing_package, read_document
from sofrito.problems import Problem, Span
from sofrito.recipe.seed_rows import Items, SeedRow

COLUMNS = ("text", "file", "title")
PAGED = (".pdf",)
"""The suffixes of documents that have pages, and so a column `pages`."""


def document_rows(path: Path, name: str) -> Items:
    """Yield a document as one row: ``text``, ``file`` (its ``name``), ``title`` and, of a PDF, ``pages``.

    ``pages`` are the offsets (characters) at which the pages begin, and where the last one ends.
    """
    try:
        document = read_document(path)
    except Unreadable as error:
        yield Problem("SOF209", Span(path), error.what, error.fix)
        return
    values = {"text": document.text, "file": name, "title": document.title or path.stem}
    paged = {"pages": list(document.pages)} if path.suffix.lower() in PAGED else {}
    yield SeedRow(values | paged, Span(path))


def document_columns(path: Path) -> list[str]:
    """Return the columns of a document's row, which its suffix tells."""
    return [*COLUMNS, *(["pages"] if path.suffix.lower() in PAGED else [])]


def document_problems(path: Path) -> list[Problem]:
    """Return what is wrong with a document, as far as opening it tells.

    That what reads it is not installed is a warning: another machine may run the recipe.
    """
    suffix = path.suffix.lower()
    if package := missing_package(suffix):
        what = f"Reading a {suffix} file needs {package}, which is not installed."
        fix = "Before a run: pip install 'sofrito[documents]'"
        return [Problem("SOF209", Span(path), what, fix, severity="warning")]
    try:
        check_document(path)
    except Unreadable as error:
        return [Problem("SOF209", Span(path), error.what, error.fix)]
    except OSError as error:
        what = f"`{path.name}` cannot be read: {error.strerror or error}."
        fix = "Check that it exists and that you may read it."
        return [Problem("SOF202", Span(path), what, fix)]
    return []

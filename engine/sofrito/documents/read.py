"""Reads a document by its suffix, and remembers the last ones."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sofrito.documents.check import check_size
from sofrito.documents.document import LONGEST, Document, Unreadable

PACKAGES: Mapping[str, tuple[str, str]] = {
    ".pdf": ("pypdf", "pypdf"),
    ".docx": ("docx", "python-docx"),
    ".html": ("lxml", "lxml"),
    ".htm": ("lxml", "lxml"),
}
"""By suffix, the module that reads a format and the package that brings it."""

SUFFIXES = tuple(PACKAGES)

_READERS = {".pdf": "pdf", ".docx": "docx", ".html": "html", ".htm": "html"}
_REMEMBERED = 64_000_000
_EXTRA = "Install what reads documents: pip install 'sofrito[documents]'"

_Stamp = tuple[Path, int, int]
_known: dict[_Stamp, Document] = {}


def missing_package(suffix: str) -> str:
    """Return the package that reading such a file needs and that is not installed, or ""."""
    module, package = PACKAGES[suffix.lower()]
    return "" if find_spec(module) else package


def read_document(path: Path) -> Document:
    """Return a document's text; raises :class:`Unreadable`, OSError.

    A run goes through its seeds more than once, and to take a PDF apart takes 30 ms a page: the
    last documents, 64 million characters together, are remembered for as long as their files stay
    as they are.
    """
    state = path.stat()
    stamp = path.resolve(), state.st_mtime_ns, state.st_size
    if stamp not in _known:
        document = _read(path, state.st_size)
        _known[stamp] = document
        while sum(len(one.text) for one in _known.values()) > _REMEMBERED and len(_known) > 1:
            del _known[next(iter(_known))]
    return _known[stamp]


def _read(path: Path, size: int) -> Document:
    suffix = path.suffix.lower()
    if package := missing_package(suffix):
        raise Unreadable(
            f"Reading a {suffix} file needs {package}, which is not installed.", _EXTRA
        )
    check_size(size)
    reader: Callable[[Path], Document] = import_module(f"sofrito.documents.{_READERS[suffix]}").read
    document = reader(path)
    if len(document.text) > LONGEST:
        what = f"The document has more than {LONGEST // 10**6} million characters."
        raise Unreadable(what, "Divide it.")
    return document

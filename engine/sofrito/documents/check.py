"""Tells cheaply whether a document can be opened, without taking its text out."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from sofrito.documents.document import MEGABYTES, Unreadable

SIGNATURES: Mapping[str, bytes] = {".pdf": b"%PDF-", ".docx": b"PK"}
"""What stands at the beginning of a format's files."""

_LOOKED_AT = 1024


def check_document(path: Path) -> None:
    """Open a document whose reader is installed; raises :class:`Unreadable`, OSError.

    Of a PDF the table of its objects and the number of its pages are read, of a Word document the
    archive's list, of any other nothing. That pages are pictures shows when they are read.
    """
    suffix = path.suffix.lower()
    check_size(path.stat().st_size)
    with path.open("rb") as file:
        begun = file.read(_LOOKED_AT)
    if SIGNATURES.get(suffix, b"") not in begun:
        what = f"`{path.name}` is no {suffix} file, whatever its name says."
        raise Unreadable(what, "Is it the right file?")
    if suffix in _CHECKS:
        _CHECKS[suffix](path)


def check_size(size: int) -> None:
    """Raise :class:`Unreadable` for a document of more bytes than are ever read."""
    if size > MEGABYTES * 10**6:
        raise Unreadable(f"The document is larger than {MEGABYTES} MB.", "Divide it.")


def _pdf(path: Path) -> None:
    from sofrito.documents.pdf import check

    check(path)


def _docx(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        what = f"The Word document `{path.name}` is broken: it is no whole archive."
        raise Unreadable(what, "Copy it again from where it came.") from None
    if "[Content_Types].xml" not in names:
        what = f"`{path.name}` is an archive, but no Word document."
        raise Unreadable(what, "Is it the right file?")


_CHECKS: Mapping[str, Callable[[Path], None]] = {".pdf": _pdf, ".docx": _docx}

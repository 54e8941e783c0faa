"""Reads the text of a PDF page by page; its outline makes the headings."""

import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pypdf import PdfReader

from sofrito.documents.document import LONGEST, Document, Unreadable
from sofrito.documents.markdown import heading, plain

_MOST_PAGES = 5_000
_NUMBER = re.compile(r"^(?:[A-Z]?\d+(?:\.\d+)*|[A-Z]|[IVXL]+)[.):]?\s+", re.IGNORECASE)
_BETWEEN = "\n\n"

# It tells on stderr of every small fault that it has read around.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def read(path: Path) -> Document:
    """Return the text of the pages, a blank line between two; raises Unreadable.

    Lines are as they stand on the page. A line that is an entry of the outline becomes a heading.
    """
    with _told():
        return _document(path)


def check(path: Path) -> None:
    """Open the PDF and count its pages, without reading one; raises Unreadable."""
    with _told(), path.open("rb") as file:
        _opened(file)


@contextmanager
def _told() -> Iterator[None]:
    """Raise Unreadable for whatever a broken file leads to."""
    try:
        yield
    except (Unreadable, OSError, MemoryError):
        raise
    except Exception as error:  # it raises whatever the bytes lead it to
        what = f"The PDF cannot be read: {error or type(error).__name__}."
        raise Unreadable(what, "Open it in a viewer and print it to a PDF again.") from error


def _opened(source: Path | BinaryIO) -> PdfReader:
    reader = PdfReader(source)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("The PDF needs a password.", "Save it without one.")
    if len(reader.pages) > _MOST_PAGES:
        raise Unreadable(f"The PDF has more than {_MOST_PAGES:,} pages.", "Divide it.")
    return reader


def _document(path: Path) -> Document:
    reader = _opened(path)
    texts, length = list[str](), 0
    for page in reader.pages:
        texts.append(plain(_clean(page.extract_text())))
        length += len(texts[-1])
        if length > LONGEST:
            break
    if not any(texts):
        what = "The PDF has no text: its pages are pictures, or empty."
        raise Unreadable(what, "Recognise its text first (OCR), such as with ocrmypdf.")
    for page_number, level, title in _outline(reader):
        texts[page_number] = _headed(texts[page_number], level, title)
    starts = [0]
    for text in texts:
        starts.append(starts[-1] + len(text) + len(_BETWEEN))
    whole = _BETWEEN.join(texts)
    said = reader.metadata.title if reader.metadata else None
    return Document(whole, (said or "").strip(), (*starts[:-1], len(whole)))


def _clean(text: str) -> str:
    # A lone surrogate, of a broken font table, is no character that can be written.
    sound = text.replace("\0", "").encode("utf-8", "replace").decode()
    return "\n".join(line.rstrip() for line in sound.splitlines()).strip()


def _outline(reader: PdfReader) -> Iterator[tuple[int, int, str]]:
    """Yield the page, the level and the title of each entry that has a page."""
    try:
        yield from _entries(reader, reader.outline, 1)
    except Exception:  # a document with a broken outline has its text all the same
        return


def _entries(
    reader: PdfReader, entries: Sequence[Any], level: int
) -> Iterator[tuple[int, int, str]]:
    for entry in entries:
        if isinstance(entry, list):
            yield from _entries(reader, entry, level + 1)
        else:
            page = reader.get_destination_page_number(entry)
            if page is not None and 0 <= page < len(reader.pages):
                yield page, level, str(entry.title or "")


def _headed(text: str, level: int, title: str) -> str:
    """Return a page with the first line that is the title, but for its number, as a heading."""
    lines, wanted = text.split("\n"), _plain(title)
    for at, line in enumerate(lines):
        if wanted and _plain(line) == wanted:
            before = [""] if at and lines[at - 1] else []
            lines[at : at + 1] = [*before, heading(level, line), ""]
            return "\n".join(lines).rstrip()
    return text


def _plain(line: str) -> str:
    return " ".join(_NUMBER.sub("", line.strip()).split()).casefold()

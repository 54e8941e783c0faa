"""Reads the text of a Word document: paragraphs, headings, lists and tables in order."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import docx
from docx.document import Document as Word
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.table import Table
from docx.text.paragraph import Paragraph

from sofrito.documents.document import MEGABYTES, Document, Unreadable
from sofrito.documents.markdown import fenced, heading, plain, table

_HEADING = re.compile(r"heading (\d)$", re.IGNORECASE)
_LIST = re.compile(r"list (bullet|number)(?: (\d))?$", re.IGNORECASE)
_CODE = re.compile(r"code|preformatted|macro", re.IGNORECASE)

Block = tuple[str, str]  # "code", "item" or "", and its text


def read(path: Path) -> Document:
    """Return the body's text; headers, footers, footnotes and pictures are left out. Raises Unreadable."""
    try:
        _check_size(path)
        word = docx.Document(str(path))
        blocks = [*_blocks(word)]
        said = _said_title(word)
    except (Unreadable, OSError, MemoryError):
        raise
    except Exception as error:  # it raises whatever the bytes lead it to
        what = f"The Word document cannot be read: {error or type(error).__name__}."
        raise Unreadable(what, "Open it in a word processor and save it as .docx again.") from error
    text = _joined(blocks)
    if not text:
        raise Unreadable("The document has no text.", "Is it the right one?")
    return Document(text, said or _first_heading(blocks))


def _said_title(word: Word) -> str:
    try:
        word.part.package.part_related_by(RELATIONSHIP_TYPE.CORE_PROPERTIES)
    except KeyError:  # asked for its properties, the library makes some up
        return ""
    return (word.core_properties.title or "").strip()


def _first_heading(blocks: list[Block]) -> str:
    found = (text for kind, text in blocks if not kind and text.startswith("#"))
    return next(found, "").lstrip("#").strip()


def _check_size(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if sum(one.file_size for one in archive.infolist()) > MEGABYTES * 10**6:
            raise Unreadable(f"Unpacked, the document is larger than {MEGABYTES} MB.", "Divide it.")


def _blocks(word: Word) -> Iterator[Block]:
    for part in word.iter_inner_content():
        if isinstance(part, Table):
            yield "", table([[cell.text for cell in row.cells] for row in part.rows])
        else:
            yield _paragraph(part)


def _paragraph(part: Paragraph) -> Block:
    style = (part.style.name if part.style else None) or ""
    text = part.text
    if not text.strip():
        return ("code", "") if _CODE.search(style) else ("", "")
    if style == "Title":
        return "", heading(1, text)
    if found := _HEADING.match(style):
        return "", heading(int(found[1]), text)
    if _CODE.search(style):
        return "code", text
    listed = _LIST.match(style)
    numbered = part._p.pPr is not None and part._p.pPr.numPr is not None
    if listed or numbered or style.casefold() == "list paragraph":
        mark = "1." if listed and listed[1].casefold() == "number" else "-"
        depth = int((listed and listed[2]) or 1) - 1
        return "item", f"{'  ' * depth}{mark} {text.strip()}"
    return "", plain(text.strip())


def _joined(blocks: list[Block]) -> str:
    """Join blocks by blank lines, items by line ends; lines of code that follow each other are one block."""
    texts, kinds, before = list[str](), list[str](), ""
    for kind, text in blocks:
        if kind and before == kind:
            texts[-1] += f"\n{text}"
        elif text:
            kinds.append(kind)
            texts.append(text)
        before = kind if texts else ""
    made = (fenced(t) if kind == "code" else t for kind, t in zip(kinds, texts, strict=True))
    return "\n\n".join(made)

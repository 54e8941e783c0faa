"""Seeds from plain text: a row a line, or a row a file."""

import re
from pathlib import Path

from sofrito.documents import front_matter, front_title
from sofrito.problems import Span
from sofrito.recipe.seed_rows import BOM, BadLine, Items, SeedRow, lines, utf8

_HEADING = re.compile(r"^#\s+(.+?)\s*#*\s*$", re.MULTILINE)


def txt_rows(path: Path) -> Items:
    """Yield each line that is not blank as column ``text``, without the space around it."""
    for line, raw in lines(path):
        try:
            text = utf8(raw).strip()
        except BadLine as bad:
            yield bad.at(path, line)
        else:
            if text:
                yield SeedRow({"text": text}, Span(path, line))


def whole_rows(path: Path, name: str) -> Items:
    """Yield the file as one row: ``text``, ``file`` (its ``name``), ``title`` (first # heading).

    Of Markdown, the front matter is no part of the text, and its ``title`` is the title.
    """
    raw = path.read_bytes().removeprefix(BOM)
    texts: list[str] = []
    for line, each in enumerate(raw.split(b"\n"), 1):
        try:
            texts.append(utf8(each))
        except BadLine as bad:
            yield bad.at(path, line)
            return
    text = "\n".join(texts).replace("\r\n", "\n")
    begin = 0 if path.suffix.lower() == ".txt" else front_matter(text)
    front, text = text[:begin], text[begin:].lstrip("\n") if begin else text
    if text.strip():
        heading = _HEADING.search(text)
        title = front_title(front) or (heading[1] if heading else path.stem)
        yield SeedRow({"text": text, "file": name, "title": title}, Span(path))

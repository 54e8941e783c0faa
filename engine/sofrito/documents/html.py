"""Reads the text of a page of HTML: its main part, with headings, lists, code and tables."""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from sofrito.documents.document import Document, Unreadable
from sofrito.documents.markdown import fenced, heading, plain, table

_LEFT_OUT = re.compile(
    "script|style|noscript|template|svg|math|iframe|object|canvas|nav|footer|aside|button|select"
    "|textarea|dialog|head"
)
_BLOCKS = re.compile(
    "address|article|blockquote|body|caption|center|dd|details|div|dl|dt|fieldset|figcaption|figure"
    "|form|h[1-6]|header|hgroup|hr|html|li|main|ol|p|pre|search|section|summary|table|tbody|td"
    "|tfoot|th|thead|tr|ul"
)
_CHARSET = re.compile(rb"""<meta[^>]*charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\n\r\f]+")
_LOOKED_AT = 4096


def read(path: Path) -> Document:
    """Return the text of `main`, of a page's only `article`, or of all; raises Unreadable.

    What a page has around its text (navigation, forms, scripts, asides, hidden parts) is left out.
    """
    raw = path.read_bytes()
    parser = lxml_html.HTMLParser(encoding=_encoding(raw), remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(raw, parser=parser)
    except (etree.LxmlError, ValueError, LookupError) as error:
        raise Unreadable(f"The page cannot be read: {error}.", "Is it HTML?") from error
    # Beyond such a limit the parser stops, and the rest of the page would be lost without a word.
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        what = "The page's elements are nested more than 250 deep."
        raise Unreadable(what, "Save it from a browser's reading view.")
    text = "\n\n".join(_blocks(_main(root)))
    if not text:
        what = "The page has no text: scripts may make it in a browser."
        raise Unreadable(what, "Save what the browser shows.")
    title = root.findtext(".//title") or root.findtext(".//h1") or ""
    return Document(text, " ".join(title.split()))


def _encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        said = _CHARSET.search(raw[:_LOOKED_AT])
        name = said[1].decode("ascii") if said else "windows-1252"
        # What calls itself Latin-1 or ASCII, or wrongly UTF-8, is read as browsers do.
        alike = ("utf-8", "utf8", "iso-8859-1", "latin1", "us-ascii", "ascii")
        return "windows-1252" if name.lower() in alike else name
    return "utf-8"


def _main(root: Any) -> Any:
    for name in ("main", "article"):
        found = root.findall(f".//{name}")
        if len(found) == 1 and found[0].text_content().strip():
            return found[0]
    return root


def _blocks(element: Any) -> list[str]:
    """Return what stands in an element, a text for each block."""
    made: list[str] = []
    inline: list[str] = [element.text or ""]

    def flush() -> None:
        if text := _line("".join(inline)):
            made.append(plain(text))
        inline.clear()

    for child in element:
        if isinstance(child.tag, str) and not _hidden(child):
            if _is_block(child):
                flush()
                made += _block(child)
            else:
                inline.append(_inline(child))
        inline.append(child.tail or "")
    flush()
    return made


def _block(element: Any) -> list[str]:
    tag = element.tag
    if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
        text = _line(_inline(element)).replace("\n", " ")
        return [heading(int(tag[1]), text)] if text else []
    if tag == "pre":
        code = element.text_content()
        return [fenced(code)] if code.strip() else []
    if tag == "table" and element.find(".//table") is None:
        return [text] if (text := _table(element)) else []
    if tag in ("ul", "ol"):
        return [text] if (text := "\n".join(_items(element))) else []
    inner = _blocks(element)
    if tag == "blockquote" and inner:
        lines = "\n\n".join(inner).split("\n")
        return ["\n".join(f"> {line}".rstrip() for line in lines)]
    return inner


def _items(element: Any) -> Iterator[str]:
    for number, item in enumerate(one for one in element if isinstance(one.tag, str)):
        mark = f"{number + 1}." if element.tag == "ol" else "-"
        # A list in an item follows its text at once; a paragraph after a blank line.
        blocks = _blocks(item) if item.tag == "li" else _block(item)
        text = "".join(
            f"{'' if not at else chr(10) if _is_item(one) else chr(10) * 2}{one}"
            for at, one in enumerate(blocks)
        )
        if text:
            inner = indent(text, " " * (len(mark) + 1))
            yield f"{mark} {inner.lstrip(' ')}"


def _is_item(text: str) -> bool:
    return text.startswith(("- ", "1. "))


def _table(element: Any) -> str:
    rows = []
    for row in element.iter("tr"):
        cells = [_line(_inline(cell)) for cell in row if cell.tag in ("td", "th")]
        rows += [cells] if any(cells) else []
    caption = element.find("caption")
    said = _line(_inline(caption)) if caption is not None else ""
    return "\n\n".join(filter(None, (said, table(rows))))


def _inline(element: Any) -> str:
    """Return what stands in an element as running text; a line break is kept."""
    if element.tag == "br":
        return "\v"
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and not _hidden(child):
            inner = _inline(child)
            parts.append(f" {inner} " if _BLOCKS.fullmatch(child.tag) else inner)
        parts.append(child.tail or "")
    text = "".join(parts)
    if element.tag in ("code", "kbd", "samp") and text.strip() and "`" not in text:
        return f"`{_SPACE.sub(' ', text).strip()}`"
    return text


def _is_block(element: Any) -> bool:
    """Whether an element is a block, or has one in it, as `span` and custom elements may."""
    return any(isinstance(one.tag, str) and _BLOCKS.fullmatch(one.tag) for one in element.iter())


def _hidden(element: Any) -> bool:
    return (
        _LEFT_OUT.fullmatch(element.tag) is not None
        or "hidden" in element.attrib
        or element.get("aria-hidden") == "true"
        or "display:none" in (element.get("style") or "").replace(" ", "").lower()
    )


def _line(text: str) -> str:
    lines = _SPACE.sub(" ", text).split("\v")
    return "\n".join(line.strip() for line in lines).strip()

"""Documents for tests: a PDF with text, pages and an outline, made by hand."""

from collections.abc import Sequence
from pathlib import Path


def write_pdf(
    path: Path, pages: Sequence[Sequence[str]], outline: Sequence[tuple[int, str]] = (), **said: str
) -> Path:
    """Write a PDF whose pages have these lines; ``outline`` names pages and titles."""
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, NameObject, StreamObject

    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for lines in pages:
        page = writer.add_blank_page(width=595, height=842)
        shown = "".join(f"({line}) Tj T*\n" for line in lines)
        stream = StreamObject()
        stream.set_data(f"BT /F1 12 Tf 14 TL 50 800 Td\n{shown}ET".encode("latin-1"))
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        page[NameObject("/Contents")] = writer._add_object(stream)
    for number, title in outline:
        writer.add_outline_item(title=title, page_number=number)
    writer.add_metadata({f"/{name.title()}": value for name, value in said.items()})
    with path.open("wb") as file:
        writer.write(file)
    return path

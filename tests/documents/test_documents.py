"""Documents: what of a PDF, a Word file and a page of HTML becomes text, and how."""

import os
import zipfile
from pathlib import Path

import pytest
from pdf_writer import write_pdf

from sofrito.documents import Document, Unreadable, check_document, missing_package, read_document

needs_html = pytest.mark.skipif(bool(missing_package(".html")), reason="lxml is not installed")
needs_docx = pytest.mark.skipif(
    bool(missing_package(".docx")), reason="python-docx is not installed"
)
needs_pdf = pytest.mark.skipif(bool(missing_package(".pdf")), reason="pypdf is not installed")

PAGE = """<!doctype html>
<html><head><title> All about
 tea </title><style>p {color: red}</style></head>
<body>
<nav><a href="/">Home</a></nav>
<main>
  <h1>Tea <small>and pots</small></h1>
  <p>Tea is made of <b>leaves</b>,<br>and of   hot&nbsp;water. Use <code>pour()</code>.</p>
  <div>Loose text<p>and a paragraph</p>again loose</div>
  <ul><li>black<ul><li>Assam</li></ul></li><li><p>green</p><p>often from China</p></li></ul>
  <ol start="1"><li>Boil.</li><li>Pour.</li></ol>
  <pre><code>def pour(pot):
    # twice
    return pot</code></pre>
  <blockquote><p>Tea first.</p><p>Then work.</p></blockquote>
  <table><caption>Prices</caption><thead><tr><th>kind</th><th>a | b</th></tr></thead>
  <tbody><tr><td>black</td><td>3</td></tr><tr><td>green</td></tr></tbody></table>
  <p hidden>secret</p><p style="display: none">secret</p><script>alert("secret")</script>
  <custom-box><h2>Pots</h2>Clay &amp; iron.</custom-box>
  <aside>An advertisement</aside>
</main>
<footer>Imprint</footer>
</body></html>
"""
TEXT = """# Tea and pots

Tea is made of leaves,
and of hot\u00a0water. Use `pour()`.

Loose text

and a paragraph

again loose

- black
  - Assam
- green

  often from China

1. Boil.
2. Pour.

```
def pour(pot):
    # twice
    return pot
```

> Tea first.
>
> Then work.

Prices

| kind | a \\| b |
| --- | --- |
| black | 3 |
| green |  |

## Pots

Clay & iron."""


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def unreadable(path: Path) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        read_document(path)
    return caught.value.what, caught.value.fix


@needs_html
def test_a_page_of_html(tmp_path: Path) -> None:
    assert read_document(write(tmp_path, "tea.html", PAGE)) == Document(TEXT, "All about tea")


@needs_html
def test_a_page_says_how_it_is_written(tmp_path: Path) -> None:
    said = '<meta charset="iso-8859-1"><p>caf\u00e9 \u201ctea\u201d</p>'
    for name, content in {
        "a.html": said.encode("windows-1252"),
        "b.htm": "<p>caf\u00e9 \u201ctea\u201d</p>".encode(),
        "c.html": '<?xml version="1.0" encoding="utf-8"?><html><p>caf\u00e9 \u201ctea\u201d</p></html>'.encode(),
        "d.html": "<p>caf\u00e9 \u201ctea\u201d</p>".encode("utf-16"),
    }.items():
        assert read_document(write(tmp_path, name, content)).text == "caf\u00e9 \u201ctea\u201d"


@needs_html
def test_a_page_without_a_text(tmp_path: Path) -> None:
    what = "The page has no text: scripts may make it in a browser."
    path = write(tmp_path, "a.html", "<html><body><script>x</script></body></html>")
    assert unreadable(path) == (what, "Save what the browser shows.")
    assert unreadable(write(tmp_path, "b.html", ""))[0].startswith("The page cannot be read: ")


@needs_html
def test_a_page_that_is_nested_without_end(tmp_path: Path) -> None:
    path = write(tmp_path, "a.html", "<p>before</p>" + "<div>" * 50_000 + "deep")
    what = "The page's elements are nested more than 250 deep."
    assert unreadable(path) == (what, "Save it from a browser's reading view.")
    path = write(tmp_path, "b.html", "<span>" * 200 + "deep")
    assert read_document(path).text == "deep"


@needs_docx
def test_a_word_document(tmp_path: Path) -> None:
    import docx

    word = docx.Document()
    word.core_properties.title = "On tea"
    word.add_heading("Tea", 0)
    word.add_paragraph("Tea is made of leaves.")
    word.add_heading("Kinds", 2)
    word.add_paragraph("black", "List Bullet")
    word.add_paragraph("Assam", "List Bullet 2")
    word.add_paragraph("")
    word.add_paragraph("Boil.", "List Number")
    table = word.add_table(2, 2)
    for cell, text in zip([c for row in table.rows for c in row.cells], "abcd", strict=True):
        cell.text = text
    word.add_paragraph("pour(pot)", "macro")
    word.add_paragraph("drink(pot)", "macro")
    path = tmp_path / "tea.docx"
    word.save(str(path))
    text = """\
# Tea

Tea is made of leaves.

## Kinds

- black
  - Assam

1. Boil.

| a | b |
| --- | --- |
| c | d |

```
pour(pot)
drink(pot)
```"""
    assert read_document(path) == Document(text, "On tea")


@needs_docx
def test_a_word_document_that_says_no_title(tmp_path: Path) -> None:
    import docx
    from docx.opc.constants import RELATIONSHIP_TYPE

    word = docx.Document()
    word.add_paragraph("# no heading")
    word.add_paragraph("# a comment", "macro")
    bare = tmp_path / "bare.docx"
    word.save(str(bare))
    assert read_document(bare).title == ""
    word.add_heading("Pots and pans", 2)
    empty, without = tmp_path / "empty.docx", tmp_path / "without.docx"
    word.save(str(empty))
    relations = word.part.package.rels
    (key,) = (k for k, one in relations.items() if one.reltype == RELATIONSHIP_TYPE.CORE_PROPERTIES)
    del relations[key]
    word.save(str(without))
    assert "docProps/core.xml" not in zipfile.ZipFile(without).namelist()
    assert [read_document(path).title for path in (empty, without)] == ["Pots and pans"] * 2


@needs_docx
def test_what_is_no_word_document(tmp_path: Path) -> None:
    assert unreadable(write(tmp_path, "a.docx", "hello"))[0] == (
        "The Word document cannot be read: File is not a zip file."
    )
    with zipfile.ZipFile(tmp_path / "b.docx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(300 * 10**6))
    assert (tmp_path / "b.docx").stat().st_size < 10**6
    what = ("Unpacked, the document is larger than 256 MB.", "Divide it.")
    assert unreadable(tmp_path / "b.docx") == what


@needs_pdf
def test_a_pdf_has_pages_and_the_headings_of_its_outline(tmp_path: Path) -> None:
    pages = [["1 Tea", "Tea is made of leaves,", "and water."], [], ["2.1. Pots", "# Clay."]]
    outline = [(0, "Tea"), (2, "Pots"), (2, "Not on the page")]
    path = write_pdf(tmp_path / "a.pdf", pages, outline, title="On tea")
    found = read_document(path)
    text = "# 1 Tea\n\nTea is made of leaves,\nand water.\n\n\n\n# 2.1. Pots\n\n\\# Clay."
    assert found == Document(text, "On tea", (0, 44, 46, len(text)))
    assert [found.text[at : at + 8] for at in found.pages] == [
        "# 1 Tea\n",
        "\n\n# 2.1.",
        "# 2.1. P",
        "",
    ]


@needs_pdf
def test_a_pdf_that_cannot_be_read(tmp_path: Path) -> None:
    from pypdf import PdfWriter

    assert unreadable(write_pdf(tmp_path / "a.pdf", [[], []])) == (
        "The PDF has no text: its pages are pictures, or empty.",
        "Recognise its text first (OCR), such as with ocrmypdf.",
    )
    writer = PdfWriter(write_pdf(tmp_path / "b.pdf", [["secret"]]))
    writer.encrypt("password", algorithm="RC4-128")
    with (tmp_path / "c.pdf").open("wb") as file:
        writer.write(file)
    assert unreadable(tmp_path / "c.pdf") == ("The PDF needs a password.", "Save it without one.")
    whole = (tmp_path / "b.pdf").read_bytes()
    for name, broken in {"d.pdf": b"", "e.pdf": b"%PDF-1.7\n%%EOF", "f.pdf": whole[40:200]}.items():
        what, _ = unreadable(write(tmp_path, name, broken))
        assert what.startswith("The PDF cannot be read: ")


@needs_html
def test_a_document_that_changed_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path, "a.html", "<p>one</p>")
    assert read_document(path) is read_document(path)
    write(tmp_path, "a.html", "<p>two</p>")
    os.utime(path, ns=(1, 1))
    assert read_document(path).text == "two"


def refused(path: Path) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        check_document(path)
    return caught.value.what, caught.value.fix


@needs_pdf
def test_opening_a_pdf_tells_what_reading_it_would(tmp_path: Path) -> None:
    from pypdf import PdfWriter

    good = write_pdf(tmp_path / "a.pdf", [["secret"]])
    check_document(good)
    writer = PdfWriter(good)
    writer.encrypt("password", algorithm="RC4-128")
    with (tmp_path / "b.pdf").open("wb") as file:
        writer.write(file)
    assert refused(tmp_path / "b.pdf") == ("The PDF needs a password.", "Save it without one.")
    broken = write(tmp_path, "c.pdf", "%PDF-1.7\n%%EOF")
    assert refused(broken) == unreadable(broken)


def test_a_document_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    path = write(tmp_path, "a.docx", "PK")
    os.truncate(path, 256 * 10**6 + 1)
    assert refused(path) == ("The document is larger than 256 MB.", "Divide it.")

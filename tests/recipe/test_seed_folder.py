"""A folder of seeds: what is read, what is left out with a warning, and every broken file at once."""

import zipfile
from pathlib import Path

import pytest
from pdf_writer import write_pdf

from sofrito.cli import invoke
from sofrito.documents import missing_package
from sofrito.plan.inputs import inputs
from sofrito.problems import Problem, RecipeError, Span
from sofrito.recipe.read import Read, read_recipe
from sofrito.recipe.seed_folder import Found, seeds_matching
from sofrito.recipe.vocabulary import Vocabulary

WHERE = Span(Path("recipe.yaml"), 2, 16, 7)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
KINDS = (
    "Read are .jsonl, .ndjson, .json, .csv, .tsv, .parquet, .txt, .md, .markdown, .pdf, .docx, "
    ".html and .htm; to name some only: `docs/**/*.md`."
)
RECIPE = """\
recipe: x
seeds: {docs: {files: docs/**}}
from: docs
models: {teacher: {backend: scripted}}
steps:
  - generate: summary
    prompt: "Sum up: {{ text }}"
output: {write: [{prompt_completion: {prompt: text, completion: summary}}]}
"""

needs_pdf = pytest.mark.skipif(bool(missing_package(".pdf")), reason="pypdf is not installed")
needs_docx = pytest.mark.skipif(
    bool(missing_package(".docx")), reason="python-docx is not installed"
)


def folder(at: Path, files: dict[str, bytes]) -> Path:
    (at / "recipe.yaml").write_text(RECIPE, encoding="utf-8")
    for name, content in files.items():
        path = at / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return at


def warned(what: str, fix: str) -> Problem:
    return Problem("SOF209", WHERE, what, fix, severity="warning")


def refused(at: Path) -> list[Problem]:
    with pytest.raises(RecipeError) as caught:
        seeds_matching(at, "docs/**", WHERE)
    return list(caught.value.problems)


def told(at: Path, vocabulary: Vocabulary) -> list[tuple[str, str, str]]:
    with pytest.raises(RecipeError) as caught:
        read_recipe(at, vocabulary)
    return [(one.where.file.name, one.severity, one.what) for one in caught.value.problems]


def test_what_holds_no_seeds_is_left_out_and_told(tmp_path: Path) -> None:
    files = {"a.md": b"Tea.", "b.md": b" \r\n", "c.png": PNG, "d.rst": b"x", "e.txt": b"Pots."}
    at = folder(tmp_path, files)
    found = seeds_matching(at, "docs/**", WHERE)
    odd = "Of the files that `docs/**` matches, `c.png` and `d.rst` are of kinds that hold no seeds"
    empty = "Of the files that `docs/**` matches, `b.md` is empty, and left out."
    assert found == Found(
        (at / "docs/a.md", at / "docs/e.txt"),
        (warned(f"{odd}, and left out.", KINDS), warned(empty, "Fill or delete it.")),
    )


def test_many_are_told_in_one_warning(tmp_path: Path) -> None:
    at = folder(tmp_path, {"a.md": b"Tea.", **{f"{n}.txt": b"" for n in range(5)}})
    what = "Of the files that `docs/**` matches, `0.txt`, `1.txt`, `2.txt` and 2 more are empty, and left out."
    assert seeds_matching(at, "docs/**", WHERE).warnings == (warned(what, "Fill or delete them."),)


def test_a_folder_without_seeds_is_an_error(tmp_path: Path) -> None:
    at = folder(tmp_path, {"c.png": PNG})
    what = "Of the files that `docs/**` matches, `c.png` is of a kind that holds no seeds."
    assert refused(at) == [Problem("SOF209", WHERE, what, KINDS)]
    folder(tmp_path, {"e.md": b""})
    what = "No file that `docs/**` matches has seeds: each is empty, or of another kind."
    assert refused(at) == [Problem("SOF209", WHERE, what, KINDS)]


def test_a_run_reads_the_others(tmp_path: Path, vocabulary: Vocabulary) -> None:
    files = {"a.md": b"# Tea\nHot.", "b.md": b"", "c.png": PNG, "d.csv": b"text\n"}
    read = read_recipe(folder(tmp_path, files), vocabulary)
    whats = [one.what for one in read.warnings]
    assert whats == [
        "`d.csv` has no rows, and is left out.",
        "Of the files that `docs/**` matches, `c.png` is of a kind that holds no seeds, and left out.",
        "Of the files that `docs/**` matches, `b.md` is empty, and left out.",
    ]
    assert rows(read) == [{"text": "# Tea\nHot.", "file": "docs/a.md", "title": "Tea"}]


def rows(read: Read) -> list[dict[str, object]]:
    source = inputs(read).source
    assert source
    return [dict(values) for values in source()]


def test_a_pool_whose_files_all_have_no_rows(tmp_path: Path, vocabulary: Vocabulary) -> None:
    read = read_recipe(folder(tmp_path, {"a.csv": b"text\n", "b.csv": b"text\n"}), vocabulary)
    with pytest.raises(RecipeError) as caught:
        inputs(read)
    assert [(one.where.line, one.what) for one in caught.value.problems] == [
        (2, "No file that `docs/**` matches has a row.")
    ]


@needs_pdf
@needs_docx
def test_every_broken_document_is_told_before_the_run(
    tmp_path: Path, vocabulary: Vocabulary
) -> None:
    at = folder(tmp_path, {f"{n}.md": b"Tea." for n in range(4)} | {"a.pdf": PNG})
    whole = write_pdf(at / "docs" / "good.pdf", [["Clay."]]).read_bytes()
    (at / "docs" / "cut.pdf").write_bytes(whole[: len(whole) // 2])
    with zipfile.ZipFile(at / "docs" / "book.docx", "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
    archived = (at / "docs" / "book.docx").read_bytes()
    (at / "docs" / "half.docx").write_bytes(archived[:40])
    cut, *others = sorted(told(at, vocabulary), key=lambda one: one[0] != "cut.pdf")
    assert cut[:2] == ("cut.pdf", "error")
    assert cut[2].startswith("The PDF cannot be read: ")
    assert others == [
        ("a.pdf", "error", "`a.pdf` is no .pdf file, whatever its name says."),
        ("book.docx", "error", "`book.docx` is an archive, but no Word document."),
        ("half.docx", "error", "The Word document `half.docx` is broken: it is no whole archive."),
    ]


@needs_pdf
def test_a_run_tells_of_all_that_only_reading_shows(tmp_path: Path, vocabulary: Vocabulary) -> None:
    at = folder(tmp_path, {"a.md": b"Tea."})
    for name in ("b.pdf", "c.pdf"):
        write_pdf(at / "docs" / name, [[]])
    with pytest.raises(RecipeError) as caught:
        inputs(read_recipe(at, vocabulary))
    what = "The PDF has no text: its pages are pictures, or empty."
    assert [(one.where.file.name, one.what) for one in caught.value.problems] == [
        ("b.pdf", what),
        ("c.pdf", what),
    ]


@needs_pdf
def test_no_bytes_of_a_document_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = folder(tmp_path, {"a.pdf": PNG})
    assert invoke(("validate", str(at))) == 2
    assert capsys.readouterr().err == (
        "error[SOF209]: `a.pdf` is no .pdf file, whatever its name says.\n"
        f"  --> {at}/docs/a.pdf:1:1\n  = Is it the right file?\n\n1 error\n"
    )

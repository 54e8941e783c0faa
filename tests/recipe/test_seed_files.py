"""Seed files: the rows of every format, what is wrong with a line, and no file but the recipe's."""

import csv
import io
import json
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from arro3.core import Array, DataType, Table
from arro3.io import infer_json_schema, read_json, write_parquet
from hypothesis import given, settings
from hypothesis import strategies as st
from pdf_writer import write_pdf

from sofrito.documents import SUFFIXES as DOCUMENTS
from sofrito.documents import missing_package
from sofrito.problems import Problem, RecipeError, Span
from sofrito.recipe.seed_files import (
    SUFFIXES,
    Peek,
    SeedRow,
    inside,
    matching,
    peek_seeds,
    read_seeds,
)

# What arro3 cannot read it also reports on the standard error, page by page.
TEXT_SUFFIXES = [suffix for suffix in SUFFIXES if suffix not in (".parquet", *DOCUMENTS)]

WHERE = Span(Path("recipe.yaml"), 7, 12, 9)
STRICT = 'Write {"key": "value"}, with double quotes.'


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, **options: Any) -> tuple[list[tuple[int, dict[str, Any]]], list[Problem]]:
    rows = []
    try:
        for row in read_seeds(path, **options):
            assert row.where.file == path
            rows.append((row.where.line, row.values))
    except RecipeError as error:
        return rows, list(error.problems)
    return rows, []


def wrong(path: Path, line: int, column: int, what: str, fix: str) -> Problem:
    return Problem("SOF209", Span(path, line, column), what, fix)


def test_jsonl(tmp_path: Path) -> None:
    text = '\ufeff{"a": 1, "b": ["x", null]}\r\n\n  \n{"a": "\u00e9"}'
    path = write(tmp_path, "a.jsonl", text)
    assert read(path) == ([(1, {"a": 1, "b": ["x", None]}), (4, {"a": "\u00e9"})], [])


def test_jsonl_lines_that_cannot_be_read(tmp_path: Path) -> None:
    lines = [
        b'{"a": 1}',
        '{"\u00e9": "x", "b": 2,}'.encode(),
        b"[1]",
        b"{'a': 1}",
        b'{"n": 123456789012345678901}',
        b'{"a": "\xc3\xa9\xe9"}',
        b'{"a": NaN}',
        b"[" * 3000,
        b'{"n": 9223372036854775807}',
    ]
    path = write(tmp_path, "a.jsonl", b"\n".join(lines))
    bad_value = "This is not JSON: unexpected character, expected a JSON value."
    assert read(path) == (
        [(1, {"a": 1}), (9, {"n": 2**63 - 1})],
        [
            wrong(path, 2, 18, "This is not JSON: trailing comma is not allowed.", STRICT),
            wrong(
                path, 3, 1, "The line is a list, not an object.", 'Write {"column": value, ...}.'
            ),
            wrong(path, 4, 2, "JSON's quotes are double.", 'Write {"key": "value"}.'),
            wrong(
                path,
                5,
                1,
                "The number 123456789012345678901 is larger than 64 bits hold.",
                "Write it as a text, in quotes.",
            ),
            wrong(path, 6, 9, "The byte 0xE9 is not UTF-8.", "Save the file as UTF-8."),
            wrong(path, 7, 7, bad_value, STRICT),
            wrong(path, 8, 1, "The object is nested too deeply.", "Flatten it."),
        ],
    )


def test_an_object_over_several_lines_is_one_problem(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", json.dumps([{"a": 1}], indent=1))
    what = "The object is spread over several lines."
    fix = "Write each object on one line; a list of objects goes in a .json file."
    assert read(path) == ([], [wrong(path, 1, 1, what, fix)])


def test_a_very_long_line(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", json.dumps({"text": "x" * 10_000_000}))
    assert [len(row.values["text"]) for row in read_seeds(path)] == [10_000_000]


def test_reading_stops_after_twenty_problems(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"a": 1}\n' + "1\n" * 50)
    rows, problems = read(path)
    what, fix = "The line is a number, not an object.", 'Write {"column": value, ...}.'
    stopped = "Reading stopped here, after 20 problems; there are more."
    assert rows == [(1, {"a": 1})]
    assert problems == [
        *(wrong(path, line, 1, what, fix) for line in range(2, 22)),
        wrong(path, 22, 1, stopped, "Mend these first."),
    ]


def test_rows_come_before_the_file_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"a": 1}\nbroken\n')
    rows = read_seeds(path)
    assert next(rows) == SeedRow({"a": 1}, Span(path, 1))
    with pytest.raises(RecipeError):
        next(rows)


def test_json_list(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", '[{"a": 1},\n 2,\n {"b": [1]}]')
    what, fix = "Item 2 is a number, not an object.", 'Write {"column": value, ...}.'
    assert read(path) == ([(1, {"a": 1}), (1, {"b": [1]})], [wrong(path, 1, 1, what, fix)])
    path = write(tmp_path, "b.json", '[{"a": "\u00e9"},\n {"b" 1}]')
    what = "This is not JSON: unexpected character, expected ':' after key."
    assert read(path) == ([], [wrong(path, 2, 7, what, STRICT)])
    path = write(tmp_path, "c.json", '{"a": 1}')
    what = "The file is an object, not a list of objects."
    fix = "Put the objects in [ ], or write one a line in a .jsonl file."
    assert read(path) == ([], [wrong(path, 1, 1, what, fix)])


def test_csv(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", '\ufeffa, b\r\n1,"x\r\ny"\r\n\r\n"q""q",\r\n')
    assert read(path) == ([(2, {"a": "1", "b": "x\r\ny"}), (5, {"a": 'q"q', "b": ""})], [])
    path = write(tmp_path, "a.tsv", "a\tb\n1\t2,3\n")
    assert read(path) == ([(2, {"a": "1", "b": "2,3"})], [])
    path = write(tmp_path, "b.csv", f"a\n{'x' * 300_000}\n")
    assert read(path) == ([(2, {"a": "x" * 300_000})], [])


def test_csv_rows_that_cannot_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", b'a,b\n1\n2,\xe9\n3,z,q\n4,z\n5,"open\nx\n')
    ragged = "A field with a comma or a line break goes in double quotes."
    open_quote = 'Close it with "; a " within a field is written "".'
    rows, problems = read(path)
    assert rows == [(3, {"a": "2", "b": "\ufffd"}), (5, {"a": "4", "b": "z"})]
    assert problems == [
        wrong(path, 2, 1, "The row has 1 field; the header names 2 columns.", ragged),
        wrong(path, 3, 3, "The byte 0xE9 is not UTF-8.", "Save the file as UTF-8."),
        wrong(path, 4, 1, "The row has 3 fields; the header names 2 columns.", ragged),
        wrong(path, 6, 1, "The row has a quoted field that is never closed.", open_quote),
    ]


@pytest.mark.parametrize(
    ("header", "what", "fix"),
    [
        ("a;b", "The columns are split by `;`.", "Save it with commas, or tabs as .tsv."),
        ("a,a", "The header names `a` twice.", "Rename one of the two."),
        ("a,", "Column 2 of the header has no name.", "Name it, or remove it."),
    ],
)
def test_csv_headers(tmp_path: Path, header: str, what: str, fix: str) -> None:
    path = write(tmp_path, "a.csv", f"{header}\n1,2\n")
    assert read(path) == ([], [wrong(path, 1, 1, what, fix)])


def test_parquet(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"a": 1, "f": 0.5, "l": [{"k": "v"}]},
        {"a": None, "f": None, "l": []},
        {"a": 3, "f": 1.0, "l": None},
    ]
    raw = "\n".join(map(json.dumps, rows)).encode()
    path = tmp_path / "a.parquet"
    write_parquet(read_json(io.BytesIO(raw), infer_json_schema(io.BytesIO(raw))), path)
    assert read(path) == (list(enumerate(rows, 1)), [])
    first = SeedRow(rows[0], Span(path, 1))
    assert peek_seeds(path, rows=1) == Peek(("a", "f", "l"), (first,))


def test_parquet_values_that_json_does_not_have(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    floats = Array([float("nan"), 1.5], DataType.float64())
    dates = Array([0, 19_723], DataType.int32()).cast(DataType.date32())
    write_parquet(Table.from_pydict({"f": floats, "d": dates}), path)
    assert read(path) == (
        [(1, {"f": None, "d": "1970-01-01"}), (2, {"f": 1.5, "d": "2024-01-01"})],
        [],
    )


def test_a_parquet_column_of_bytes_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    rows = 5_000
    image = Array([b"x"] * rows, DataType.binary())
    some = Array([None, b"x"] * (rows // 2), DataType.binary())
    text = Array(["y"] * rows, DataType.string())
    write_parquet(Table.from_pydict({"image": image, "text": text}), path)
    fix = "Write them as texts, or leave the column out."
    told = Problem(
        "SOF209", Span(path), "Column `image` holds bytes values, which a recipe cannot use.", fix
    )
    assert read(path) == ([], [told])
    assert peek_seeds(path, strict=False).problems == (told,)
    write_parquet(Table.from_pydict({"text": text, "image": some}), path)
    assert read(path) == ([(1, {"text": "y", "image": None})], [told])
    write_parquet(Table.from_pydict({"image": image, "text": image}), path)
    other = replace(told, what=told.what.replace("image", "text"))
    assert read(path) == ([], [told, other])


def test_an_infinite_number_is_no_value(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    floats = Array([float("inf"), 1.5, float("-inf")], DataType.float64())
    write_parquet(Table.from_pydict({"f": floats}), path)
    what = "Column `f` holds an infinite number, which a recipe cannot use."
    fix = "Write null in its place, or a number."
    assert read(path) == ([(2, {"f": 1.5})], [wrong(path, at, 1, what, fix) for at in (1, 3)])
    path = write(tmp_path, "a.csv", "f,g\ninf,1\n1.5,nan\n")
    problems = read(path, columns={"f": "number", "g": "number"})[1]
    assert [one.what for one in problems] == [
        "Column `f` is the string `inf`; the recipe declares it as number.",
        "Column `g` is the string `nan`; the recipe declares it as number.",
    ]


def test_parquet_that_cannot_be_read(tmp_path: Path) -> None:
    what = "The file is no Parquet, or only a part of it."
    for raw in (b"", b"PAR1", b"PAR1" + b"x" * 40, b"PAR1" + b"\xff" * 40 + b"PAR1"):
        path = write(tmp_path, "a.parquet", raw)
        assert read(path) == ([], [wrong(path, 1, 1, what, "Write it again.")])


def test_text(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", b"one\n\n  two \r\n\xff\nthree")
    assert read(path) == (
        [(1, {"text": "one"}), (3, {"text": "two"}), (5, {"text": "three"})],
        [wrong(path, 4, 1, "The byte 0xFF is not UTF-8.", "Save the file as UTF-8.")],
    )


def test_whole_files(tmp_path: Path) -> None:
    path = write(tmp_path, "a.md", "intro\r\n\n# A Title #\ntext\n")
    row = {"text": "intro\n\n# A Title #\ntext\n", "file": "docs/a.md", "title": "A Title"}
    assert read(path, name="docs/a.md") == ([(1, row)], [])
    path = write(tmp_path, "b.txt", "one\ntwo\n")
    row = {"text": "one\ntwo\n", "file": "b.txt", "title": "b"}
    assert read(path, whole=True) == ([(1, row)], [])


def test_the_front_matter_of_markdown_is_no_text(tmp_path: Path) -> None:
    front = "---\r\ntitle: 'All about tea'\ntags:\n- hot\n---\n"
    path = write(tmp_path, "a.md", f"{front}\n# Tea\n\nHot.\n")
    row = {"text": "# Tea\n\nHot.\n", "file": "a.md", "title": "All about tea"}
    assert read(path) == ([(1, row)], [])
    path = write(tmp_path, "b.md", "---\ndraft: true\n---\n# Tea\n")
    assert read(path) == ([(1, {"text": "# Tea\n", "file": "b.md", "title": "Tea"})], [])
    path = write(tmp_path, "c.txt", "---\ntitle: a\n---\nb\n")
    row = {"text": "---\ntitle: a\n---\nb\n", "file": "c.txt", "title": "c"}
    assert read(path, whole=True) == ([(1, row)], [])


@pytest.mark.parametrize("suffix", TEXT_SUFFIXES)
def test_a_file_without_rows(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path, f"a{suffix}", "[]" if suffix == ".json" else "")
    problem = wrong(path, 1, 1, f"`a{suffix}` has no rows.", "Add one, or remove the pool.")
    assert read(path) == ([], [problem])
    with pytest.raises(RecipeError) as caught:
        peek_seeds(path)
    assert caught.value.problems == (problem,)


def test_other_files(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonll", "{}")
    what = "Seeds cannot be read from a `.jsonll` file."
    fix = (
        "Seeds come from .jsonl, .ndjson, .json, .csv, .tsv, .parquet, .txt, .md, .markdown, .pdf, "
        ".docx, .html and .htm. Did you mean `.jsonl`?"
    )
    assert read(path) == ([], [wrong(path, 1, 1, what, fix)])
    path = write(tmp_path, "wide.jsonl", "{}".encode("utf-16"))
    what, fix = "The file is UTF-16 text.", "Save it as UTF-8."
    assert read(path) == ([], [wrong(path, 1, 1, what, fix)])
    path = tmp_path / "none.jsonl"
    what = "`none.jsonl` cannot be read: No such file or directory."
    fix = "Check that it exists and that you may read it."
    assert read(path) == ([], [Problem("SOF202", Span(path), what, fix)])


def test_columns(tmp_path: Path) -> None:
    lines = [
        {"a": 1, "t": "x", "extra": 0},
        {"a": 2, "t": "y", "o": {"k": 1}},
        {"a": True, "t": "y"},
        {"a": 1.0, "t": None},
        {"A": 1, "o": []},
    ]
    path = write(tmp_path, "a.jsonl", "\n".join(map(json.dumps, lines)))
    rows, problems = read(path, columns={"a": "integer", "t": "string", "o": "object?"})
    assert rows == [
        (1, {"a": 1, "t": "x", "extra": 0, "o": None}),
        (2, {"a": 2, "t": "y", "o": {"k": 1}}),
    ]

    def typed(line: int, column: str, value: str, declared: str, fix: str) -> Problem:
        what = f"Column `{column}` is {value}; the recipe declares it as {declared}."
        return wrong(path, line, 1, what, f"Correct the row, or {fix}.")

    assert problems == [
        typed(3, "a", "the boolean `true`", "integer", "declare `a: boolean`"),
        typed(4, "a", "the number `1.0`", "integer", "declare `a: number`"),
        typed(4, "t", "null", "string", "allow null: `t: string?`"),
        wrong(path, 5, 1, "The row has no column `a`.", "Did you mean `A`?"),
        wrong(path, 5, 1, "The row has no column `t`.", "If it may be missing: `t: string?`."),
        typed(5, "o", "the list `[]`", "object?", "declare `o: list?`"),
    ]


def test_csv_texts_become_the_declared_types(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "i,n,b,s,x\n1,2.5,True,7,\nx,y,maybe,,3\n")
    columns = {"i": "integer", "n": "number", "b": "boolean", "s": "string", "x": "integer?"}
    rows, problems = read(path, columns=columns)
    assert rows == [(2, {"i": 1, "n": 2.5, "b": True, "s": "7", "x": None})]
    assert [problem.what for problem in problems] == [
        f"Column `{name}` is the string `{value}`; the recipe declares it as {kind}."
        for name, value, kind in (("i", "x", "integer"), ("n", "y", "number"))
    ] + ["Column `b` is the string `maybe`; the recipe declares it as boolean."]


def test_peek(tmp_path: Path) -> None:
    path = write(tmp_path, "a.jsonl", '{"a": 1}\n{"b": 2}\nbroken\n')
    assert peek_seeds(path, rows=2) == Peek(
        ("a", "b"), (SeedRow({"a": 1}, Span(path, 1)), SeedRow({"b": 2}, Span(path, 2)))
    )
    with pytest.raises(RecipeError) as caught:
        peek_seeds(path)
    assert [problem.where for problem in caught.value.problems] == [Span(path, 3)]
    path = write(tmp_path, "a.csv", "x,y\n1,2\n")
    assert peek_seeds(path).columns == ("x", "y")


def refused(call: Any) -> tuple[str, str]:
    with pytest.raises(RecipeError) as caught:
        call()
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("SOF202", WHERE)
    return problem.what, problem.fix


ALLOW = "Copy the file into the folder; or run with --allow-files if you trust the recipe."


@pytest.mark.parametrize(
    ("name", "what", "fix"),
    [
        ("tasks.jsnl", "There is no file `tasks.jsnl` in the recipe's folder.", "tasks.jsonl"),
        ("deep.txt", "There is no file `deep.txt` in the recipe's folder.", "seeds/deep.txt"),
    ],
)
def test_a_missing_file(tmp_path: Path, name: str, what: str, fix: str) -> None:
    write(tmp_path, "tasks.jsonl", "{}")
    write(tmp_path, "seeds/deep.txt", "x")
    assert refused(lambda: inside(tmp_path, name, WHERE)) == (what, f"Did you mean `{fix}`?")


@pytest.mark.parametrize("allow_files", [False, True])
def test_what_is_no_file(tmp_path: Path, allow_files: bool) -> None:
    write(tmp_path, "seeds/a.txt", "x")
    for name, what, fix in (
        (
            "seeds",
            "`seeds` is a folder, not a file.",
            "To read the files in it, write `files: seeds/**`.",
        ),
        ("", "The file has no name.", "Name a file in the recipe's folder."),
        ("a\0b", "A name has no NUL.", "Name a file in the recipe's folder."),
        (
            "zzz",
            "There is no file `zzz` in the recipe's folder.",
            "Create it, or correct its name.",
        ),
    ):
        call = refused(lambda name=name: inside(tmp_path, name, WHERE, allow_files=allow_files))
        assert call == (what, fix)
    with pytest.raises(RecipeError):
        inside(tmp_path, "x" * 5000, WHERE, allow_files=allow_files)


def test_files_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "recipe"
    out = write(tmp_path, "out.txt", "secret")
    write(folder, "in.txt", "x")
    absolute = "is an absolute path; a recipe reads only files of its own folder."
    leads = "leads out of the recipe's folder; a recipe reads only what is below it."
    for name, what in (
        (str(out), absolute),
        ("~/x", absolute),
        ("C:\\x", absolute),
        ("\\x", absolute),
        ("../out.txt", leads),
        ("sub/../in.txt", leads),
        ("..\\out.txt", leads),
    ):
        refusal = (f"`{name}` {what}", ALLOW)
        assert refused(lambda name=name: inside(folder, name, WHERE)) == refusal
        assert refused(lambda name=name: matching(folder, name, WHERE)) == refusal
    assert inside(folder, "in.txt", WHERE) == folder / "in.txt"
    assert inside(folder, "../out.txt", WHERE, allow_files=True) == folder / "../out.txt"
    assert inside(folder, str(out), WHERE, allow_files=True) == out


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets few users make links")
def test_links(tmp_path: Path) -> None:
    folder = tmp_path / "recipe"
    write(tmp_path, "out/x.txt", "secret")
    write(folder, "in.txt", "x")
    (folder / "good.txt").symlink_to(folder / "in.txt")
    (folder / "bad.txt").symlink_to(tmp_path / "out" / "x.txt")
    (folder / "out").symlink_to(tmp_path / "out")
    (folder / "loop").symlink_to(folder / "loop")
    os.mkfifo(folder / "pipe.txt")
    assert inside(folder, "good.txt", WHERE) == folder / "good.txt"
    for name in ("bad.txt", "out/x.txt"):
        what = f"`{name}` is a link that leads out of the recipe's folder."
        assert refused(lambda name=name: inside(folder, name, WHERE)) == (what, ALLOW)
        assert inside(folder, name, WHERE, allow_files=True) == folder / name
    with pytest.raises(RecipeError):
        inside(folder, "loop", WHERE)
    call = refused(lambda: inside(folder, "pipe.txt", WHERE))
    assert call == ("`pipe.txt` is not a regular file.", "")
    what = "`bad.txt` is a link that leads out of the recipe's folder."
    assert refused(lambda: matching(folder, "bad*", WHERE)) == (what, ALLOW)
    assert matching(folder, "**/i*.txt", WHERE) == [folder / "in.txt"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("docs/**", ["docs/a.md", "docs/b/c.md", "docs/b/d.txt"]),
        ("docs/**/*.md", ["docs/a.md", "docs/b/c.md"]),
        ("docs/*", ["docs/a.md"]),
        ("**/b/*", ["docs/b/c.md", "docs/b/d.txt"]),
        ("**/[cd].???", ["docs/b/d.txt"]),
        ("**/[!a].md", ["docs/b/c.md"]),
        ("docs/a.md", ["docs/a.md"]),
        ("*.txt", ["z.txt"]),
        ("**/**/**/**/**/**/**/**/**/*.txt", ["docs/b/d.txt", "z.txt"]),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, names: list[str]) -> None:
    for name in ("z.txt", "docs/b/c.md", "docs/a.md", "docs/b/d.txt", ".hidden/x.md", "docs/.y.md"):
        write(tmp_path, name, "x")
    found = matching(tmp_path, pattern, WHERE)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == names
    absolute = matching(tmp_path, f"{tmp_path.as_posix()}/{pattern}", WHERE, allow_files=True)
    assert absolute == found


def test_documents(tmp_path: Path) -> None:
    for suffix in DOCUMENTS:
        if package := missing_package(suffix):
            pytest.skip(f"{package} is not installed (the extra `documents`)")
    path = write(tmp_path, "a.html", "<title>Tea</title><h2>Pots</h2><p>Clay.")
    row = {"text": "## Pots\n\nClay.", "file": "docs/a.html", "title": "Tea"}
    assert read(path, name="docs/a.html", whole=True) == ([(1, row)], [])
    assert peek_seeds(path) == Peek(("text", "file", "title"), (), (), cut=True)
    path = write_pdf(tmp_path / "b.pdf", [["Clay."], ["Iron."]])
    row = {"text": "Clay.\n\nIron.", "file": "b.pdf", "title": "b", "pages": [0, 7, 12]}
    assert read(path) == ([(1, row)], [])
    assert peek_seeds(path) == Peek(("text", "file", "title", "pages"), (), (), cut=True)
    path = write(tmp_path, "c.pdf", "no PDF")
    what = "`c.pdf` is no .pdf file, whatever its name says."
    with pytest.raises(RecipeError) as caught:
        peek_seeds(path)
    assert list(caught.value.problems) == [wrong(path, 1, 1, what, "Is it the right file?")]
    path = write(tmp_path, "d.html", "<script>x</script>")
    what = "The page has no text: scripts may make it in a browser."
    problem = wrong(path, 1, 1, what, "Save what the browser shows.")
    assert read(path) == ([], [problem])


def test_a_pattern_that_matches_nothing(tmp_path: Path) -> None:
    fix = "Check the folder's name; `**` stands for any folders, `*` for any part of a name."
    for pattern in ("docs/*.md", "[z", "**/x"):
        call = refused(lambda pattern=pattern: matching(tmp_path, pattern, WHERE))
        assert call == (f"No file matches `{pattern}`.", fix)


SEEDISH = st.lists(
    st.sampled_from(
        [
            *(b"{", b"}", b"[", b"]", b'"', b":", b",", b"\n", b"\r", b"a", b"1", b"\xe9", b"\0"),
            *(b"\xef\xbb\xbf", b'{"a": 1}', b"a,b\n", b"\\u", b"9" * 30, b"NaN", b"# x", b"\t"),
        ]
    ),
    max_size=25,
).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(TEXT_SUFFIXES),
    st.binary() | SEEDISH,
    st.booleans(),
    st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["integer", "string?", "any"])),
)
def test_any_bytes_are_rows_or_problems(
    tmp_path_factory: pytest.TempPathFactory,
    suffix: str,
    raw: bytes,
    whole: bool,
    columns: dict[str, str],
) -> None:
    path = write(tmp_path_factory.getbasetemp(), f"any{suffix}", raw)
    rows, problems = read(path, columns=columns, whole=whole)
    assert bool(rows) or bool(problems)
    assert all(isinstance(values, dict) for _, values in rows)
    if not problems:
        peeked = peek_seeds(path, rows=10**6, columns=columns, whole=whole)
        assert [row.values for row in peeked.rows] == [values for _, values in rows]


@settings(max_examples=100, deadline=None)
@given(raw=st.binary())
def test_any_bytes_are_no_parquet(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = write(tmp_path_factory.getbasetemp(), "any.parquet", raw)
    rows, problems = read(path)
    assert (rows, len(problems)) == ([], 1)


CELLS = st.text(st.characters(codec="utf-8"), max_size=8)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6))
def test_what_is_written_as_csv_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str]]
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *cells])
    path = write(tmp_path_factory.getbasetemp(), "written.csv", text.getvalue())
    rows, problems = read(path)
    assert [(row["a"], row["b"]) for _, row in rows] == cells
    assert problems == []

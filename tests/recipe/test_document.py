"""YAML files as data with places: what is read, what is refused, and in which words."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from sofrito.problems import Problem, RecipeError, Span
from sofrito.recipe.document import Document, load_document, parse_document

FILE = Path("recipe.yaml")
SKETCHES = Path(__file__).parents[2].parent / "shared" / "language"

RECIPE = """\
recipe: self-instruct   # a comment
steps:
- generate: [input, output]
  sampling: &cool {temperature: 0.7, top_p: 1}
- filter: output
  sampling: *cool
  keep: "output != 'x'"
  prompt: |
    one
    two
axes:
  version: {values: [1.10, 007, "2.0", yes]}
empty:
"""


def problems(text: str, *, path: Path = FILE, mapping: bool = True) -> list[tuple[object, ...]]:
    with pytest.raises(RecipeError) as caught:
        parse_document(path, text, mapping=mapping)
    return [
        (p.code, p.where.line, p.where.column, p.where.length, p.what, p.fix)
        for p in caught.value.problems
    ]


def test_data_is_plain_python() -> None:
    cool = {"temperature": 0.7, "top_p": 1}
    assert parse_document(FILE, RECIPE).data == {
        "recipe": "self-instruct",
        "steps": [
            {"generate": ["input", "output"], "sampling": cool},
            {
                "filter": "output",
                "sampling": cool,
                "keep": "output != 'x'",
                "prompt": "one\ntwo\n",
            },
        ],
        "axes": {"version": {"values": [1.1, "007", "2.0", "yes"]}},
        "empty": None,
    }


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ((), (1, 1, 6), (1, 1, 6)),
        (("recipe",), (1, 9, 13), (1, 1, 6)),
        (("steps",), (3, 1, 1), (2, 1, 5)),
        (("steps", 0), (3, 3, 8), (3, 3, 8)),
        (("steps", 0, "generate"), (3, 13, 15), (3, 3, 8)),
        (("steps", 0, "generate", 1), (3, 21, 6), (3, 21, 6)),
        (("steps", 0, "sampling"), (4, 19, 28), (4, 3, 8)),
        (("steps", 1, "sampling"), (6, 13, 5), (6, 3, 8)),
        (("steps", 1, "sampling", "top_p"), (4, 45, 1), (4, 38, 5)),
        (("steps", 1, "keep"), (7, 9, 15), (7, 3, 4)),
        (("steps", 1, "prompt"), (8, 11, 1), (8, 3, 6)),
        (("empty",), (13, 1, 5), (13, 1, 5)),
        (("steps", 0, "missing"), (3, 3, 8), (3, 3, 8)),
        (("steps", 9, "generate"), (3, 1, 1), (2, 1, 5)),
        (("recipe", "deeper"), (1, 9, 13), (1, 1, 6)),
    ],
)
def test_spans(
    path: tuple[str | int, ...], value: tuple[int, int, int], key: tuple[int, int, int]
) -> None:
    document = parse_document(FILE, RECIPE)
    assert document.span(path) == Span(FILE, *value)
    assert document.key_span(path) == Span(FILE, *key)


def test_a_value_over_several_lines_has_the_length_of_its_first() -> None:
    document = parse_document(FILE, 'a: [x,   # why\n  y]\nb: "one\n  two"\nc: one two\n  three\n')
    assert [document.span((key,)).length for key in "abc"] == [11, 4, 7]


def test_source_is_the_text_as_written() -> None:
    document = parse_document(FILE, RECIPE)
    values = ("axes", "version", "values")
    assert [document.source((*values, at)) for at in range(4)] == ["1.10", "007", "2.0", "yes"]
    assert document.source(("empty",)) == ""
    for path in (values, ("nothing",), ()):
        with pytest.raises(KeyError):
            document.source(path)


def test_traps_are_warnings() -> None:
    text = "a: yes\nb: [Off, 'no']\nc: 007\nd: 1_000\ne: .inf\non: 2024-01-01\nf: 12:30\n"
    document = parse_document(FILE, text)
    assert document.data == {
        "a": "yes",
        "b": ["Off", "no"],
        "c": "007",
        "d": "1_000",
        "e": ".inf",
        "on": "2024-01-01",
        "f": "12:30",
    }

    def trap(line: int, column: int, word: str, fix: str) -> Problem:
        what = f"`{word}` is text here, just as it is written."
        where = Span(FILE, line, column, len(word))
        return Problem("SOF008", where, what, f"{fix}, or put it in quotes.", "warning")

    assert document.warnings == (
        trap(1, 4, "yes", "Write true"),
        trap(2, 5, "Off", "Write false"),
        trap(3, 4, "007", "Write 7"),
        trap(4, 4, "1_000", "Write 1000"),
        trap(5, 4, ".inf", "Write a number that is finite"),
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-12", -12),
        ("+3", 3),
        ("0", 0),
        ("0x1F", 31),
        ("0o17", 15),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("20k", "20k"),
        ("8M", "8M"),
        ("1.2.3", "1.2.3"),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775808", "9223372036854775808"),
        ("1e999", "1e999"),
        ("9" * 5000, "9" * 5000),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("Null", None),
        ("y", "y"),
        ("'1'", "1"),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ("a\tb", "a\tb"),
        ("http://x:1/y#z", "http://x:1/y#z"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    got = parse_document(FILE, f"a: {text}\n").data["a"]
    assert (got, type(got)) == (value, type(value))


def test_keys_are_text_as_written() -> None:
    document = parse_document(FILE, "{1: a, 1.10: b, yes: c, null: d, 007: e}")
    assert document.data == {"1": "a", "1.10": "b", "yes": "c", "null": "d", "007": "e"}
    assert document.warnings == ()


def test_merge_keys_give_way_to_written_ones() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {x: 0, <<: [*a, *b], z: 3}\n"
    document = parse_document(FILE, text)
    assert document.data["c"] == {"x": 0, "y": 1, "z": 3}
    assert document.span(("c", "y")) == Span(FILE, 1, 17, 1)
    assert problems("<<: 3\n") == [
        (
            "SOF009",
            1,
            5,
            1,
            "`<<` takes over the keys of another mapping, and this is none.",
            "Write `<<: *name`, with `&name` at a mapping.",
        )
    ]


def test_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\rc: 3\n")
    document = load_document(path)
    assert (document.data, document.text) == ({"a": 1, "b": 2, "c": 3}, "a: 1\nb: 2\nc: 3\n")
    assert document.key_span(("c",)) == Span(path, 3, 1, 1)


@pytest.mark.parametrize(
    ("line", "column", "value", "fix"),
    [
        ('keep: "a" == b', 7, '"a" == b', """double quotes: `keep: "'a' == b"`."""),
        ("to: '' if x else y", 5, "'' if x else y", """double quotes: `to: "'' if x else y"`."""),
        ("keep: >= 4", 7, ">= 4", 'double quotes: `keep: ">= 4"`.'),
        ("keep: > 4", 7, "> 4", 'double quotes: `keep: "> 4"`.'),
        ("when: * x", 7, "* x", 'double quotes: `when: "* x"`.'),
        ("keep: [x] == y  # why", 7, "[x] == y", 'double quotes: `keep: "[x] == y"`.'),
        ("keep: x == {'a': 1}", 7, "x == {'a': 1}", """double quotes: `keep: "x == {'a': 1}"`."""),
        ("keep: \"a\" + 'b'", 7, "\"a\" + 'b'", """single quotes: `keep: '"a" + ''b'''`."""),
    ],
)
def test_an_expression_that_needs_quotes(line: str, column: int, value: str, fix: str) -> None:
    what = f"YAML cannot read `{value}` as it stands."
    fix = f"Put the whole expression in {fix}"
    assert problems(f"a: 1\n{line}\nb: 2\n") == [("SOF002", 2, column, len(value), what, fix)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "keep: {{ x }}\n",
            (
                "SOF002",
                1,
                7,
                7,
                "YAML reads `{{ x }}` as a mapping in a mapping.",
                "An expression takes no braces: `keep: x`.",
            ),
        ),
        (
            "prompt: {{ a }}\n",
            (
                "SOF002",
                1,
                9,
                7,
                "YAML reads `{{ a }}` as a mapping in a mapping.",
                'Put the whole value in double quotes: `prompt: "{{ a }}"`.',
            ),
        ),
        (
            "keep: {{ x }} == 3\n",
            (
                "SOF002",
                1,
                7,
                12,
                "YAML cannot read `{{ x }} == 3` as it stands.",
                "An expression takes no braces. Put the whole expression in double quotes: "
                '`keep: "x == 3"`.',
            ),
        ),
        (
            "to: *x\n",
            (
                "SOF002",
                1,
                5,
                2,
                "YAML reads `*x` as an alias, and no `&x` is before it.",
                "Write `&x` before the value above that it repeats, or declare a parameter: "
                "`${params.x}`. A text has double quotes.",
            ),
        ),
        (
            "title: *bold*\n",
            (
                "SOF002",
                1,
                8,
                6,
                "YAML reads `*bold*` as an alias, and no `&bold*` is before it.",
                "Put the whole expression in double quotes.",
            ),
        ),
        (
            "steps:\n\n  # first\n  generate: [a, b]\n    prompt: c\n",
            (
                "SOF002",
                4,
                3,
                16,
                "`steps` is a list, and `generate: [a, b]`, which begins an item of it, has no dash.",
                "Write `- generate: [a, b]`.",
            ),
        ),
        (
            "title: It: a story\n",
            (
                "SOF002",
                1,
                8,
                11,
                "YAML cannot read `It: a story` as it stands.",
                'Put the whole value in double quotes: `title: "It: a story"`.',
            ),
        ),
        (
            "a: 1\nrows 500\nb: 2\n",
            (
                "SOF002",
                2,
                1,
                8,
                "`rows 500` has no colon after its key.",
                "Write `rows: 500`; if it goes on with the text above, indent it deeper than that "
                "key.",
            ),
        ),
        (
            "steps:\n  - generate x\n    prompt: y\n",
            (
                "SOF002",
                2,
                5,
                10,
                "`generate x` has no colon after its key.",
                "Write `generate: x`; if it goes on with the text above, indent it deeper than "
                "that key.",
            ),
        ),
        (
            "sampling: {top_p:0.7}\n",
            (
                "SOF002",
                1,
                12,
                9,
                "`top_p:0.7` has no space behind its colon, so YAML reads it as one word.",
                "Write `top_p: 0.7`.",
            ),
        ),
        (
            'title: "abc\nrows: "5"\n',
            (
                "SOF002",
                1,
                8,
                4,
                'The quote " that opens here is not closed on its line.',
                'Close it with "; a " within the text is written \\".',
            ),
        ),
        (
            "title: 'abc\nrows: 5\n",
            (
                "SOF002",
                1,
                8,
                4,
                "The quote ' that opens here is not closed on its line.",
                "Close it with '; a ' within the text is written ''.",
            ),
        ),
        (
            'never: "\\d+"\n',
            (
                "SOF002",
                1,
                10,
                3,
                "In double quotes a backslash begins an escape, and YAML does not know this one.",
                "Use single quotes, or write two backslashes.",
            ),
        ),
        (
            "by: [unique, first\nrows: 5\n",
            (
                "SOF002",
                1,
                5,
                14,
                "The `[` that opens here is not closed.",
                "Close it with `]`, or add the comma that is missing.",
            ),
        ),
        (
            "by: [unique, {first: 5]\n",
            (
                "SOF002",
                1,
                23,
                1,
                "This `]` does not match the `{` at line 1.",
                "Write `}` before it.",
            ),
        ),
        (
            "a: [{where: 'x' == b}]\n",
            (
                "SOF002",
                1,
                17,
                6,
                "There is no comma or `}` before this.",
                "Add it; or put the whole expression in double quotes.",
            ),
        ),
        (
            "steps:\n  - generate: x\n    prompt: y\n   keep: z\n",
            (
                "SOF002",
                4,
                4,
                7,
                "This line's indentation (3) does not fit the lines above it.",
                "Begin it after 2 or 4 spaces.",
            ),
        ),
        (
            "recipe: x\n rows: 5\n",
            (
                "SOF002",
                2,
                2,
                7,
                "`rows: 5` is indented deeper than the key above, so it goes on with its text.",
                "Give it the indentation of the keys it belongs to.",
            ),
        ),
        (
            "prompt: |\nWrite it\n",
            (
                "SOF002",
                2,
                1,
                8,
                "`Write it` is indented no deeper than the key above, so it is not part of its "
                "text.",
                "Indent every line of the text by two spaces.",
            ),
        ),
        (
            "a: 1\nb: 2\na: 3\n",
            (
                "SOF003",
                3,
                1,
                1,
                "`a` appears twice in this mapping, also at line 1.",
                "Remove one of the two.",
            ),
        ),
        (
            "# nothing\n",
            (
                "SOF004",
                1,
                1,
                1,
                "The file is empty.",
                "Begin with `recipe: NAME`, then `seeds:`, `steps:`, `output:`.",
            ),
        ),
        (
            "- a\n",
            (
                "SOF004",
                1,
                1,
                1,
                "The file is a list; a recipe is a mapping of keys.",
                "Begin with `recipe: NAME`, then `seeds:`, `steps:`, `output:`.",
            ),
        ),
        (
            "a:\n\tb: 1\n\tc: 2\n",
            (
                "SOF006",
                2,
                1,
                1,
                "This line is indented with a tab (and 1 more below); YAML indents with spaces "
                "only.",
                "Replace each tab by two spaces (editors call it: convert indentation to spaces).",
            ),
        ),
        (
            "a: &a [*a]\n",
            (
                "SOF007",
                1,
                8,
                2,
                "`*a` stands for a value that it is itself a part of.",
                "Write out what is meant.",
            ),
        ),
        (
            "a: !!python/object:os.system x\n",
            (
                "SOF009",
                1,
                4,
                25,
                "YAML reads `!!python/object:os.system` as a tag, and recipes have none.",
                "Remove it, or put the whole value in double quotes.",
            ),
        ),
        (
            "a: 1\n---\nb: 2\n",
            (
                "SOF009",
                2,
                1,
                3,
                "A second YAML document begins here; a recipe is one.",
                "Remove the line, or keep the second document in a file of its own.",
            ),
        ),
        (
            "%YAML 1.1\n---\na: 1\n",
            (
                "SOF009",
                1,
                1,
                9,
                "A line that starts with % is a YAML directive, and recipes have none.",
                "Remove the line.",
            ),
        ),
        (
            "? [a]\n: b\n",
            (
                "SOF009",
                1,
                3,
                3,
                "A key must be plain text; this one is a list or a mapping.",
                "If it is meant as text, put it in double quotes.",
            ),
        ),
    ],
)
def test_a_problem_in_the_words_of_the_writer(text: str, expected: tuple[object, ...]) -> None:
    assert problems(text) == [expected]


def test_every_problem_at_once() -> None:
    text = 'keep: "a" == b\nwhen: "c" == d\nrows 500\nx: yes\nx: 1\ny: {{ z }}\n'
    found = [(code, line, column) for code, line, column, *_ in problems(text)]
    assert found == [
        ("SOF002", 1, 7),
        ("SOF002", 2, 7),
        ("SOF002", 3, 1),
        ("SOF008", 4, 4),
        ("SOF003", 5, 1),
        ("SOF002", 6, 4),
    ]


def test_plain_text_in_a_file_of_another_kind() -> None:
    assert problems("just words\n", path=Path("notes.txt")) == [
        (
            "SOF004",
            1,
            1,
            10,
            "The file is plain text; a recipe is a mapping of keys.",
            "`notes.txt` does not look like a recipe: pass its .yaml file.",
        )
    ]


def test_other_top_levels_where_they_are_allowed() -> None:
    assert parse_document(FILE, "- a\n- b\n", mapping=False).data == ["a", "b"]
    assert parse_document(FILE, "", mapping=False).data is None


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)
DEEP = "more than 100 levels, one in another"


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        (BOMB, "more than 100,000 values, once its aliases are expanded", 5),
        ("a: " + "[" * 100_000, DEEP, 1),
        ("a: " + "[" * 101 + "]" * 101, DEEP, 1),
        ("- " * 5000, DEEP, 1),
        ("\n".join(" " * n + "a:" for n in range(3000)), DEEP, 101),
        ("a: [" + "1," * 100_001 + "]", "more than 100,000 values", 1),
    ],
)
def test_limits(text: str, what: str, line: int) -> None:
    found = problems(text)
    fix = "Keep rows in a seed file (.jsonl), which has no such limit."
    if what == DEEP:
        fix = "Is a bracket not closed? No recipe needs so many."
    assert [(code, at, *words) for code, at, _, _, *words in found] == [
        ("SOF007", line, f"The file holds {what}.", fix)
    ]


def test_the_deepest_that_is_allowed() -> None:
    value = parse_document(FILE, "a: " + "[" * 99 + "]" * 99).data["a"]
    depth = 0
    while value:
        value, depth = value[0], depth + 1
    assert depth == 98


def read_problem(path: Path) -> tuple[object, ...]:
    with pytest.raises(RecipeError) as caught:
        load_document(path)
    (p,) = caught.value.problems
    return (p.code, p.where, p.what, p.fix)


@pytest.mark.parametrize(
    ("raw", "line", "column", "what"),
    [
        (
            b"a: 1\nb: x\xc3\xa9\xe9\n",
            2,
            6,
            "The byte 0xE9 is not UTF-8; in Windows' encoding it is `\u00e9`.",
        ),
        (
            b"a: 1\n\n  \0",
            3,
            3,
            "The file has a NUL byte: it is UTF-16 text, or no text at all.",
        ),
        (
            b"a: \x07",
            1,
            4,
            "The file has the control character U+0007, which YAML does not allow.",
        ),
        ("a: 1".encode("utf-16"), 1, 1, "The file is UTF-16 text."),
        ("a: 1".encode("utf-32"), 1, 1, "The file is UTF-32 text."),
    ],
)
def test_bytes_that_are_no_text(
    tmp_path: Path, raw: bytes, line: int, column: int, what: str
) -> None:
    path = tmp_path / "r.yaml"
    path.write_bytes(raw)
    where = Span(path, line, column)
    assert read_problem(path) == ("SOF005", where, what, "Save the file as UTF-8 text.")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("recipe: x")
    path = tmp_path / "recpie.yaml"
    what = f"There is no file `{path}`."
    assert read_problem(path) == ("SOF001", Span(path), what, "Did you mean `recipe.yaml`?")
    lost = tmp_path / "no" / "recipe.yaml"
    what = f"There is no file `{lost}`."
    fix = f"There is no folder `{tmp_path / 'no'}` either: check the path."
    assert read_problem(lost) == ("SOF001", Span(lost), what, fix)
    (tmp_path / "c7nospace.yaml").write_text("recipe: x")
    nope = tmp_path / "nope.yaml"
    what = f"There is no file `{nope}`."
    assert read_problem(nope) == ("SOF001", Span(nope), what, "Check the path.")


def test_a_folder(tmp_path: Path) -> None:
    what = f"The folder `{tmp_path}` has no recipe.yaml."
    fix = "Pass a recipe's file."
    assert read_problem(tmp_path) == ("SOF001", Span(tmp_path), what, fix)
    (tmp_path / "b.yml").write_text("recipe: b")
    (tmp_path / "a.yaml").write_text("recipe: a")
    fix = "Pass one of its files: a.yaml, b.yml."
    assert read_problem(tmp_path) == ("SOF001", Span(tmp_path), what, fix)
    (tmp_path / "recipe.yaml").write_text("recipe: c")
    document = load_document(tmp_path)
    assert (document.path, document.data) == (tmp_path / "recipe.yaml", {"recipe": "c"})


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    odd = Path("a\0b")
    what = f"`{odd}` cannot be read: embedded null byte."
    assert read_problem(odd) == ("SOF001", Span(odd), what, "")
    large = tmp_path / "large.yaml"
    large.write_bytes(b"a: 1\n" * 2_000_001)
    what = "The file is larger than 10 MB, which no recipe is."
    fix = "Keep rows in a seed file (.jsonl), which has no such limit."
    assert read_problem(large) == ("SOF007", Span(large), what, fix)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    what = f"`{pipe}` cannot be read: it is not a regular file."
    assert read_problem(pipe) == ("SOF001", Span(pipe), what, "")


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="this user may read any file"
)
def test_a_file_of_others(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("a: 1")
    path.chmod(0)
    what, fix = f"You may not read `{path}`.", f"Allow it: chmod u+r {path}"
    assert read_problem(path) == ("SOF001", Span(path), what, fix)


@pytest.mark.skipif(not SKETCHES.exists(), reason="the sketches are not beside the project")
def test_the_sketches_of_the_language_are_read() -> None:
    read = [load_document(path) for path in sorted(SKETCHES.glob("*.yaml"))]
    assert [next(iter(document.data)) for document in read] == [
        "flywheel" if document.path.stem == "flywheel" else "recipe" for document in read
    ]
    assert [document.warnings for document in read] == [()] * len(read)


PIECES = st.sampled_from(
    [
        *(
            "a",
            "b: ",
            "- ",
            "\n",
            "\n  ",
            "\n    ",
            '"x"',
            "'y'",
            "{",
            "}",
            "[",
            "]",
            ", ",
            ":",
            "#",
        ),
        *(" ", "\t", "? ", "> ", "c d", "1.10", "007", "&a ", "*a", "---\n", "...\n", "{{ ", "}}"),
        *('"\\u', "%", "@", "!t ", "<<: ", "\ufeff", "\u2028", "\x85", "\ud7ff", '"', "'", "|\n"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=20).map("".join) | st.text())
def test_any_text_is_a_document_or_a_problem(text: str) -> None:
    try:
        document = parse_document(FILE, text, mapping=False)
    except RecipeError as error:
        found = error.problems
    else:
        assert isinstance(document, Document)
        found = document.warnings
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for problem in found:
        assert problem.what
        assert 1 <= problem.where.line <= len(lines)
        assert 1 <= problem.where.column <= len(lines[problem.where.line - 1]) + 1


@settings(max_examples=200, deadline=None)
@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_document_or_a_problem(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(raw)
    try:
        document = load_document(path)
    except RecipeError:
        return
    assert isinstance(document.data, dict)


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_what_ruamel_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, data: dict[str, object]
) -> None:
    path = tmp_path_factory.getbasetemp() / "written.yaml"
    writer = YAML(typ="safe", pure=True)
    # ruamel itself cannot read the `{:a: b}` that it may write
    writer.default_flow_style = False
    with path.open("w", encoding="utf-8") as file:
        writer.dump(data, file)
    assert load_document(path).data == data

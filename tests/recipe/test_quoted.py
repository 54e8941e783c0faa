"""Texts as quoted scalars of YAML: whatever they hold, they are read back as they were."""

from pathlib import Path

import pytest

from sofrito.recipe.document import parse_document
from sofrito.recipe.file_text import decode
from sofrito.recipe.quoted import quoted


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", '"plain"'),
        ('a "b" \\', '"a \\"b\\" \\\\"'),
        ("two\nlines\t.", '"two\\nlines\\t."'),
        ("\x00\x7f\x85\x92\ufffe\uffff", '"\\u0000\\u007f\\u0085\\u0092\\ufffe\\uffff"'),
        ("\u2028\u202e\ufeff\U000e0041🙂", '"\\u2028\\u202e\\ufeff\\U000e0041🙂"'),
        ("क्\u200dष, می\u200cخواهم", '"क्\u200dष, می\u200cخواهم"'),
    ],
)
def test_what_does_not_print_is_escaped_and_read_back(text: str, written: str) -> None:
    assert quoted(text) == written
    file = decode(Path("a.yaml"), f"{written}: {written}\n".encode())
    document = parse_document(Path("a.yaml"), file)
    assert (document.data, document.warnings) == ({text: text}, ())

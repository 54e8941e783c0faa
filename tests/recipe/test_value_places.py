"""Where a place inside a text of the recipe stands, whatever style YAML has it in."""

from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    LiteralScalarString,
    SingleQuotedScalarString,
)

from sofrito.problems import RecipeError
from sofrito.recipe.document import parse_document
from sofrito.recipe.places import Places
from sofrito.recipe.value_places import span_inside

FILE = Path("recipe.yaml")


def pointed(raw: str) -> tuple[int, int, str] | None:
    """Return the line and column of the last `mood` in the text `p`, and what stands there."""
    document = parse_document(FILE, raw)
    text = document.data["p"]
    span = span_inside(Places(document), ("p",), text, text.rfind("mood"), 4)
    if span is None:
        return None
    line = raw.split("\n")[span.line - 1]
    return span.line, span.column, line[span.column - 1 : span.column + 3]


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ("p: plain {{ mood }}", (1, 13, "mood")),
        ("p: plain that\n  goes on\n\n  {{ mood }}", (4, 6, "mood")),
        ("p: 'it''s {{ mood }}'", (1, 14, "mood")),
        ("p: 'folded\n\n\n   {{ mood }}'", (4, 7, "mood")),
        (r'p: "\"a\" \\ \t caf\u00e9 \U0001F600 \x41 {{ mood }}"', (1, 46, "mood")),
        ('p: "one \\\n    two\\n\n   {{ mood }}"', (3, 7, "mood")),
        ("p: |\n  one mood\n\n    two {{ mood }}\n", (4, 12, "mood")),
        ("p: |2-   # a comment\n   one\n  {{ mood }}", (3, 6, "mood")),
        ("p: >+\n  folded\n  text {{ mood }}\n\n", (3, 11, "mood")),
        ("q: &same has {{ mood }}\np: *same", None),
    ],
)
def test_points_at_the_word(raw: str, place: tuple[int, int, str] | None) -> None:
    assert pointed(raw) == place


@given(
    text=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")))
    | st.text(" \n'\"\\:#-|>&*!{}ab"),
    style=st.sampled_from(["'", '"', "|", ">", None]),
)
def test_never_points_at_another_character(text: str, style: str | None) -> None:
    styles = {
        "'": SingleQuotedScalarString,
        '"': DoubleQuotedScalarString,
        "|": LiteralScalarString,
        ">": FoldedScalarString,
        None: str,
    }
    out = StringIO()
    YAML().dump({"p": styles[style](f"{text}mood")}, out)
    try:
        place = pointed(out.getvalue())
    except RecipeError:  # what the writer makes is not always a recipe's YAML
        reject()
    assert place is None or place[2] == "mood"

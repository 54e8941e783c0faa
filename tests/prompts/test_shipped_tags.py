"""No text that a shipped prompt puts between tags can end them."""

import re
from pathlib import Path

import pytest

from sofrito.recipe.expressions import environment
from sofrito.shipped import shipped

TAGGED = re.compile(r"<(\w+)>\n\{\{ (.+?) \}\}\n</\1>")
FOUND = [
    pytest.param(tag, shown, id=f"{file.parent.name}/{file.name}:{tag}")
    for folder in (shipped("prompts"), shipped("recipes"))
    for file in sorted(Path(folder).rglob("*.j2"))
    if file.parent.name != "operators"  # what they show is what comes back, and stays as it is
    for tag, shown in TAGGED.findall(file.read_text(encoding="utf-8"))
    if not shown.startswith("said(")  # a macro: the judge's tests show what it makes
]


@pytest.mark.parametrize(("tag", "shown"), FOUND)
def test_a_text_cannot_end_its_tags(tag: str, shown: str) -> None:
    text = f"a</{tag}>b"
    name = shown.partition(" |")[0]
    values = {name: text} if name.isidentifier() else {"shots": [{"text": text}]}
    assert environment().from_string(f"{{{{ {shown} }}}}").render(values) == f"a&lt;/{tag}>b"


def test_there_are_such_texts() -> None:
    assert len(FOUND) >= 6

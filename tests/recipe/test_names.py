"""What a name may be: letters of every script, in Python as in an editor."""

import re

import pytest

from sofrito.recipe.field_types import FIELD, NAME

NAMES = ["a", "_b2", "höhe", "Ångström", "вопрос", "質問", "질문", "سؤال", "प्रश्न", "ª", "naïve_1"]
NONE = ["", "2a", "a b", "a-b", "a.b", "a–b", "«a»", "a…", "a×b", "€a", "→a", "「a」", "a\u00a0b"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name(name: str) -> None:
    assert re.search(NAME, name)
    assert re.search(FIELD, f"{name}.{name}")


@pytest.mark.parametrize("text", NONE)
def test_no_name(text: str) -> None:
    assert not re.search(NAME, text)
    assert not re.search(FIELD, "a..b" if text == "a.b" else f"a.{text}")


def test_every_identifier_of_python_is_a_name() -> None:
    letters = [chr(code) for code in range(0x110000) if chr(code).isidentifier()]
    assert [one for one in letters if not re.search(NAME, one)] == []
    signs = [chr(code) for code in range(128) if not chr(code).isidentifier()]
    assert [one for one in signs if re.search(NAME, one)] == []

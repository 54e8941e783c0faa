"""The least size of a prompt, counted in words."""

from pathlib import Path

import pytest

from sofrito.recipe.prompt_size import PromptSize
from sofrito.recipe.sources import TemplateSources


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("", 0),
        ("one two  three\nfour", 4),
        ("one {{ text }} two", 9),
        ("one {{ other }} {{ text | upper }}", 1),
        ("one {{ text | trim | untag('a') }}", 8),
        ("{{ 'two words' }}", 2),
        ("{# not a word #}one", 1),
        ("{% if text %}one two{% elif other %}one two three{% else %}one{% endif %}", 3),
        ("{% if text %}one two{% endif %}", 2),
        ("{% for shot in shots %}one two {{ shot.text }}{% endfor %}end", 7),
        ("{% for word in text.split() %}one{% endfor %}", 0),
        ("{% include 'part.j2' %} one", 5),
        ("{% include 'part.j2' if text else 'gone.j2' %}", 0),
        ("{% include 'circle.j2' %}", 20),
        ("{% with mood = text %}one{% endwith %}", 1),
        ("{% if %}", 0),
        ("gone.j2", 0),
        ("part.j2", 4),
    ],
)
def test_counts_what_is_certain(tmp_path: Path, template: str, words: int) -> None:
    (tmp_path / "part.j2").write_text("a part of four", encoding="utf-8")
    (tmp_path / "circle.j2").write_text("x {% include 'circle.j2' %}", encoding="utf-8")
    size = PromptSize(TemplateSources(tmp_path), {"text": 7}, shots=3)
    assert size.words(template) == words

"""Where the words of templates stand, and which of them nothing in the template sets."""

import pytest

from sofrito.recipe.expressions import environment, parsed_expression
from sofrito.recipe.template_tree import exported, stored
from sofrito.recipe.template_words import Word, first_free, words_of


def test_words_have_a_role_and_a_place() -> None:
    text = "mood {# mood #}\n  {% if mood is odd %}{{ a.mood | mood }}{{ b['mood'] }}{% endif %}"
    found = [word for word in words_of(text, expression=False) if word.text == "mood"]
    assert found == [
        Word("name", "mood", 24, 2),
        Word("field", "mood", 43, 2, "a"),
        Word("filter", "mood", 50, 2),
        Word("text", "mood", 63, 2, "b"),
    ]
    assert all(text[word.offset :].startswith("mood") for word in found)


@pytest.mark.parametrize(
    "text",
    [
        "a\n\n{%- if b -%}\n  {{- c -}}\n{% endif %}\n\n{{ d }}\n",
        "  {% set a = b %}  \n  {{ c }} é {{ d }}",
    ],
)
def test_places_are_those_of_the_text_as_written(text: str) -> None:
    for word in words_of(text, expression=False):
        assert text[word.offset : word.offset + len(word.text)] == word.text
        assert word.line == text.count("\n", 0, word.offset) + 1


def test_an_expression_has_words_too() -> None:
    assert words_of("a.b > 1 and not c is not odd", expression=True) == [
        Word("name", "a", 0, 1),
        Word("field", "b", 2, 1, "a"),
        Word("name", "and", 8, 1),
        Word("name", "not", 12, 1),
        Word("name", "c", 16, 1),
        Word("name", "is", 18, 1),
        Word("test", "not", 21, 1),
        Word("test", "odd", 25, 1),
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("{{ x }}", 0),
        ("{% for x in y %}{{ x }}{% endfor %}{{ x }}", 2),
        ("{% for y in x %}{{ y }}{% endfor %}", 0),
        ("{% for y in z %}{{ y }}{% else %}{{ x }}{% endfor %}", 0),
        ("{% set x = 1 %}{{ x }}", 0),  # all are set: the first will do
        ("{% set x = x %}", 1),
        ("{% macro m(x) %}{{ x }}{% endmacro %}{{ m(x) }}", 2),
        ("{% with x = 1 %}{{ x }}{% endwith %}{{ x }}", 2),
        ("{% if a %}{% set x = 1 %}{% endif %}{{ y }}{{ x }}", 0),
    ],
)
def test_the_first_use_that_nothing_sets(text: str, number: int) -> None:
    assert first_free(environment().parse(text), "x") == (number, 1)


def test_what_a_template_sets_and_what_others_may_import() -> None:
    text = (
        "{% macro bold(t) %}{% set inner = 1 %}{% endmacro %}{% set tone = 'calm' %}"
        "{% import 'a.j2' as tools %}{% from 'b.j2' import one, two as three %}"
        "{% if tone %}{% set maybe = 1 %}{% endif %}{% set _own = 1 %}"
    )
    tree = environment().parse(text)
    assert exported(tree) == {"bold", "tone", "tools", "one", "three", "maybe"}
    assert stored(tree) == {*exported(tree), "t", "inner", "_own"}
    assert stored(parsed_expression("a and b")) == set()

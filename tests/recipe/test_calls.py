"""Calls in templates and expressions: what is said of wrong ones, before a run and in it."""

import pytest

from sofrito.recipe.check_types import misused
from sofrito.recipe.expressions import ExpressionError, environment, expression, failure
from sofrito.recipe.value_types import Values, ValueType
from sofrito.recipe.value_uses import FAIL

KNOWN = {
    "question": Values("text"),
    "gold": Values("number"),
    "tags": Values("list", items="text"),
    "d": Values("record"),
    "flag": Values("boolean"),
}
ROW = {"question": "Why?", "gold": 4, "tags": ["a", "b"], "d": {"k": 1}, "flag": True}
WRONG = {
    "{{ question | upper(3) }}": "`upper` has 1 option too many",
    "{{ question | replace('a') }}": "`replace` lacks `new`",
    "{{ question.replace('a') }}": "`replace` has 1 option too few",
    "{{ question is divisibleby }}": "`divisibleby` lacks `num`",
    "{{ gold is eq(1, 2) }}": "`eq` has 1 option too many",
    "{{ question | length(2) }}": "`length` has 1 option too many",
    "{{ question | trim(x=1) }}": "`trim` has no option `x`",
    "{{ question | truncate(255, length=3) }}": "`truncate` has its option `length` twice",
    "{{ question.upper(3) }}": "`upper` has 1 option too many",
    "{{ question.count() }}": "`count` has 1 option too few",
    "{{ question.replace('a', 'b', x=1) }}": "`replace` takes no options by name",
    "{{ question.split(y=3) }}": "`split` has no option `y`",
    "{{ tags | batch }}": "`batch` lacks `linecount`",
    "{{ tags | map('replace', 'a') | list }}": "`replace` lacks `new`",
    "{{ tags.index() }}": "`index` has 1 option too few",
    "{{ d.items(3) }}": "`items` has 1 option too many",
    "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(1, 2) }}": "the macro `m` takes at most 1 option",
    "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(y=2) }}": "the macro `m` has no option `y`",
    "{% macro m(x) %}{{ x }}{% endmacro %}{{ m() }}": "parameter 'x' was not provided",
    "{{ question() }}": "a text cannot be called: no `()`",
    "{% for a in 5 %}{% endfor %}": "a number is no list",
    "{% for a in gold %}{% endfor %}": "a number is no list",
    "{% set question = 5 %}{{ question.upper() }}": "a number has no field `upper`",
    "{{ [1, question] | sort }}": "`<` cannot compare a text with a number",
}
RIGHT = """\
{{ question | replace('a', new='b') }}{{ question | replace(*tags) }}{{ 'x' | default(1) }}
{% macro m(x) %}{{ x is defined }}{% endmacro %}{{ m() }}
{% macro m(x) %}{{ x | default(1) }}{% endmacro %}{{ m() }}
{% macro m(x, y=2) %}{{ x }}{{ y }}{% endmacro %}{{ m(1) }}{{ m(x=1) }}{{ m(1, y=3) }}
{% macro m(x) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, z=3) }}
{% macro m(a, b) %}{{ b }}{% endmacro %}{{ m(b=3) }}
{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}x{% endcall %}
{% macro m(x) %}{% if x %}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(3) }}
{% set question = question | length %}{{ question | round }}
{% set tags = tags | join(', ') %}{{ tags | upper }}{{ tags.upper() }}
{% if flag %}{% set question = 5 %}{% endif %}{{ question | round }}
{% for question in tags %}{{ question.upper() }}{% endfor %}{{ question.upper() }}
{% for question in [1, 2] %}{{ question | round }}{% endfor %}
{% if gold is iterable %}{% for a in gold %}{% endfor %}{% endif %}
{{ tags | map('default', 'x') | join }}{{ tags | reject('eq', 'a') | list }}
{{ [1, flag] | sort }}{{ [1, 2.5] | max }}{{ ['a', question] | sort }}
{{ tags.index('a', 0) }}{{ d.get('a', 3) }}{{ d.items() | list }}{{ dict(a=1) }}
{{ question.count('W', 1) }}{{ question.split(maxsplit=1) }}{{ question.startswith('W') }}
{{ '%s %s' | format(question, 3) }}{{ question | truncate(9, true, '', 0) }}
{% macro show() %}{{ question }}{% endmacro %}{% set question = 5 %}{{ show() }}
{{ gold is divisibleby 3 }}{{ gold is divisibleby(3) }}{{ gold is eq 3 }}
"""
SAMPLES: dict[ValueType, list[object]] = {
    "text": ["a", "12", ""],
    "number": [1, 2.5, -3],
    "boolean": [True],
    "list": [["a"], [1], []],
    "record": [{"k": 1}, {}],
}
NEEDED = {"batch": "(2)", "slice": "(2)", "groupby": "('k')", "map": "('upper')"}


@pytest.mark.parametrize(("template", "words"), WRONG.items())
def test_a_wrong_call_is_told_before_the_run_and_by_name_in_it(template: str, words: str) -> None:
    found = [one.fails for one in misused(environment().parse(template), KNOWN)]
    assert found == [True]
    with pytest.raises(Exception) as raised:  # noqa: PT011  what Jinja and Python raise
        environment().from_string(template).render(ROW)
    assert failure(raised.value).words == words


@pytest.mark.parametrize("template", RIGHT.splitlines())
def test_nothing_is_said_of_what_may_be(template: str) -> None:
    assert [one.what for one in misused(environment().parse(template), KNOWN)] == []


@pytest.mark.parametrize("name", FAIL)
def test_filters_fail_on_the_types_they_are_said_to_fail_on(name: str) -> None:
    source = f"value | {name}{NEEDED.get(name, '')}"
    for kind in FAIL[name]:
        for value in SAMPLES[kind]:
            with pytest.raises(ExpressionError):
                expression(f"{source} | list" if name == "items" else source)({"value": value})

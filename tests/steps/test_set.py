from pathlib import Path
from typing import Any

import pytest
from desk import operation_of, row_of, step_of, worked
from pydantic import ValidationError

from sofrito.steps.work import Map


@pytest.mark.parametrize(
    ("to", "value"),
    [
        ("a ~ '-' ~ b", "x-3"),
        ("a ~ null_", "x"),
        ("b + 1", 4),
        ("b > 2", True),
        ("[a, b]", ["x", 3]),
        ("(a, b)", ["x", 3]),
        ("['p', 'q'] | map('upper')", ["P", "Q"]),
        ("{'k': a}", {"k": "x"}),
        ("text | last_number", "42"),
        ("none", None),
        ("b / 2", 1.5),
    ],
)
def test_a_column_is_the_value_of_an_expression(to: str, value: Any) -> None:
    row = row_of(a="x", b=3, text="It is 42.", null_=None)
    done = worked(step_of(set="c", to=to), row)
    assert done.outcome == [row.having({"c": value})]


def test_a_column_may_be_rewritten() -> None:
    assert worked(step_of(set="a", to="a ~ a"), row_of(a="x")).values == [{"a": "xx"}]


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("nobody", "'nobody' is undefined"),
        ("a.b", "a text has no field `b`"),
        ("b / 0", "something is divided by 0"),
        ("a.upper", "`upper` is not a value: to call it, write `upper()`"),
        ("2 ** 100", "it makes a whole number of more than 64 bits"),
        ("b * 1e308 * 10", "it makes a number that is infinite or none at all"),
        ("{1: 2}", "it makes a mapping with the key 1, which is no text"),
    ],
)
def test_an_expression_that_fails_fails_the_row(to: str, words: str) -> None:
    done = worked(step_of(set="c", to=to), row_of(a="x", b=3))
    assert done.lost == [("failed", "expression", f"{to}: {words}")]


def test_a_column_is_a_rendered_file(tmp_path: Path) -> None:
    (tmp_path / "card.j2").write_text("{{ a }}:\n{% for x in b %}{{ x }},{% endfor %}\n")
    step = step_of(set="c", to_file="card.j2")
    assert worked(step, row_of(a="x", b=[1, 2]), folder=tmp_path).values == [
        {"a": "x", "b": [1, 2], "c": "x:\n1,2,"}
    ]
    lost = worked(step, row_of(a="x"), folder=tmp_path).lost
    assert lost == [("failed", "template", "card.j2, line 2: 'b' is undefined")]


def test_what_a_step_tells_of_itself() -> None:
    step = step_of(set="c", to="a")
    assert (step.label, step.rewrites(), step.makes()) == ("set c", ("c",), ())
    assert (step.expressions(), step.templates()) == ({("to",): "a"}, {})
    assert step_of(set="c", to_file="a.j2").templates() == {("to_file",): "a.j2"}
    operation = operation_of(step)
    assert isinstance(operation, Map)
    assert operation.nulls == ("c",)


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        ({"set": ["a", "b"], "to": "1"}, "clash", "`set` sets one column, not several"),
        ({"set": "a"}, "missing", "`set` needs either `to` or `to_file`"),
        ({"set": "a", "to": "1", "to_file": "a.j2"}, "clash", "`set` has `to` and `to_file`"),
    ],
)
def test_what_cannot_be_meant_is_refused(said: dict[str, Any], kind: str, words: str) -> None:
    with pytest.raises(ValidationError) as error:
        step_of(**said)
    assert [(one["type"], one["msg"]) for one in error.value.errors()] == [(kind, words)]

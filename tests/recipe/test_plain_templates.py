"""Templates that need no compiling: each compiles, and its free names are those that Jinja finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateSyntaxError
from jinja2.meta import find_undeclared_variables

from sofrito.recipe.expressions import environment, parse_expression
from sofrito.recipe.front_matter import without_head
from sofrito.recipe.plain_templates import free_names, is_plain
from sofrito.shipped import shipped

NAMES = st.sampled_from(["a", "b", "loop", "range", "class", "ä"])
VALUES = st.recursive(
    NAMES | st.sampled_from(["1", "'x'", "none", "1e999", "[]", "{}"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"[{two[0]}, {two[1]}]"),
        st.tuples(inner, inner).map(lambda two: f"{{{two[0]}: {two[1]}}}"),
        st.tuples(inner, st.sampled_from("+-*/~"), inner).map(" ".join),
        st.tuples(inner, st.sampled_from(["and", "or", "in", "<", "=="]), inner).map(" ".join),
        st.tuples(inner, inner, inner).map(lambda three: "({} if {} else {})".format(*three)),
        inner.map(lambda one: f"(not {one})"),
        inner.map(lambda one: f"{one}.field[1:]"),
        inner.map(lambda one: f"({one} | trim | join(', '))"),
        inner.map(lambda one: f"({one} is defined)"),
        st.tuples(inner, inner).map(lambda two: f"{two[0]}.get({two[1]}, b={two[0]})"),
        st.tuples(inner, inner).map(lambda two: f"a.get(b={two[0]}, b={two[1]})"),
        inner.map(lambda one: f"a.get(*{one})"),
    ),
    max_leaves=8,
)
TEXTS = st.recursive(
    VALUES.map("{{{{ {} }}}}".format) | st.just("text"),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(VALUES, inner, inner).map(
            lambda three: "{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format(*three)
        ),
        st.tuples(NAMES, VALUES, VALUES, inner, inner).map(
            lambda five: "{{% for {} in {} if {} %}}{}{{% else %}}{}{{% endfor %}}".format(*five)
        ),
        st.tuples(NAMES, NAMES, VALUES, inner).map(
            lambda four: "{{% for {}, {} in {} recursive %}}{}{{% endfor %}}".format(*four)
        ),
        st.tuples(NAMES, VALUES, inner).map(lambda three: "{{% set {} = {} %}}{}".format(*three)),
    ),
    max_leaves=8,
)


def held(text: str) -> bool:
    """Compare with Jinja where a template is plain, and say whether it is."""
    env = environment()
    tree = env.parse(text)
    if not is_plain(tree):
        return False
    env.compile(text)
    assert free_names(tree) - env.globals.keys() == find_undeclared_variables(tree)
    return True


@given(TEXTS)
def test_what_is_plain_compiles_and_reads_what_jinja_finds(text: str) -> None:
    held(text)


@given(VALUES)
def test_expressions_as_well(source: str) -> None:
    tree = parse_expression(source)
    if is_plain(tree):
        environment().compile_expression(source)
        assert free_names(tree) - environment().globals.keys() == find_undeclared_variables(tree)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Write of {{ topic | upper }}.", True),
        (
            "{% for a, b in several if a %}{{ loop.index }}{{ a }}{% else %}{{ b }}{% endfor %}",
            True,
        ),
        ("{{ a.b(c=1, c=2) }}", False),
        ("{{ a.b(*c) }}", False),
        ("{% for loop in several %}{% endfor %}", False),
        ("{% set a = 1 %}", False),
        ("{% include 'a.j2' %}", False),
        ("{% filter upper %}x{% endfilter %}", False),
        ("{% for a in b %}" * 9 + "{% endfor %}" * 9, True),
        ("{% for a in b %}" * 30 + "{% endfor %}" * 30, False),
        ("{{ " + "[" * 40 + "]" * 40 + " }}", False),
    ],
)
def test_what_is_plain(text: str, plain: bool) -> None:
    assert held(text) == plain


def test_what_is_shipped() -> None:
    folders = shipped("prompts"), shipped("recipes")
    files = [file for folder in folders for file in sorted(folder.rglob("*.j2"))]
    plain = [held(without_head(file.read_text(encoding="utf-8"))) for file in files]
    assert sum(plain) > len(plain) / 2


@pytest.mark.parametrize("more", [".b", " | trim", " + 1", " and b", " ~ b ~ c | trim"])
def test_what_is_parsed_as_nested_too_deeply_is_refused(more: str) -> None:
    for times in (400, 4000):
        if "~" in more:
            parse_expression("a" + more * times)  # `~` joins any number on one level
            continue
        for parse, text in ((environment().parse, "{{{{ {} }}}}"), (parse_expression, "{}")):
            with pytest.raises(TemplateSyntaxError, match="nested too deeply"):
                parse(text.format("a" + more * times))

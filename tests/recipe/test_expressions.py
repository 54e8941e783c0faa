import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sofrito.recipe.expressions import (
    ExpressionError,
    TemplateSyntaxError,
    environment,
    expression,
    expression_names,
    known_words,
    last_number,
    names_used,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("So it is 1,200 + 34.\n#### 1,234.", "1234"),
        ("#### -5", "-5"),
        ("A: 7", "7"),
        ("It costs $3.50.", "3.50"),
        ("from 10 to 12,5 or 1,000,000", "1000000"),
        ("temperature: −4.5 degrees", "-4.5"),
        ("pages 3-5", "5"),
        ("GPT-4", "4"),
        ("5 - 3 = 2", "2"),
        ("x=-3", "-3"),
        ("12, 13,", "13"),
        ("3 apples", "3"),
        ("none at all", ""),
        ("", ""),
        (None, ""),
        (42, "42"),
        (-1.5, "-1.5"),
        ([1, 2], "2"),
    ],
)
def test_the_last_number(text: Any, number: str) -> None:
    assert last_number(text) == number


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("a</answer>b", "a&lt;/answer>b"),
        ("</answer_A>\n<answer_B>", "&lt;/answer_A>\n&lt;answer_B>"),
        ("</ANSWER_2><Answer x=1>", "&lt;/ANSWER_2>&lt;Answer x=1>"),
        ("< / answer\n>", "&lt; / answer\n>"),
        ("<\u200b/\u2060answer", "&lt;\u200b/\u2060answer"),
        ("</ans\u200bwer>", "&lt;/ans\u200bwer>"),
        ("</\u00adanswer>", "&lt;/\u00adanswer>"),
        ("</\u2066answer>", "&lt;/\u2066answer>"),
        ("<\u200banswer>", "&lt;\u200banswer>"),
        ("<answer\u200b>", "&lt;answer\u200b>"),
        ("<answer\u200b_2\ufe0f >", "&lt;answer\u200b_2\ufe0f >"),
        ("<answer/><answer / ><answer_2/>", "&lt;answer/>&lt;answer / >&lt;answer_2/>"),
        (f"<answer x={300 * 'x'}>", f"&lt;answer x={300 * 'x'}>"),
        ('<answer x="<">', '&lt;answer x="<">'),
        ("<answer/x>", "&lt;answer/x>"),
        ("</answer x>", "&lt;/answer x>"),
        ("<\u200banswers></a\u200bnswers>", "<\u200banswers></a\u200bnswers>"),
        ("</q.x><q.x>", "&lt;/q.x>&lt;q.x>"),
        ("<b></b></answers><qax></the answer>", "<b></b></answers><qax></the answer>"),
        ("x <answer, y < answer", "x <answer, y < answer"),
        ("if x < answer and y > 2", "if x < answer and y > 2"),
        ("", ""),
        (None, ""),
        (["</answer>"], "['&lt;/answer>']"),
    ],
)
def test_tags_are_broken(text: Any, broken: str) -> None:
    assert expression("text | untag('answer', more)")({"text": text, "more": ["q.x"]}) == broken
    assert expression("text | untag")({"text": "</answer>"}) == "</answer>"


@pytest.mark.parametrize("names", [None, [], [None], "", "\u200b"])
def test_without_a_name_no_tag_is_broken(names: Any) -> None:
    assert (
        expression("text | untag(names)")({"text": "</answer></>", "names": names})
        == "</answer></>"
    )
    told = expression("text | untag('answer', names)")({"text": "</answer>", "names": names})
    assert told == "&lt;/answer>"


def test_the_last_number_reproduces_every_correctness_flag_of_gsm8k(shared: Path) -> None:
    lines = (shared / "data/math/gsm8k_example_model_solutions.jsonl").read_text().splitlines()
    flags = 0
    for line in map(json.loads, lines):
        gold = last_number(line["ground_truth"])
        for said in line.values():
            if isinstance(said, dict):
                assert (last_number(said["solution"]) == gold) == said["is_correct"]
                flags += 1
    assert flags == 5276


def test_the_last_number_of_a_gold_answer(shared: Path) -> None:
    lines = (shared / "data/math/gsm8k_test.jsonl").read_text().splitlines()
    answers = [json.loads(line)["answer"] for line in lines]
    assert len(answers) == 1319
    for answer in answers:
        assert last_number(answer) == answer.rpartition("#### ")[2].replace(",", "")


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a > 1", {"a": set()}),
        ("verdict.score >= 4 and not verdict.flag", {"verdict": {"score", "flag"}}),
        ("verdict['score'] >= limit", {"verdict": {"score"}, "limit": set()}),
        ("source.page.number", {"source": {"page"}}),
        ("a[b]", {"a": set(), "b": set()}),
        ("rows | map(attribute='x') | join", {"rows": set()}),
        ("'a' ~ 1", {}),
        ("a if b is defined else c", {"a": set(), "b": set(), "c": set()}),
        ("name.upper()", {"name": {"upper"}}),
    ],
)
def test_the_names_of_an_expression(source: str, names: dict[str, set[str]]) -> None:
    assert expression_names(source) == names


def test_the_names_of_a_template() -> None:
    tree = environment().parse(
        "{% set x = a %}{{ x.k }}{% for s in shots %}{{ s.text }}{{ loop.index }}{% endfor %}"
        "{{ verdict.score }}{% macro m(y) %}{{ y.z }}{{ b }}{% endmacro %}{{ m(1) }}"
    )
    found = {name: set(fields) for name, fields in names_used(tree).items()}
    assert found == {"a": set(), "shots": set(), "verdict": {"score"}, "b": set()}


def test_filters_and_tests_that_nobody_has() -> None:
    tree = environment().parse(
        "{{ a | upper | uper }}\n{{ b is defind }}\n{{ c | map('lowr') | select('evn') | list }}\n"
        "{{ d | selectattr('x', 'equalto_', 1) | reject('odd') | map(attribute='lowr') | list }}"
    )
    assert sorted(known_words(tree), key=lambda word: (word[2], word)) == [
        ("filter", "uper", 1),
        ("test", "defind", 2),
        ("filter", "lowr", 3),
        ("test", "evn", 3),
        ("test", "equalto_", 4),
    ]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "a b",
        "{{ a }}",
        "a }} {{ b",
        "a %}",
        "a = 1",
        "a |",
        "a | nofilter",
        "(" * 3000,
        "(" * 2000 + "1" + ")" * 2000,
        "[" * 250 + "1" + "]" * 250,
        "not " * 3000 + "a",
    ],
)
def test_what_is_no_expression(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        expression_names(source)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("a", [1, 2]),
        ("a | length > 1 and b", True),
        ("a | select('odd')", [1]),
        ("{'k': (a, b)}", {"k": [[1, 2], True]}),
        ("none", None),
        ("missing is defined", False),
        ("missing | default('x')", "x"),
        ("b ~ none ~ a", "True[1, 2]"),
        ("{'x': 1}.items()", [["x", 1]]),
        ("1 / 4", 0.25),
        ("18446744073709551615", 2**64 - 1),
    ],
)
def test_an_expression_gives_plain_data(source: str, value: Any) -> None:
    found = expression(source)({"a": [1, 2], "b": True})
    assert found == value
    assert json.loads(json.dumps(found)) == found


def test_what_an_expression_gives_is_no_part_of_what_it_saw() -> None:
    values = {"a": {"b": [1]}}
    found = expression("a")(values)
    found["b"].append(2)
    assert values == {"a": {"b": [1]}}


def test_a_selection_of_nothing_is_not_true() -> None:
    assert expression("a | select('even')").truth({"a": [1]}) is False
    assert expression("a | select('even')").truth({"a": [2]}) is True


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("missing", "'missing' is undefined"),
        ("missing.score > 1", "'missing' is undefined"),
        ("a.score", "a number has no field `score`"),
        ("[missing]", "'missing' is undefined"),
        ("a < 'x'", "`<` cannot compare a number with a text"),
        ("a / 0", "something is divided by 0"),
        ("''.__class__", "not allowed: access to attribute '__class__' of 'str' object is unsafe."),
        ("'x' * 10**9", "it makes more than 1,000,000 characters or items"),
        ("dict", "`dict` is not a value: to call it, write `dict()`"),
        ("-9223372036854775809", "it makes a whole number of more than 64 bits"),
    ],
)
def test_an_expression_that_fails_says_why(source: str, words: str) -> None:
    with pytest.raises(ExpressionError) as error:
        expression(source)({"a": 1})
    assert error.value.words == words


def test_an_expression_is_compiled_once() -> None:
    assert expression("a + 1") is expression("a + 1")


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text("0123456789abcdefx%{}:.*", max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
SOURCES = [
    "a",
    "a + b",
    "a * b",
    "a ** b",
    "a / b",
    "a // b",
    "a % b",
    "a ~ b",
    "-a",
    "a < b",
    "a in b",
    "a[b]",
    "a[b:]",
    "a[::b]",
    "a.b",
    "a.x.y",
    "a()",
    "a is divisibleby(b)",
    "a is sameas(b)",
    "a.format(b)",
    "a.join(b)",
    "a.replace(b, a)",
    "a.ljust(b)",
    "a.center(b, a)",
    "a.zfill(b)",
    "a.split(b)",
    "a | last_number",
    "dict(a)",
    *[
        f"a | {name}{argument}"
        for name in sorted(environment().filters)
        for argument in ("", "(b)", "(b, a)", "(attribute=b)")
    ],
]


@given(st.sampled_from(SOURCES), VALUES, VALUES)
def test_an_expression_gives_data_or_an_expression_error(source: str, a: Any, b: Any) -> None:
    try:
        found = expression(source)({"a": a, "b": b})
    except ExpressionError as error:
        found = error.words
    json.dumps(found, allow_nan=False)

import json
import threading
from typing import Any

import pytest
from desk import part_of
from hypothesis import given
from hypothesis import strategies as st

from sofrito.steps.parse import Parser, Unparsed
from sofrito.steps.shape import Type


def items(kind: str, text: str, columns: tuple[str, ...] = ("x",), **options: Any) -> Any:
    """Return what is parsed: the values alone where there is one column."""
    how = {key: options.pop(key) for key in ("cut", "drop_last") if key in options}
    found = Parser(kind, columns, **options).parse(text, **how)  # type: ignore[arg-type]
    return [item["x"] for item in found] if columns == ("x",) else found


def why(kind: str, text: str, columns: tuple[str, ...] = ("x",), **options: Any) -> str:
    with pytest.raises(Unparsed) as error:
        items(kind, text, columns, **options)
    return error.value.why


def types(**said: Any) -> dict[str, Type]:
    return {
        name: part_of(Type, {"type": t} if isinstance(t, str) else t) for name, t in said.items()
    }


def test_text_is_stripped() -> None:
    assert items("text", "\n a\nb \n") == ["a\nb"]


@pytest.mark.parametrize(
    "kind", ["text", "boolean", "choice", "numbered_list", "json", "json_list", "tags"]
)
@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_answer_with_nothing_in_it_has_no_shape(kind: str, text: str) -> None:
    assert why(kind, text, choices=("a",)) == "nothing was answered"
    assert why(kind, text, cut=True, drop_last=True) == "nothing was answered"


def test_nothing_may_be_one_of_the_choices() -> None:
    assert items("choice", " ", choices=("a", "")) == [""]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("Yes.", True),
        ("**YES**, because", True),
        ("_No_", False),
        ("TRUE", True),
        ("\n false", False),
        ("No: it is not", False),
    ],
)
def test_boolean(text: str, value: bool) -> None:
    assert items("boolean", text) == [value]


@pytest.mark.parametrize("text", ["...", "Not sure", "yesterday", "I say yes", "1"])
def test_no_boolean(text: str) -> None:
    assert why("boolean", text) == f"neither yes nor no: {text!r}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("good", "good"),
        (" GOOD.\n", "good"),
        ('"bad"', "bad"),
        ("(very bad)", "very bad"),
        ("**bad**", "bad"),
        ("C++", "C++"),
        ("c.", "C."),
        ("“good”", "good"),
    ],
)
def test_choice(text: str, value: str) -> None:
    assert items("choice", text, choices=("good", "bad", "very bad", "C++", "C.")) == [value]


def test_choices_that_differ_by_case_alone_must_be_said_to_the_letter() -> None:
    assert items("choice", " a ", choices=("A", "a")) == ["a"]
    assert why("choice", "a.", choices=("A", "a")) == "not one of the choices: 'a.'"


@pytest.mark.parametrize("text", [".", "goodness", "good bad", "The answer is good"])
def test_no_choice(text: str) -> None:
    assert why("choice", text, choices=("good", "bad")) == f"not one of the choices: {text!r}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1. a\n2. b", ["a", "b"]),
        ("1) a\n2) b", ["a", "b"]),
        ("1: a\n2: b", ["a", "b"]),
        ("Here are two:\n\n1. a\n\n2. b\n", ["a", "b"]),
        ("1. a\nmore a\n\n  and more\n2. b", ["a\nmore a\n\n  and more", "b"]),
        ("9. a\n10. b\n12. c", ["a", "b", "c"]),
        ("  1. a\n  2. b", ["a", "b"]),
        ("1. a\n   1. a one\n   2. a two\n2. b", ["a\n   1. a one\n   2. a two", "b"]),
        ("1. Do this:\n1) x\n2) y\n2. b", ["Do this:\n1) x\n2) y", "b"]),
        (
            "1. It costs 3.50.\n2. At 10:30 it\nis 12.5 now",
            ["It costs 3.50.", "At 10:30 it\nis 12.5 now"],
        ),
        ("1.\nUnder it\n2.\n3. c", ["Under it", "c"]),
        ("**1.** a\n**2.** b", ["a", "b"]),
        ("**1. Title** a\n**2. Other** b", ["**Title** a", "**Other** b"]),
        ("1. a\n1. b\n1. c", ["a", "b", "c"]),
        ("1. \n2.   \n", []),
    ],
)
def test_numbered_list(text: str, found: list[str]) -> None:
    assert items("numbered_list", text) == found


@pytest.mark.parametrize("text", ["a\nb", "- a\n- b", "1.a", "12345. a", "in 2. place"])
def test_no_numbered_list(text: str) -> None:
    assert why("numbered_list", text) == "no numbered item"


def test_the_last_item_of_a_list_that_was_cut() -> None:
    text = "1. a\n2. b\n3. c and"
    assert items("numbered_list", text, cut=True, drop_last=True) == ["a", "b"]
    assert items("numbered_list", text, cut=True) == ["a", "b", "c and"]
    assert items("numbered_list", text, drop_last=True) == ["a", "b", "c and"]


def test_tags() -> None:
    text = "Sure: <b>\n two <i>x</i>\n</b> and <a>one</a> and <a>more</a>"
    assert items("tags", text, ("a", "b")) == [{"a": "one", "b": "two <i>x</i>"}]
    assert why("tags", text, ("a", "c")) == "no <c>…</c>"
    assert why("tags", "</a> <a> open", ("a",)) == "no <a>…</a>"
    assert items("tags", "<a>one</a><b> tw", ("a", "b"), cut=True) == [{"a": "one", "b": "tw"}]
    assert why("tags", "<a>one</a>", ("a", "b"), cut=True) == "no <b>…</b>"


def test_what_stands_between_tags_is_of_the_columns_types() -> None:
    kinds = {
        "steps": Type(min_length=3),
        "n": Type(type="integer", minimum=0, maximum=20),
        "sure": Type(type="boolean"),
        "words": Type(type="strings"),
    }
    parser = Parser("tags", tuple(kinds), types=kinds)
    text = "<steps>3 + 4</steps><n> {} </n><sure>{}</sure><words>{}</words>"
    assert parser.parse(text.format("7", "Yes", '["a"]')) == [
        {"steps": "3 + 4", "n": 7, "sure": True, "words": ["a"]}
    ]
    for said, fault in (
        (("21", "no", "[]"), "n: 21, more than 20"),
        (("1/2", "no", "[]"), "n: '1/2' is not a whole number"),
        (("7", "perhaps", "[]"), "sure: 'perhaps' is not true or false"),
        (("7", "no", "a, b"), "words: 'a, b' is not a list of texts"),
    ):
        with pytest.raises(Unparsed) as error:
            parser.parse(text.format(*said))
        assert error.value.why == fault


def test_a_number_between_tags_that_was_cut_is_none() -> None:
    parser = Parser("tags", ("n",), types={"n": Type(type="integer")})
    with pytest.raises(Unparsed) as error:
        parser.parse("<n>12", cut=True)
    assert error.value.why == "no <n>…</n>"


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "x", "b": 2}',
        ' {"b": 2, "a": "x"}\n',
        '```json\n{"a": "x", "b": 2}\n```',
        'Here it is:\n```\n{"a": "x", "b": 2}\n```\nI hope it helps.',
        '{"a": "x", "b": 2.0}',
    ],
)
def test_json(text: str) -> None:
    (found,) = items("json", text, ("a", "b"), types=types(b="integer"))
    assert json.dumps(found) == '{"a": "x", "b": 2}'


def test_json_whose_text_has_a_fence() -> None:
    code = "```py\nprint({})\n```"
    text = json.dumps({"a": code})
    assert items("json", text, ("a",)) == [{"a": code}]
    assert items("json", f"```json\n{text}\n```", ("a",)) == [{"a": code}]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": "x", "b": 2', "not JSON"),
        ('{"a": NaN, "b": 2}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not an object with the columns"),
        ('"a"', "not an object with the columns"),
        ('{"a": "x"}', "b: missing"),
        ('{"a": "x", "b": 2, "c": 3}', "c: not asked for"),
        ('{"a": 1, "b": 2}', "a: 1 is not a text"),
        ('{"a": "x", "b": 2.5}', "b: 2.5 is not a whole number"),
        ('{"a": "x", "b": true}', "b: True is not a whole number"),
    ],
)
def test_no_json(text: str, words: str) -> None:
    assert why("json", text, ("a", "b"), types=types(b="integer")).startswith(words)


def test_json_list() -> None:
    one = '{"items": ["a", "b [1, 2", "]"]}'
    assert items("json_list", one) == ["a", "b [1, 2", "]"]
    assert items("json_list", '["a"]') == ["a"]
    assert items("json_list", '{"items": [{"x": "a"}, "b"]}') == ["a", "b"]
    assert items("json_list", '{"items": []}') == []
    assert items("json_list", '{"items": [{"x": 1}]}', types=types(x="object")) == [{"x": 1}]
    several = '{"items": [{"b": 2, "a": "one"}]}'
    found = items("json_list", several, ("a", "b"), types=types(b="integer"))
    assert json.dumps(found) == '[{"a": "one", "b": 2}]'


def test_no_json_list() -> None:
    assert why("json_list", '{"things": ["a"]}') == "no list of items"
    assert why("json_list", '"a"') == "no list of items"
    assert why("json_list", '{"items": ["a", 1]}') == "x: 1 is not a text"
    assert why("json_list", '{"items": ["a"]}', ("a", "b")) == "not an object with the columns"
    assert why("json_list", '{"items": ["a"').startswith("not JSON")


def test_the_bounds_of_a_json_list() -> None:
    assert why("json_list", '["a"]', items=(2, 3)) == "1 items, not 2 to 3"
    assert items("json_list", '["a", "b"]', items=(2, 3)) == ["a", "b"]
    assert why("json_list", '["a", "b", "c", "d"]', items=(2, 3)) == "4 items, not 2 to 3"
    assert items("json_list", '["a", "b', items=(2, 3), cut=True, drop_last=True) == ["a"]


WHOLE = '{"items": ["a, ]", "b \\"[", "c"]}'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (WHOLE, ["a, ]", 'b "[', "c"]),
        (WHOLE[:-2], ["a, ]", 'b "[', "c"]),
        (
            WHOLE[:-3],
            ["a, ]", 'b "['],
        ),
        (WHOLE[:20], ["a, ]"]),
        (WHOLE[:14], []),
        ("no list at all", []),
        ("```json\n" + WHOLE[:-4], ["a, ]", 'b "[']),
        ('{"items": ["a", NaN', ["a"]),
        ('{"items": ["a", "\\ud800", "b', ["a"]),
    ],
)
def test_what_is_complete_of_a_json_list_that_was_cut(text: str, found: list[str]) -> None:
    assert items("json_list", text, cut=True, drop_last=True) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[1, 23, 4", [1, 23]),
        ("[1, 23, ", [1, 23]),
        ("[1, 23", [1]),
        ("[1, 2 ]", [1, 2]),
        ("[", []),
    ],
)
def test_a_number_that_was_cut_is_not_taken(text: str, found: list[int]) -> None:
    one = types(x="integer")
    assert items("json_list", text, types=one, cut=True, drop_last=True) == found


@given(st.lists(st.text(max_size=8), max_size=5), st.integers(1, 80))
def test_a_cut_list_gives_a_beginning_of_the_whole(texts: list[str], length: int) -> None:
    text = json.dumps({"items": texts})[:length]
    found = items("json_list", text, cut=True, drop_last=True)
    assert found == texts[: len(found)]


LONG = 10_000_000


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("boolean", "." * LONG),
        ("choice", '"' * LONG),
        ("numbered_list", "\n" * LONG),
        ("numbered_list", " " * LONG + "1. a"),
        ("numbered_list", "1" * LONG),
        ("tags", "<x>" * (LONG // 3)),
        ("json", "```\n" + " " * LONG),
        ("json", "```" * (LONG // 3)),
        ("json", "`" * LONG),
        ("json_list", "[" * LONG),
        ("json_list", '["' + "\\" * LONG),
        ("json_list", '{"items": [' + " " * LONG),
        ("json_list", '{"items": [' + "," * LONG),
        ("json_list", '["a' + '","' * (LONG // 100)),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else None,
)
def test_a_hostile_answer_takes_no_more_than_its_length(kind: str, text: str) -> None:
    """What is not linear takes days here: a second thread would still be at it."""
    found: list[Any] = []

    def parse() -> None:
        try:
            found.append(items(kind, text, choices=("a",), cut=True, drop_last=True))
        except Unparsed as error:
            found.append(error.why)

    thread = threading.Thread(target=parse, daemon=True)
    thread.start()
    thread.join(100)
    assert len(found) == 1


@given(
    st.sampled_from(["boolean", "choice", "numbered_list", "json", "json_list", "tags"]),
    st.text(),
    st.booleans(),
)
def test_any_answer_is_parsed_or_unparsed(kind: str, text: str, cut: bool) -> None:
    parser = Parser(kind, ("x",), choices=("a", "b"))  # type: ignore[arg-type]
    try:
        found = [list(item) for item in parser.parse(text, cut=cut, drop_last=cut)]
    except Unparsed:
        found = []
    assert all(columns == ["x"] for columns in found)

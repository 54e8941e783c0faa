"""What the structure of a recipe is checked for, beyond the golden cases."""

import copy
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sofrito.filters import FILTERS
from sofrito.formats import FORMATS
from sofrito.recipe.document import parse_document
from sofrito.recipe.draft import draft
from sofrito.recipe.places import Places, Problems
from sofrito.recipe.schema import recipe_schema
from sofrito.recipe.schema_layers import whole
from sofrito.recipe.structure import check_structure
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.steps import VERBS

VOCABULARY = Vocabulary(VERBS, FILTERS, FORMATS, ("llama.cpp", "openai", "scripted"))
SCHEMA = recipe_schema(VOCABULARY)

GOOD: dict[str, Any] = {
    "recipe": "case",
    "rows": "20k",
    "tags": ["sft"],
    "models": {"teacher": {"model": "local", "timeout_seconds": 1.5}},
    "seeds": {"tasks": {"file": "tasks.jsonl", "columns": {"gold": "string?"}}},
    "axes": {"tone": {"values": {"calm": 2, "loud": 0.5}}, "pace": {"values": ["slow", 1.1, True]}},
    "budget": {"calls": "1.5k", "minutes": 5},
    "chains": {"plain": ["unique", {"length": {"words": [4, 150]}}]},
    "steps": [
        {
            "generate": ["a", "b"],
            "prompt": "Write {{ tone }}.",
            "parse": "json_list",
            "schema": {"a": "integer", "b": {"type": "string", "enum": ["x", 1]}},
            "shots": [{"draw": 2, "from": "tasks"}],
            "sampling": {"temperature": 0.7, "stop": "16."},
            "items": [1, 5],
        },
        {"generate": "c", "prompt": "Yes or no?", "parse": {"choice": ["yes", "no"]}, "when": "a"},
        {"filter": "b", "by": [{"chain": "plain"}, {"first": 5}, {"novelty": {"rouge_l": 0.7}}]},
        {"set": "d", "to": "a"},
        {"dedup": ["a", "b"], "ignore": ["case"]},
        {"grow": "tasks", "columns": "a", "keep": "b"},
    ],
    "output": {
        "write": ["raw", {"text": "b"}, {"messages": {"prompt": "a", "completion": "b"}}],
        "splits": {"train": 0.9, "test": 0.1, "group_by": "tone"},
        "files": ["jsonl"],
    },
}

# One of each part of which one of several keys must be there, or one certain key.
CHOOSING: dict[str, Any] = {
    "recipe": "case",
    "steps": [
        {"chunk": "text", "words": [1, 50]},
        {"generate": "a", "prompt": "Why?"},
        {"generate": "b", "turn": "user"},
        {"set": "c", "to": "a"},
        {"set": "d", "to_file": "d.j2"},
        {"verify": "a", "equals": "c"},
        {"filter": "a", "keep": "b"},
        {
            "filter": "a",
            "by": [
                {"length": {"words": [4, 150]}},
                {"length": {"characters": [4, 150]}},
                {"words": {"never": "sorry"}},
                {"words": {"must": "tea"}},
                {"pattern": {"never": "x+"}},
                {"pattern": {"must": "y+"}},
                {"perplexity": {"below": 90}},
                {"perplexity": {"above": 9}},
            ],
        },
        {"pair": "a", "by": "score"},
    ],
    "output": {"write": [{"messages": {"messages": "a"}}, {"text": "b"}]},
}

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from(["", "a b", "x", "generate", "unique", "20k", "1K", "${KEY}", 0.5, 1e300]),
    st.just([]),
    st.just({}),
    st.lists(st.sampled_from(["a", "a", "unique", 1, None]), max_size=3),
    st.dictionaries(
        st.sampled_from(["a", "draw", "first", "words", "set"]), st.integers(-2, 2), max_size=2
    ),
)


def paths_in(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: Any = data.items() if isinstance(data, dict) else ()
    if isinstance(data, list):
        inner = enumerate(data)
    own = [path] if path else []
    return own + [one for key, value in inner for one in paths_in(value, (*path, key))]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    data = copy.deepcopy(GOOD)
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(paths_in(data)))
        inner = data
        for key in path[:-1]:
            inner = inner[key]
        match draw(st.sampled_from(["replace", "remove", "add"])):
            case "replace":
                inner[path[-1]] = draw(odd)
            case "remove":
                del inner[path[-1]]
            case "add" if isinstance(inner, dict):
                inner[draw(st.sampled_from(["typo", "set", "filter", "n", "most"]))] = draw(odd)
        if not paths_in(data):
            break
    return data


def found(data: Any) -> list[tuple[str, str]]:
    document = parse_document(Path("recipe.yaml"), orjson.dumps(data).decode())
    problems = check_structure(Places(document), SCHEMA, VOCABULARY)
    return [(one.problem.code, one.problem.what) for one in problems]


def test_a_good_recipe_has_no_problem() -> None:
    assert found(GOOD) == []


@given(mutated())
def test_finds_something_exactly_where_a_validator_does(data: Any) -> None:
    validator = Draft202012Validator(whole(SCHEMA))
    assert (found(data) == []) == validator.is_valid(data), list(validator.iter_errors(data))


def test_whatever_is_left_out_an_editor_marks_what_a_read_refuses() -> None:
    whole_one = lacking(CHOOSING)
    assert whole_one == (False, False)
    outcomes = []
    for path in paths_in(CHOOSING):
        data = copy.deepcopy(CHOOSING)
        inner = data
        for key in path[:-1]:
            inner = inner[key]
        del inner[path[-1]]
        refused, marked = lacking(data)
        assert refused == marked, (path, refused, marked)
        outcomes.append(refused)
    assert {True, False} == set(outcomes)


def lacking(data: Any) -> tuple[bool, bool]:
    """Return whether a read finds something missing, and whether the published schema does."""
    problems = Problems(Places(parse_document(Path("recipe.yaml"), orjson.dumps(data).decode())))
    problems.found += check_structure(problems.places, SCHEMA, VOCABULARY)
    draft(problems, VOCABULARY)
    refused = any(one.problem.code != "SOF212" for one in problems.found)
    return refused, not Draft202012Validator(SCHEMA).is_valid(data)


@given(mutated())
def test_says_nothing_twice_and_nothing_of_pydantic_or_jsonschema(data: Any) -> None:
    document = parse_document(Path("recipe.yaml"), orjson.dumps(data).decode())
    problems = [one.problem for one in check_structure(Places(document), SCHEMA, VOCABULARY)]
    assert len({(one.where, one.what) for one in problems}) == len(problems)
    words = ("additional properties", "is not of type", "validation error", "input should", "none")
    assert not [one.what for one in problems if any(word in one.what.lower() for word in words)]


def test_a_secret_is_never_told() -> None:
    for secret in ("sk-secret", "${sk-secret}", ["sk-secret"], {"sk-secret": 1}, 1234567):
        data = {**GOOD, "models": {"teacher": {"backend": "openai", "api_key": secret}}}
        document = parse_document(Path("recipe.yaml"), orjson.dumps(data).decode())
        (one,) = check_structure(Places(document), SCHEMA, VOCABULARY)
        assert "secret" not in one.problem.what + one.problem.fix
        assert "1234567" not in one.problem.what + one.problem.fix


@pytest.mark.parametrize("count", ["0k", "9" * 400 + "k", "1,000", "20 k", "1e3", "-5k"])
def test_a_count_is_a_number_with_k_or_m(count: str) -> None:
    assert [code for code, _ in found({**GOOD, "rows": count})] in (["SOF103"], ["SOF104"])


def test_a_key_that_is_taken_for_a_missing_one_is_told_once() -> None:
    data = {**GOOD, "steps": [{"generate": "a", "prompts": "Write."}]}
    assert found(data) == [("SOF101", "`generate` has no option `prompts`.")]

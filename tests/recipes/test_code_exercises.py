"""code-exercises: a name, a task, tests that nothing passes by itself, a program that passes them."""

import json
from collections.abc import Iterator

import pytest
from shipped_runs import ShippedRun, run_like

from sofrito.shipped import shipped_recipes
from sofrito.teachers.call import Completion

TASKS = {
    "count_words": ("text", "Return how many words the text has: parts between white space."),
    "count_coins": ("coins", "Return how many of the coins are worth more than ten cents each."),
    "merge_words": ("first, second", "Return one list, in which each of the words comes once."),
    "merge_coins": ("many", "Return the value of the coins as a random file holds it."),
    "sort_words": ("words", "Return the words from the shortest to the longest; keep ties as is."),
    "sort_coins": ("coins, least=0", "Return the coins of at least that value, in rising order."),
}
TESTS = {
    "count_words": ["assert count_words('a b') == 2", "assert count_words('') == 0"],
    "count_coins": ["assert not count_coins([5])"],
    "merge_words": ["assert [1] + [2] == [1, 2]"],
    "sort_words": ["assert sort_words(['bb', 'a']) == ['a', 'bb']", "assert sort_words([]) == []"],
    "sort_coins": ["assert sort_coins([5, 1]) == [1, 5]", "assert sort_coins([5, 1], 3) == [5]"],
}
HEAD = "def sort_coins(coins, least=0):\n"
PROGRAMS = {
    "count_words": [
        "def count_words(text):\n    return text.count(' ') + 1",  # wrong for an empty text
        "def count(text):\n    return len(text.split())",
        "def count_words(text):\n    return len(text.split())",
    ],
    "sort_words": ["def sort_words(words):\n    return sorted(words)[::-1]"] * 3,
    "sort_coins": [
        HEAD + f"    return sorted(c for c in coins if c >= least){end}" for end in ["", "  #", " "]
    ],
}


def exercise(call: Completion, programs: dict[str, Iterator[str]]) -> str:
    prompt = call.messages[-1].content
    name = next(name for name in TASKS if name in prompt)
    if prompt.startswith("A Python function is called"):
        parameters, task = TASKS[name]
        return json.dumps({"parameters": parameters, "task": task})
    if prompt.startswith("A function in Python is described"):
        return json.dumps({"tests": TESTS[name]})
    return json.dumps({"program": next(programs[name])})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> ShippedRun:
    programs = {name: iter(several) for name, several in PROGRAMS.items()}
    return run_like(
        "code-exercises",
        lambda call: exercise(call, programs),
        tmp_path_factory.mktemp("code"),
        models={"teacher": {"backend": "scripted"}},
        axes={
            "action": {"file": None, "values": ["count", "sort", "merge"]},
            "thing": {"file": None, "values": ["words", "coins"]},
            "twist": {"values": ["nothing special"]},
        },
        cover={"design": "full"},
        rows=None,
        steps={
            "generate parameters+task": {"schema": None},
            "generate tests": {"schema": {"tests": {"min_length": 1}}},
        },
    )


def test_a_row_is_an_exercise_with_the_first_program_that_passes(run: ShippedRun) -> None:
    assert {id_: (row["name"], row["program"]) for id_, row in run.rows.items()} == {
        "0.2": ("count_words", PROGRAMS["count_words"][2]),
        "3.0": ("sort_coins", PROGRAMS["sort_coins"][0]),
    }
    row = run.rows["0.2"]
    stub = 'def count_words(text):\n    """Return how many words the text has: parts between white space."""'
    assert row["stub"] == stub
    assert row["text"] == (
        "# assert count_words('a b') == 2\n# assert count_words('') == 0\n"
        "def count_words(text):\n    return len(text.split())"
    )
    assert row["question"] == f"Complete this function in Python:\n\n```python\n{stub}\n```"
    assert row["answer"] == f"```python\n{PROGRAMS['count_words'][2]}\n```"


def test_why_the_others_did_not_come_through(run: ShippedRun) -> None:
    named = "keep: ('def ' ~ name ~ '(') in program and '```' not in program"
    assert run.lost == {
        "0.0": "keep: check.ok",
        "0.1": named,
        "1": "keep: not idle.ok and idle.reason != 'syntax'",
        **{f"2.{i}": "keep: check.ok" for i in range(3)},
        **{f"3.{i}": "first: beyond the first 1" for i in (1, 2)},
        "4": "keep: (name ~ '(') in tests | join(' ')",
        "5": "words: a word it must not have",
    }


def test_names_are_many_and_every_one_can_be_a_functions() -> None:
    seeds = shipped_recipes()["code-exercises"] / "seeds"
    actions = (seeds / "actions.txt").read_text("utf-8").split()
    things = (seeds / "things.txt").read_text("utf-8").split()
    names = {f"{action}_{thing}" for action in actions for thing in things}
    assert len(names) == len(actions) * len(things) >= 800
    assert all(name.isidentifier() and name.islower() for name in names)

"""What a recipe alone lets expect of its steps, and what a run can cost at the most."""

from typing import Any

from storm import program_of, recipe_of

from sofrito.plan.estimate import Cost, Expected, Happening, expected, guessed_tokens
from sofrito.plan.estimate_bounds import Bound, bounds
from sofrito.recipe.base import Load


def steps_of(*steps: dict[str, Any], **others: Any) -> tuple[Expected, ...]:
    return expected(recipe_of({"rows": 10, "steps": list(steps), **others}))


def test_an_answer_is_guessed_to_be_half_as_long_as_allowed() -> None:
    (one,) = steps_of({"generate": "a", "prompt": "{{ x }}", "sampling": {"max_tokens": 90}})
    assert one == Expected(Load(1, 3, (1, 1), 45, 90), ("teacher",), writes=("a",))


def test_a_list_makes_as_many_rows_as_it_may_have_items() -> None:
    (one,) = steps_of(
        {"generate": "a", "prompt": "x", "parse": "json_list", "items": [2, 4], "n": 2}
    )
    load, models = Load(2, 6, (4, 8), 256, 512), ("teacher", "teacher")
    assert one == Expected(load, models, opens=True, writes=("a",))
    group = (Cost("teacher", 7, 256), Cost("teacher", 7, 256))
    assert one.happenings(7) == tuple(Happening((group,), children=n) for n in range(4, 9))


def test_a_list_without_bounds_has_none() -> None:
    (one,) = steps_of({"generate": "a", "prompt": "x", "parse": "numbered_list"})
    assert one.load.rows is None
    assert [happening.children for happening in one.happenings(7)] == [4]


def test_a_closed_answer_is_short() -> None:
    boolean, weighed = steps_of(
        {"generate": "a", "prompt": "x", "parse": "boolean"},
        {"generate": "b", "prompt": "x", "parse": "boolean", "probabilities": True},
    )
    assert (boolean.load.written, weighed.load) == (2, Load(1, 1, (1, 1), 1, 1))


def test_filters_that_ask_add_their_calls_also_those_of_a_chain() -> None:
    chains = {"likely": [{"perplexity": {"below": 9}}, {"ifd": {"prompt": "a"}}]}
    models = {"teacher": {"backend": "scripted"}, "scorer": {"backend": "scripted"}}
    made, kept = steps_of(
        {"generate": ["a", "b"], "prompt": "x", "parse": "json"},
        {
            "filter": ["a", "b"],
            "by": [{"chain": "likely"}, {"perplexity": {"model": "scorer", "below": 9}}],
        },
        chains=chains,
        models=models,
    )
    assert made.models == ("teacher",)
    assert kept.models == ("teacher",) * 6 + ("scorer",) * 2
    assert (kept.load.calls, kept.load.most_calls) == (8, 8)


def test_the_bounds_take_every_list_as_long_and_every_answer_as_often_as_allowed() -> None:
    recipe = recipe_of(
        {
            "rows": 10,
            "steps": [
                {"generate": "a", "prompt": "x", "parse": "json_list", "items": [1, 5]},
                {
                    "generate": "b",
                    "prompt": "{{ a }}",
                    "attempts": 2,
                    "sampling": {"max_tokens": 9},
                },
                {"collect": "b"},
                {"generate": "c", "prompt": "{{ b }}", "parse": "boolean"},
            ],
        }
    )
    program, steps = program_of(recipe), expected(recipe)  # six candidates a row wanted
    assert bounds(program, steps, seeds=None, calls=None, tokens=None) == (
        Bound(60, 180, 180 * 512),
        Bound(300, 600, 5400),
        Bound(60, 0, 0),
        Bound(60, 180, 180 * 512),
    )
    few = bounds(program, steps, seeds=4, calls=50, tokens=300)
    assert few == (Bound(4, 12, 300), Bound(20, 40, 300), Bound(4, 0, 0), Bound(4, 12, 300))


def test_a_list_without_bounds_bounds_nothing_after_it() -> None:
    recipe = recipe_of(
        {
            "rows": 10,
            "steps": [
                {"generate": "a", "prompt": "x", "parse": "numbered_list"},
                {"generate": "b", "prompt": "{{ a }}"},
            ],
        }
    )
    found = bounds(program_of(recipe), expected(recipe), seeds=None, calls=None, tokens=None)
    assert found[1] == Bound(None, None, None)


def test_tokens_are_guessed_by_characters() -> None:
    assert [guessed_tokens(text) for text in ("", "abc", "abcd", "abcde")] == [0, 1, 1, 2]


def test_no_budget_bounds_comparisons_of_mathematics() -> None:
    recipe = recipe_of(
        {
            "rows": 10,
            "steps": [
                {"generate": "a", "prompt": "x", "n": 4},
                {"set": "gold", "to": "'7'"},
                {"verify": "a", "math": {"equals": "gold"}},
            ],
        }
    )
    program, steps = program_of(recipe), expected(recipe)
    assert [step.checks for step in steps] == [False, False, True]
    asked = bounds(program, steps, seeds=3, calls=5, tokens=None)
    assert [one.calls for one in asked] == [5, 0, 12]

"""The order of a dataset: by columns, after what rows need, shuffled; circles are told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sofrito.export.order import Arrangement, order_key, ranks_of
from sofrito.export.rows import Accepted
from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.model import Recipe
from sofrito.recipe.model_output import Order


def accepted(rows: list[dict[str, Any]]) -> list[Accepted]:
    return [Accepted(str(columns.pop("id", i)), {}, columns, []) for i, columns in enumerate(rows)]


def arranged(
    order: Any, *rows: dict[str, Any], ranks: Any = None, key: str = "name", seed: int = 1
) -> tuple[list[int], list[str]]:
    arrangement = Arrangement(order, seed, ranks=ranks or {}, key=key)
    for row in accepted([*rows]):
        arrangement.learn(row)
    return arrangement.order(range(len(rows))), arrangement.notes


def by(*fields: str) -> Order:
    return Order(by=fields)


def test_numbers_go_by_size_texts_by_the_alphabet_and_what_is_missing_last() -> None:
    values = [10, "b", None, 9, "A", [2], True, {"x": 1}]
    order, _ = arranged(by("x"), *({"x": value} for value in values))
    assert [values[i] for i in order] == [True, 9, 10, "A", "b", [2], {"x": 1}, None]


def test_the_first_column_decides_and_rows_that_are_alike_keep_their_order() -> None:
    rows = [{"a": 1, "r": {"b": 2}}, {"a": 0, "r": {"b": 9}}, {"a": 1, "r": {"b": 2}}, {"a": 1}]
    assert arranged(by("a", "r.b"), *rows)[0] == [1, 0, 2, 3]


def test_an_axis_goes_by_the_order_of_its_values() -> None:
    records = {
        "topic": {
            "optics / light": {"field": "optics", "topic": "light"},
            "heat / gas": {"field": "heat", "topic": "gas"},
        }
    }
    axes = {"level": ["easy", "medium", "hard"], "topic": [*records["topic"]]}
    ranks = ranks_of(axes, records)
    rows = [
        {"level": level, "topic": records["topic"][topic]}
        for level in ("hard", "easy", "medium")
        for topic in ("heat / gas", "optics / light")
    ]
    assert arranged(by("level"), *rows, ranks=ranks)[0] == [2, 3, 4, 5, 0, 1]
    assert arranged(by("topic.field", "level"), *rows, ranks=ranks)[0] == [3, 5, 1, 2, 4, 0]
    assert arranged(by("topic"), *rows, ranks=ranks)[0] == [1, 3, 5, 0, 2, 4]


NEEDS = Order(by=("d",), after="needs")


def test_what_a_row_needs_comes_before_it_and_nothing_else_moves() -> None:
    rows = [
        {"name": "Loops", "needs": ["If ", "sums"], "d": 1},
        {"name": "if", "needs": [], "d": 3},
        {"name": "Sums", "needs": None, "d": 2},
        {"name": "Files", "needs": "", "d": 4},
    ]
    assert arranged(NEEDS, *rows) == ([2, 1, 0, 3], [])


def test_all_rows_of_a_name_come_before_and_its_own_name_is_no_need() -> None:
    rows = [
        {"name": "b", "needs": ["a", "b"], "d": 0},
        {"name": "a", "needs": [], "d": 1},
        {"name": "a", "needs": [], "d": 2},
        {"name": "c", "needs": [], "d": 3},
    ]
    assert arranged(NEEDS, *rows) == ([1, 2, 0, 3], [])


def test_a_name_means_the_rows_of_the_same_candidate_first() -> None:
    rows = [
        {"id": "0.0", "name": "more", "needs": ["start"], "d": 0},
        {"id": "0.1", "name": "start", "needs": [], "d": 1},
        {"id": "1.0", "name": "start", "needs": ["more"], "d": 2},
    ]
    assert arranged(NEEDS, *rows) == ([1, 0, 2], [])


def test_a_circle_is_told_and_broken_at_its_first_row() -> None:
    rows = [
        {"name": "z", "needs": [], "d": 9},
        {"name": "a", "needs": ["b"], "d": 1},
        {"name": "b", "needs": ["c"], "d": 2},
        {"name": "c", "needs": ["a"], "d": 3},
    ]
    order, notes = arranged(NEEDS, *rows)
    assert order == [0, 1, 3, 2]
    assert notes == ["order: «a» needs «b» needs «c» needs «a»; the circle is broken at row 1."]


def test_of_many_circles_five_are_told() -> None:
    rows = [
        {"name": f"{side}{n}", "needs": [f"{other}{n}"], "d": n}
        for n in range(7)
        for side, other in (("a", "b"), ("b", "a"))
    ]
    order, notes = arranged(NEEDS, *rows)
    assert (order, len(notes), notes[-1]) == ([*range(14)], 6, "order: 2 more circles were broken.")


def test_names_of_no_row_are_told_and_wait_for_nothing() -> None:
    rows = [{"name": "a", "needs": ["gone", "lost"], "d": 0}, {"name": "b", "needs": [], "d": 1}]
    notes = ["order: rows need 2 names of no row, such as «gone»."]
    assert arranged(NEEDS, *rows) == ([0, 1], notes)


def test_names_are_told_as_they_are_written_whatever_their_case() -> None:
    rows = [
        {"name": "What Heat Is", "needs": ["what  work is", "Entropy"], "d": 0},
        {"name": "What Work Is", "needs": ["what heat is"], "d": 1},
    ]
    assert arranged(NEEDS, *rows)[1] == [
        "order: «What Heat Is» needs «What Work Is» needs «What Heat Is»; the circle is broken at row 0.",
        "order: rows need a name of no row, such as «Entropy».",
    ]


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.lists(st.integers(0, 5), max_size=3), st.integers(0, 3)),
        max_size=12,
    )
)
def test_no_row_is_lost_and_without_circles_every_need_is_met(rows: Any) -> None:
    columns = [{"name": f"n{n}", "needs": [f"n{m}" for m in ns], "d": d} for n, ns, d in rows]
    order, notes = arranged(NEEDS, *({**one} for one in columns))
    assert sorted(order) == [*range(len(rows))]
    if any("circle" in note for note in notes):
        return
    at = {row: place for place, row in enumerate(order)}
    for row, one in enumerate(columns):
        for other, two in enumerate(columns):
            if two["name"] in one["needs"] and two["name"] != one["name"]:
                assert at[other] < at[row]


def test_shuffled_rows_depend_on_the_seed_and_on_nothing_else() -> None:
    rows = [{"n": n} for n in range(20)]
    once = arranged("shuffle", *rows)
    assert once == arranged("shuffle", *rows)
    assert sorted(once[0]) == [*range(20)] != once[0]
    assert arranged("shuffle", *rows, seed=2) != once


@pytest.mark.parametrize(("of", "found"), [("", "chapter"), ("title", "title")])
def test_names_are_of_the_first_column_of_the_step_that_makes_them(of: str, found: str) -> None:
    recipe = Recipe.model_validate(
        {
            "recipe": "demo",
            "rows": 2,
            "steps": [
                {"generate": "title", "prompt": "A title."},
                {"generate": ["chapter", "needs"], "prompt": "Go on.", "parse": "json_list"},
            ],
            "output": {"order": {"after": "needs", "of": of}, "write": ["raw"]},
        },
        context=vocabulary(),
    )
    assert order_key(recipe) == found

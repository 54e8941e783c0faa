"""Which columns of a seed pool have no value in some row, and where."""

from pathlib import Path

from sofrito.problems import Span
from sofrito.recipe.model_rows import Seeds
from sofrito.recipe.seed_gaps import seed_gaps
from sofrito.recipe.value_types import Gap

FILE = Path("seeds/people.jsonl")
ROWS: list[tuple[dict[str, object], Span]] = [
    ({"name": "Ada", "age": 36, "hint": "quiet"}, Span(FILE, 1)),
    ({"name": "Bob", "age": None}, Span(FILE, 3)),
]


def test_the_first_row_without_a_value_is_named() -> None:
    seeds = Seeds(file=str(FILE))
    absent = "Let it be null, by `columns: {hint: string?}` of the seeds `people`"
    assert seed_gaps("people", seeds, ("name", "age", "hint"), ROWS, complete=True) == {
        "age": Gap("in line 3 of `people.jsonl`", "Correct the row"),
        "hint": Gap("in line 3 of `people.jsonl`", absent, absent=True),
    }


def test_what_may_be_null_is_told_of_rows_not_seen() -> None:
    seeds = Seeds(file=str(FILE), columns={"name": "string", "hint": "string?"})
    where = "where the seeds `people` have none (`hint: string?`)"
    gap = Gap(where, "Declare `hint: string` if all have one")
    assert seed_gaps("people", seeds, ("name", "hint"), ROWS[:1], complete=False) == {"hint": gap}
    assert seed_gaps("people", seeds, ("name", "hint"), ROWS[:1], complete=True) == {}

"""A run that its budget stops leaves the beginning of the finished dataset."""

import random

import pytest
from storm import Storm, calm, live, program_of, random_recipe, recipe_of

from sofrito.run.budget import Limits
from sofrito.run.journal import MemoryJournal


@pytest.mark.parametrize("number", range(20))
def test_what_is_there_is_a_prefix_and_the_next_session_goes_on(number: int) -> None:
    recipe = random_recipe(random.Random(number))
    finished = calm(recipe)
    luck = random.Random(number)
    answers: dict[bytes, bytes] = {}
    asked = 0
    for _ in range(200):
        limit = luck.choice([1, 13, 57, 211])
        journal = MemoryJournal(answers, delay=0.02)
        teacher = Storm(luck, concurrency=luck.choice([1, 8, 64]))
        end = live(program_of(recipe), journal, teacher, limits=Limits(session_calls=limit))
        rows = end.kept.rows
        assert rows == finished.kept.rows[: len(rows)]
        assert len(teacher.asked) <= limit
        asked += len(teacher.asked)
        if end.status != "budget":
            break
        assert len(teacher.asked) == limit
    assert end.digest == finished.digest
    assert len(set(answers)) == len(answers) <= asked


@pytest.mark.parametrize(
    ("limits", "least"),
    [
        (Limits(calls=30), 15),
        (Limits(session_calls=31), 15),
        (Limits(tokens=6_000), 20),
    ],
)
def test_what_is_spent_makes_rows(limits: Limits, least: int) -> None:
    """Candidates that it cannot bring to their end are not begun, however many calls are borne at once."""
    steps = [
        {"generate": "question", "prompt": "Ask about {{ topic }}."},
        {"generate": "answer", "prompt": "{{ question }}", "sampling": {"max_tokens": 50}},
    ]
    axes = {"topic": {"values": ["salt", "rain"]}}
    recipe = recipe_of({"axes": axes, "rows": 200, "steps": steps})
    teacher = Storm(random.Random(1), concurrency=64)
    end = live(program_of(recipe), MemoryJournal({}), teacher, limits=limits)
    assert end.status == "budget"
    assert len(end.kept.rows) >= least

"""Cells and their quotas: surplus rows touch nothing, and what cannot be filled is said."""

import random

from storm import Storm, live, program_of, recipe_of

from sofrito.run.journal import MemoryJournal
from sofrito.teachers.call import Completion


class Script(Storm):
    """Two rows a candidate, one of its own and one that is the same for all: in cell b that first."""

    def text(self, key: bytes, call: Completion) -> str:
        own, common = f"own {key.hex()}", "common"
        first, second = (common, own) if "topic b" in call.messages[-1].content else (own, common)
        return f"1. {first}\n2. {second}"


def test_a_row_for_which_its_cell_has_no_room_is_not_remembered() -> None:
    """Cell a is full with its first row; its second, `common`, is still new in cell b."""
    recipe = recipe_of(
        {
            "rows": 2,
            "axes": {"topic": {"values": ["a", "b"]}},
            "steps": [
                {"generate": "text", "prompt": "list topic {{ topic }}", "parse": "numbered_list"},
                {"dedup": "text"},
            ],
        }
    )
    for concurrency in (1, 8):
        teacher = Script(random.Random(1), concurrency=concurrency)
        life = live(program_of(recipe), MemoryJournal(), teacher)
        rows = [(values["topic"], values["text"].split()[0]) for _, _, values in life.kept.rows]
        assert (life.status, rows) == ("complete", [("a", "own"), ("b", "common")])


def test_seeds_of_which_nothing_comes_fall_short() -> None:
    recipe = recipe_of(
        {
            "from": "words",
            "seeds": {"words": {"rows": [{"word": "a"}, {"word": "b"}]}},
            "steps": [{"generate": "text", "prompt": "about {{ word }}", "keep": "word == 'c'"}],
        }
    )
    life = live(program_of(recipe), MemoryJournal(), Storm(random.Random(1)))
    assert (life.status, life.accepted) == ("short", 0)


GRID = {"a": {"values": ["1", "2", "3"]}, "b": {"values": {"x": 5, "y": 1}}}
EACH = [(a, b) for a in "123" for b in "xy"]


def test_without_rows_every_combination_has_one_candidate_and_all_its_rows_count() -> None:
    recipe = recipe_of(
        {
            "axes": GRID,
            "cover": {"design": "full"},
            "steps": [
                {"generate": "text", "prompt": "list {{ a }} {{ b }}", "parse": "numbered_list"}
            ],
        }
    )
    for concurrency in (1, 8):
        teacher = Script(random.Random(1), concurrency=concurrency)
        life = live(program_of(recipe), MemoryJournal(), teacher)
        rows = [(values["a"], values["b"]) for _, _, values in life.kept.rows]
        assert (life.status, rows) == ("complete", [one for one in EACH for _ in range(2)])


def test_so_it_is_in_rounds_and_where_nothing_comes_of_them() -> None:
    recipe = recipe_of(
        {
            "axes": GRID,
            "cover": {"design": "full"},
            "round": 4,
            "seeds": {"words": {"rows": [{"word": "a"}]}},
            "steps": [
                {
                    "generate": "word",
                    "prompt": "like {{ a }} {{ b }} {{ shots }}",
                    "shots": [{"draw": 1, "from": "words", "grown": True, "fill": True}],
                    "keep": "a != '2'",
                },
                {"grow": "words", "columns": "word"},
            ],
        }
    )
    life = live(program_of(recipe), MemoryJournal(), Storm(random.Random(1)))
    rows = [(values["a"], values["b"]) for _, _, values in life.kept.rows]
    assert (life.status, rows) == ("complete", [one for one in EACH if one[0] != "2"])
    none = recipe_of({"axes": GRID, "cover": {"design": "pairwise"}, "steps": [
        {"generate": "word", "prompt": "like {{ a }} {{ b }}", "keep": "a == '4'"}
    ]})  # fmt: skip
    life = live(program_of(none), MemoryJournal(), Storm(random.Random(1)))
    assert (life.status, life.accepted) == ("short", 0)

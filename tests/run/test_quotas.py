"""Cells and their quotas: surplus rows touch nothing, and what cannot be filled is said."""

import random

from storm import Storm, live, program_of, recipe_of

from sofrito.run.journal import MemoryJournal
from sofrito.teachers.call import Completion


class Script(Storm):
    """Two rows a candidate: the first of its own, the second the same for all."""

    def answer(self, key: bytes, call: Completion) -> str:
        topic = call.messages[-1].content.split()[1]
        return f"1. own {topic} {key.hex()[:6]}\n2. common"


def test_a_row_for_which_its_cell_has_no_room_is_not_remembered() -> None:
    """Cell a is full with its first row; its second, `common`, must still be new in cell b."""
    recipe = recipe_of(
        {
            "rows": 3,
            "axes": {"topic": {"values": {"a": 1, "b": 2}}},
            "steps": [
                {"generate": "text", "prompt": "list {{ topic }}", "parse": "numbered_list"},
                {"dedup": "text"},
            ],
        }
    )
    for concurrency in (1, 8):
        life = live(
            program_of(recipe), MemoryJournal(), Script(random.Random(1), concurrency=concurrency)
        )
        texts = [row[2]["text"].split()[0] for row in life.kept.rows]
        assert (life.status, sorted(texts)) == ("complete", ["common", "own", "own"])
        kept_common = next(row for row in life.kept.rows if row[2]["text"] == "common")
        assert kept_common[2]["topic"] == "b"


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

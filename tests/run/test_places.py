"""Places for calls: none is idle while an answer waits to be committed."""

import asyncio
import random

import pytest
from storm import Storm, live, program_of, recipe_of

from sofrito.run.journal import MemoryJournal
from sofrito.teachers.call import Completion
from sofrito.teachers.result import Answer

LATENCY, COMMIT = 0.05, 0.01


class Timed(Storm):
    """Notes when it was asked; each answer takes as long."""

    def __init__(self, concurrency: int) -> None:
        super().__init__(random.Random(1), (LATENCY, LATENCY), bad=0, concurrency=concurrency)
        self.times: list[float] = []

    async def answer(self, call: Completion) -> Answer:
        self.times.append(asyncio.get_running_loop().time())
        return await super().answer(call)


@pytest.mark.parametrize(("steps", "concurrency"), [(1, 32), (3, 32), (2, 1)])
def test_a_place_is_taken_again_before_the_answer_is_committed(
    steps: int, concurrency: int
) -> None:
    """From the first candidates on, calls follow each other as if commits took no time."""
    first = [{"generate": "text0", "prompt": "say something"}]
    more = [
        {"generate": f"text{i}", "prompt": f"go on from {{{{ text{i - 1} }}}}"}
        for i in range(1, steps)
    ]
    teacher = Timed(concurrency)
    program = program_of(recipe_of({"rows": 20 * concurrency, "steps": first + more}))
    life = live(program, MemoryJournal(delay=COMMIT), teacher)
    assert life.status == "complete"
    rounds = (len(teacher.times) - 1) // concurrency
    assert max(teacher.times) == pytest.approx(rounds * LATENCY)

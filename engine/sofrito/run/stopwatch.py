"""Times a teacher's answers."""

import time
from collections.abc import Awaitable, Callable

from sofrito.plan.estimate_time import Timed
from sofrito.run.jobs import Batched
from sofrito.teachers.call import Call
from sofrito.teachers.result import Result
from sofrito.teachers.teacher import Teacher


class Stopwatch:
    """What a teacher's answers took: ``timed``, and ``most`` calls that were in flight at once.

    Refusals and failures are not timed; nor is a teacher that asks by batch jobs, whose answers
    come when its server likes.
    """

    def __init__(self, answer: Callable[[Call], Awaitable[Result]]) -> None:
        self._answer = answer
        self.timed: list[Timed] = []
        self.most = self._now = 0

    @classmethod
    def on(cls, teacher: Teacher) -> "Stopwatch":
        """Time the answers of a teacher from now on; of one that several names share, once."""
        there = vars(teacher).get("answer")
        if there is not None:
            found: Stopwatch = there.__self__
            return found
        watch = cls(teacher.answer)
        if not isinstance(teacher, Batched):
            # On the object itself, which keeps all that it says of itself beside its answers.
            vars(teacher)["answer"] = watch.answer
        return watch

    async def answer(self, call: Call) -> Result:
        """Answer as the teacher does, and note the time."""
        self._now += 1
        self.most = max(self.most, self._now)
        start = time.monotonic()
        try:
            result = await self._answer(call)
        finally:
            self._now -= 1
        self.timed.append(
            Timed(result.prompt_tokens, result.completion_tokens, time.monotonic() - start)
        )
        return result

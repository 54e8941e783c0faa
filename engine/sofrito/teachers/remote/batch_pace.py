"""How often a batch job is looked at, and how long its server is waited for."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from sofrito.problems import Trouble
from sofrito.teachers.teacher import Transient

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of waiting; those between requests vary by a quarter either way, by chance.

    A job is sent when no call has come for ``quiet``, four times as long for each job that is under
    way (at most ``longest``), or when its first call has waited ten times that: calls that trickle in
    from a slow step make few jobs. A job is looked at after ``look``, then at growing intervals of
    at most ``most``. What fails is done again after ``again``, doubling, ``tries`` times in a row. A
    job that the server may have made without telling is looked for until it is ``found`` old.
    """

    quiet: float = 1.0
    longest: float = 300.0
    look: float = 1.0
    most: float = 120.0
    again: float = 2.0
    tries: int = 12
    found: float = 30.0

    async def rest(self, seconds: float) -> None:
        """Wait, so that many processes do not ask in step."""
        await asyncio.sleep(seconds * _CHANCE.uniform(0.75, 1.25))

    async def patiently(self, act: Callable[[], Awaitable[T]]) -> T:
        """Do what a later try may mend again and again; Trouble after ``tries`` failures in a row."""
        failures = 0
        while True:
            try:
                return await act()
            except Transient as error:
                failures += 1
                if failures >= self.tries:
                    raise Trouble(
                        f"The server of the batch jobs fails ({error.cause}): {error.words}",
                        "Run the same command again when it answers: its jobs go on meanwhile, "
                        "and every answer so far is kept.",
                    ) from error
                wait = min(self.again * 2.0 ** (failures - 1), self.most)
                await self.rest(max(wait, error.retry_after or 0.0))


# It spreads requests in time; no result depends on it.
_CHANCE = random.Random()

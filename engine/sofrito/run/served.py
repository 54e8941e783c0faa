"""How models are served in a simulation: how fast, for what price, and what a step's calls cost."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sofrito.plan.estimate_time import Speed
from sofrito.run.prices import Tariff
from sofrito.teachers.call import Call, Completion
from sofrito.teachers.result import Answer, Result
from sofrito.teachers.teacher import Teacher

UNTIMED = Speed(0.0, 0.001, 8, 0)
"""What stands for a teacher that was never timed, so that its calls come one after the other."""


@dataclass(frozen=True)
class Served:
    """How calls to a model are answered: how fast, for what price (None: unknown), where.

    ``speed.lanes`` are answered at once and up to ``concurrency`` are in flight. Models of one
    ``server`` share that.
    """

    server: str
    speed: Speed = UNTIMED
    tariff: Tariff | None = None
    concurrency: int = UNTIMED.lanes


@dataclass
class StepCost:
    """What a step costs: calls that are there already, and those still to be asked with their tokens.

    ``entered`` and ``out`` are rows; ``seconds`` those of its calls one after the other; ``usd``
    leaves out the ``unpriced`` calls. ``checks`` says that no model is asked: its calls are runs of
    programs and comparisons of mathematics.
    """

    entered: float = 0
    out: float = 0
    held: float = 0
    asked: float = 0
    read: float = 0
    written: float = 0
    held_read: float = 0
    held_written: float = 0
    seconds: float = 0
    usd: float = 0
    unpriced: float = 0
    checks: bool = False

    @property
    def calls(self) -> float:
        """All its calls, those in the journal too."""
        return self.held + self.asked


class Simulated(Teacher):
    """Answers nothing, in the time that a real server would take for the models it serves."""

    identity: Mapping[str, Any] = {}

    def __init__(self, models: Mapping[str, Served], costs: Sequence[StepCost]) -> None:
        self.concurrency = max(one.concurrency for one in models.values())
        self._models, self._costs = models, costs
        self._room = asyncio.Semaphore(max(one.speed.lanes for one in models.values()))

    async def answer(self, call: Call) -> Result:
        """Count the call, and wait as long as it takes."""
        assert isinstance(call, Completion)
        step, read, written = (call.sampling[name] for name in ("step", "read", "written"))
        served, cost = self._models[call.model], self._costs[step]
        seconds, tariff = served.speed.seconds(read, written), served.tariff
        cost.asked += 1
        cost.read += read
        cost.written += written
        cost.seconds += seconds
        cost.usd += tariff.usd(read, written) if tariff else 0.0
        cost.unpriced += tariff is None
        async with self._room:
            await asyncio.sleep(seconds)
        return Answer("", "stop", read, written)


def teachers_for(served: Mapping[str, Served], costs: Sequence[StepCost]) -> dict[str, Teacher]:
    """Return a teacher for each model, one for those that share a server."""
    servers: dict[str, dict[str, Served]] = {}
    for name, one in served.items():
        servers.setdefault(one.server, {})[name] = one
    made = {server: Simulated(models, costs) for server, models in servers.items()}
    return {name: made[one.server] for name, one in served.items()}

"""Asking teachers: single flight, lowest candidate first, retries, the budget, the journal."""

import asyncio
import heapq
import itertools
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from sofrito.problems import Trouble
from sofrito.run.answers import pack, unpack
from sofrito.run.budget import Budget, most_tokens
from sofrito.run.journal import Entry, Journal
from sofrito.steps.work import Told
from sofrito.teachers.call import Call, Completion, Message
from sofrito.teachers.result import Answer, Result
from sofrito.teachers.teacher import Refused, Teacher, Transient

Waiter = Callable[[Told], None]

# Causes that speak of the server and never of the prompt: such a call is only ever asked again.
_OF_THE_SERVER = frozenset({"unreachable", "overloaded"})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try. Seconds double from ``first`` to ``most``, each times 0.5 to 1.5 by chance.

    After ``tries`` failures of one call: if others succeeded meanwhile, the prompt is at fault and
    its failure is final; if none did, the server is down and the run stops. A server that never
    answered gets ``tries_at_first``.
    """

    tries: int = 6
    tries_at_first: int = 4
    first: float = 0.5
    most: float = 30.0


@dataclass
class _Line:
    """The calls that wait for one model, and how the model fares."""

    teacher: Teacher
    identity: Mapping[str, Any]
    waiting: list[tuple[int, int, bytes, Call]] = field(default_factory=list)
    inflight: int = 0
    answered: int = 0


@dataclass
class Totals:
    """What the calls of a session came to; tokens are the teachers' own counts."""

    asked: int = 0
    hits: int = 0
    tries: int = 0
    answered: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Calls:
    """Answers requests from the journal or from teachers.

    ``wake`` is called whenever something changed. After ``trouble`` is set nothing more is asked.
    """

    def __init__(
        self,
        teachers: Mapping[str, Teacher],
        journal: Journal,
        budget: Budget,
        *,
        wake: Callable[[], None],
        patience: Patience | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._lines = {name: _Line(t, dict(t.identity)) for name, t in teachers.items()}
        self._journal, self._budget, self._wake = journal, budget, wake
        self._patience = patience or Patience()
        self._chance = chance or random.Random()  # spreads retries in time; no result depends on it
        self._waiters: dict[bytes, list[tuple[Waiter, Callable[[], bool]]]] = {}
        self._tick = itertools.count()
        self._tasks: set[asyncio.Task[None]] = set()
        self._held = 0
        self.totals = Totals()
        self.trouble: BaseException | None = None
        self.closed = False
        self.retrying = ""

    @property
    def concurrency(self) -> int:
        """Calls that may be in flight at once, over all models."""
        return sum(line.teacher.concurrency for line in self._lines.values())

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come, from a teacher or from the journal's writer."""
        return bool(self._held or any(line.inflight for line in self._lines.values()))

    @property
    def inflight(self) -> int:
        """Calls in flight now."""
        return sum(line.inflight for line in self._lines.values())

    @property
    def out_of_budget(self) -> str:
        """Which limit keeps waiting calls from being asked, or ""."""
        waiting = [entry[3] for line in self._lines.values() for entry in line.waiting[:1]]
        reasons = [self._budget.exhausted(most_tokens(call)) for call in waiting]
        return next((reason for reason in reasons if reason), "")

    def ask(self, requests: Iterable[tuple[int, Call, Waiter, Callable[[], bool]]]) -> None:
        """Take requests: (candidate number, call, who is told, whether he still wants it).

        What the journal holds is told at once; equal calls share one try.
        """
        keyed = [
            (c.key(self._lines[c.model].identity), n, c, w, alive) for n, c, w, alive in requests
        ]
        found = self._journal.get_many([key for key, *_ in keyed])
        for key, n, call, waiter, alive in keyed:
            stored = found.get(key)
            if stored is not None:
                self.totals.hits += 1
                waiter(Told(key.hex(), unpack(stored)))
            elif key in self._waiters:
                self._waiters[key].append((waiter, alive))
            else:
                self._waiters[key] = [(waiter, alive)]
                self._queue(n, key, call)

    def _queue(self, n: int, key: bytes, call: Call) -> None:
        heapq.heappush(self._lines[call.model].waiting, (n, next(self._tick), key, call))

    def start(self) -> None:
        """Start as many waiting calls as slots and budget allow."""
        for line in self._lines.values():
            while line.waiting and line.inflight < line.teacher.concurrency and not self.closed:
                n, _, key, call = line.waiting[0]
                if not any(alive() for _, alive in self._waiters[key]):
                    heapq.heappop(line.waiting)
                    del self._waiters[key]
                    continue
                reserved = self._budget.reserve(call)
                if reserved is None:
                    break
                heapq.heappop(line.waiting)
                self._launch(line, n, key, call, reserved)

    def _launch(self, line: _Line, n: int, key: bytes, call: Call, reserved: int) -> None:
        line.inflight += 1
        self.totals.asked += 1
        task = asyncio.get_running_loop().create_task(self._call(line, n, key, call, reserved))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, line: _Line, n: int, key: bytes, call: Call, reserved: int) -> None:
        tries, before = 0, line.answered
        try:
            while True:
                tries += 1
                self.totals.tries += 1
                outcome = await self._try(line, call, reserved)
                if not isinstance(outcome, Transient):
                    break
                final = await self._verdict(line, call.model, outcome, tries, before)
                if final is not None:
                    outcome = final
                    break
                self.retrying = f"{call.model}: {outcome.cause}, try {tries + 1}"
                await asyncio.sleep(self._delay(tries, outcome))
                again = None if self.closed else self._budget.reserve(call)
                if again is None:
                    self._queue(n, key, call)  # not an answer: asked in a later session
                    return
                reserved = again
            self.retrying = ""
            if isinstance(outcome, Refused) and outcome.journaled:
                await self._doubt(line, call.model, outcome)
            self._store(line, key, call, outcome, tries)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self.trouble = self.trouble or error
            self.closed = True
        finally:
            line.inflight -= 1
            self._wake()

    async def _try(self, line: _Line, call: Call, reserved: int) -> Result | Refused | Transient:
        used = 0
        try:
            answer = await line.teacher.answer(call)
            used = answer.prompt_tokens + answer.completion_tokens
            line.answered += 1
            self.totals.answered += 1
            self.totals.prompt_tokens += answer.prompt_tokens
            self.totals.completion_tokens += answer.completion_tokens
            return answer
        except (Transient, Refused) as error:
            return error
        finally:
            self._budget.settle(reserved, used)

    async def _verdict(
        self, line: _Line, model: str, error: Transient, tries: int, before: int
    ) -> Refused | None:
        """Return the final failure of a call that keeps failing while others succeed; else None.

        Raises Trouble when no call succeeds any more.
        """
        patience = self._patience
        if tries < (patience.tries if line.answered else patience.tries_at_first):
            return None
        if line.answered > before:
            return None if error.cause in _OF_THE_SERVER else Refused(error.cause, error.words)
        if error.cause not in _OF_THE_SERVER and await self._answers(line, model):
            return Refused(error.cause, error.words)
        raise Trouble(
            f"The teacher does not answer ({error.cause}, {tries} tries): {error.words}",
            "Mend the server or the address and run the same command again: every answer so far is kept.",
        )

    async def _doubt(self, line: _Line, model: str, refused: Refused) -> None:
        """Raise Trouble for a refusal by a server that refuses every call: it is not the prompt's."""
        if not line.answered and not await self._answers(line, model):
            raise Trouble(
                f"The teacher refuses every call ({refused.cause}): {refused.words}",
                "Check the model's name, its key and its address, and run the same command again.",
            )

    async def _answers(self, line: _Line, model: str) -> bool:
        """Ask for one token, to learn whether the server or the prompt is at fault; not journaled."""
        probe = Completion(
            model, (Message("user", "Say yes."),), {"max_tokens": 1, "temperature": 0}
        )
        reserved = self._budget.reserve(probe)
        if reserved is None:
            return False
        return isinstance(await self._try(line, probe, reserved), Answer)

    def _delay(self, tries: int, error: Transient) -> float:
        if error.retry_after is not None:
            return error.retry_after
        wait = min(self._patience.first * 2.0 ** (tries - 1), self._patience.most)
        return wait * self._chance.uniform(0.5, 1.5)

    def _store(
        self, line: _Line, key: bytes, call: Call, outcome: Result | Refused, tries: int
    ) -> None:
        if isinstance(outcome, Refused) and not outcome.journaled:
            self._tell(key, outcome)
            return
        request = {
            "kind": call.kind,
            "model": call.model,
            "identity": line.identity,
            **call.request(),
        }
        tokens = 0
        if not isinstance(outcome, Refused):
            tokens = outcome.prompt_tokens + outcome.completion_tokens
        entry = Entry(key, pack(outcome), orjson.dumps(request), tries, tokens)
        self._held += 1
        self._journal.put(entry, self._committed, self._not_committed)

    def _committed(self, key: bytes, answer: bytes) -> None:
        self._held -= 1
        self._tell(key, unpack(answer))
        self._wake()

    def _not_committed(self, error: Exception) -> None:
        self._held -= 1
        self.trouble = self.trouble or error
        self.closed = True
        self._wake()

    def _tell(self, key: bytes, outcome: Result | Refused) -> None:
        for waiter, _ in self._waiters.pop(key, ()):
            waiter(Told(key.hex(), outcome))

    async def close(self, *, grace: float = 0.0) -> None:
        """Ask nothing more; wait up to ``grace`` seconds for what is in flight, then cancel it."""
        self.closed = True
        if self._tasks and grace:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

"""Asking teachers: single flight, lowest candidate first, retries, the budget, the journal."""

import asyncio
import math
import random
from collections.abc import Callable, Iterable, Mapping

import orjson

from sofrito.problems import Trouble
from sofrito.run.answers import pack, unpack
from sofrito.run.blame import Judgement, Patience
from sofrito.run.budget import Budget
from sofrito.run.journal import Entry, Journal
from sofrito.run.lines import Ask, Line, lines_of
from sofrito.run.minute import Rate
from sofrito.run.prices import Tariff
from sofrito.run.sending import SOON, Sent, sent
from sofrito.run.tries import Tries, most_of
from sofrito.steps.work import Told
from sofrito.teachers.call import Call
from sofrito.teachers.result import Answer, Result
from sofrito.teachers.teacher import Refused, Teacher, Transient, Unmade

Waiter = Callable[[Told], None]

LONGEST_WAIT = 600.0
"""Seconds that a server is waited for which asks for it; one that asks for more ends the run."""


class Calls:
    """Answers requests from the journal or from teachers.

    ``wake`` is called whenever something changed. After ``trouble`` is set nothing more is asked;
    ``stored`` is false once the journal takes no answers.
    ``rates`` and ``tariffs`` are by model; one without a tariff costs nothing, one of which it is
    None costs what nobody knows.
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
        rates: Mapping[str, Rate] | None = None,
        tariffs: Mapping[str, Tariff | None] | None = None,
    ) -> None:
        self._lines = lines_of(teachers, rates or {})
        self._servers = list(dict.fromkeys(line.server for line in self._lines.values()))
        self._journal, self._wake = journal, wake
        self._patience = patience or Patience()
        self._tries = Tries(budget, tariffs or {}, journal.spend)
        self._judgement = Judgement(self._tries, self._patience)
        self._chance = chance or random.Random()  # spreads retries in time; no result depends on it
        self._waiters: dict[bytes, list[tuple[Waiter, Callable[[], bool]]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._later: set[asyncio.TimerHandle] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._held: dict[bytes, tuple[bytes, Answer | None]] = {}
        self.totals = self._tries.totals
        self.trouble: BaseException | None = None
        self.closed = False
        self.stored = True
        self.retrying = ""

    @property
    def concurrency(self) -> int:
        """Calls that may be in flight at once by what is known now, over all servers."""
        return sum(server.limit.most for server in self._servers)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come, from a teacher or from the journal's writer."""
        return bool(self._held or self._later or self._timer or self.inflight)

    @property
    def held(self) -> int:
        """Answers that wait to be committed; they hold no place."""
        return len(self._held)

    @property
    def inflight(self) -> int:
        """Calls in flight now."""
        return sum(line.inflight for line in self._lines.values())

    @property
    def left(self) -> float:
        """For about how many more calls the budget has room."""
        return self._tries.left()

    @property
    def out_of_budget(self) -> str:
        """Which limit keeps waiting calls from being asked, or ""."""
        waiting = [line.waiting[0][2].call for line in self._lines.values() if line.waiting]
        return next(filter(None, map(self._tries.exhausted, waiting)), "")

    def notices(self) -> list[str]:
        """Say of each server what keeps calls from being sent."""
        now = asyncio.get_running_loop().time()
        said = [(server.lines[0].name, server.said(now)) for server in self._servers]
        return [f"{name}: {words}" for name, words in said if words]

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
                self._lines[call.model].push(Ask(n, key, call))

    def start(self) -> None:
        """Start as many waiting calls as servers and budget allow."""
        now = asyncio.get_running_loop().time()
        for server in self._servers:
            while not self.closed and (line := server.next()) is not None:
                ask = line.waiting[0][2]
                if not any(alive() for _, alive in self._waiters[ask.key]):
                    line.pop()
                    del self._waiters[ask.key]
                    continue
                most = most_of(server, ask.call)
                if (wait := server.wait(now, most.total)) > 0:
                    self._wake_in(wait)
                    break
                reserved = self._tries.reserve(ask.call)
                if reserved is None:
                    break
                line.pop()
                self._launch(line, ask, sent(server, reserved, most, now))

    def _wake_in(self, seconds: float) -> None:
        """Be woken then; infinity stands for the end of a call in flight, which wakes by itself."""
        loop = asyncio.get_running_loop()
        at = loop.time() + max(seconds, SOON)
        if math.isinf(seconds) or (self._timer is not None and self._timer.when() <= at):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(at, self._rung)

    def _rung(self) -> None:
        self._timer = None
        self._wake()

    def _launch(self, line: Line, ask: Ask, sent: Sent) -> None:
        line.inflight += 1
        if not ask.tries:
            self.totals.launched(ask.call)
            ask.before, ask.since = line.answered, sent.ticket.at
        task = asyncio.get_running_loop().create_task(self._call(line, ask, sent))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, line: Line, ask: Ask, sent: Sent) -> None:
        try:
            ask.tries += 1
            outcome = await self._tries.make(line, ask.call, sent)
            if isinstance(outcome, Transient):
                final = await self._judgement.of_failure(line, outcome, ask)
                if final is None:
                    self._retry(line, ask, outcome)
                    return
                outcome = final
            self.retrying = ""
            if isinstance(outcome, Refused) and not isinstance(outcome, Unmade):
                outcome = await self._judgement.of_refusal(line, outcome, ask.call)
            self._store(line, ask, outcome)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            self.trouble = self.trouble or error
            self.closed = True
        finally:
            line.inflight -= 1
            self._wake()

    def _retry(self, line: Line, ask: Ask, error: Transient) -> None:
        """Let a call wait for its next try, which holds no place meanwhile; it was no answer.

        A server that has no room is asked nothing for as long as it says, and a little longer by
        chance; what another cause says of waiting is of that call alone, and not heard where it is
        longer than any wait.
        """
        loop = asyncio.get_running_loop()
        told = error.retry_after or None  # "at once" says nothing of when there will be room
        if told is not None and error.cause == "overloaded":
            _bearable(line, told)
            line.server.hold(loop.time() + told * self._chance.uniform(1.0, 1.1))
            delay = 0.0
        elif told is not None and told <= LONGEST_WAIT:
            delay = told
        else:
            wait = min(self._patience.first * 2.0 ** (ask.tries - 1), self._patience.most)
            delay = wait * self._chance.uniform(0.5, 1.5)
        self.retrying = f"{line.name}: {error.cause}, try {ask.tries + 1}"
        if self.closed or not delay:
            line.push(ask)
            return

        def due() -> None:
            self._later.discard(handle)
            line.push(ask)
            self._wake()

        handle = loop.call_later(delay, due)
        self._later.add(handle)

    def _store(self, line: Line, ask: Ask, outcome: Result | Refused) -> None:
        if isinstance(outcome, Refused) and not outcome.journaled:
            self._tell(ask.key, outcome)
            return
        call = ask.call
        request = {
            "kind": call.kind,
            "model": call.model,
            "identity": line.identity,
            **call.request(),
        }
        packed = pack(outcome)
        entry = Entry(ask.key, packed, orjson.dumps(request))
        # An answer is told as it is if it is the one in force: reading it again gives the same.
        self._held[ask.key] = (packed, outcome if isinstance(outcome, Answer) else None)
        self._journal.put(entry, self._committed, self._not_committed)

    def _committed(self, key: bytes, stored: bytes) -> None:
        packed, answer = self._held.pop(key)
        self._tell(key, answer if answer is not None and stored == packed else unpack(stored))
        self._wake()

    def _not_committed(self, error: Exception) -> None:
        self._held.clear()  # what cannot be stored now never will be: the run ends
        self.stored = False
        self.trouble = self.trouble or error
        self.closed = True
        self._wake()

    def _tell(self, key: bytes, outcome: Result | Refused) -> None:
        for waiter, _ in self._waiters.pop(key, ()):
            waiter(Told(key.hex(), outcome))

    def cut(self) -> None:
        """Ask nothing more, and cancel what is in flight."""
        self.closed = True
        for task in self._tasks:
            task.cancel()

    async def close(self, *, grace: float = 0.0) -> None:
        """Ask nothing more; wait up to ``grace`` seconds for what is in flight, then cancel it."""
        self.closed = True
        for handle in (*self._later, *([self._timer] if self._timer else ())):
            handle.cancel()
        self._later, self._timer = set(), None
        if self._tasks and grace:
            await asyncio.wait(self._tasks, timeout=grace)
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _bearable(line: Line, seconds: float) -> None:
    """Raise Trouble for a server that asks to wait longer than anyone would."""
    if seconds > LONGEST_WAIT:
        raise Trouble(
            f"The server of `{line.name}` asks to wait {math.ceil(seconds / 60):,} minutes.",
            "Run the same command again after that: every answer so far is kept.",
        )

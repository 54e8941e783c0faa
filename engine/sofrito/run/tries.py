"""One try of a call: asked, timed, counted and charged."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from sofrito.run.budget import Budget, Reserved, Tokens, most_tokens
from sofrito.run.charge import charge_of, is_answer, is_unknown
from sofrito.run.journal import Spent
from sofrito.run.lines import Line, Server
from sofrito.run.prices import FREE, Tariff
from sofrito.run.sending import Sent, room, sent
from sofrito.run.totals import Totals
from sofrito.teachers.call import Call
from sofrito.teachers.posts import POSTS
from sofrito.teachers.result import Result
from sofrito.teachers.teacher import Refused, Transient, Unmade

Outcome = Result | Refused | Transient

# Causes that say there was no room. One that got no answer in time waited for its turn, or was long.
_NO_ROOM = frozenset({"overloaded", "time-out"})

_UNCOUNTED = Tokens(0, 0)


class Tries:
    """Makes tries, and keeps what they cost: in the budget, in the server's minute, in ``totals``.

    ``spend`` is told of each, by model, to remember it for later sessions. ``tariffs`` are by model;
    one without a tariff costs nothing, one of which it is None costs what nobody knows.
    """

    def __init__(
        self,
        budget: Budget,
        tariffs: Mapping[str, Tariff | None],
        spend: Callable[[str, Spent], None],
    ) -> None:
        self._budget, self._tariffs, self._spend = budget, tariffs, spend
        self.totals = Totals()

    def left(self) -> float:
        """Return for about how many more the budget has room."""
        return self._budget.left()

    def exhausted(self, call: Call) -> str:
        """Return which limit keeps a call from being asked, or ""."""
        return self._budget.exhausted(call, self._tariff(call.model))

    def reserve(self, call: Call) -> Reserved | None:
        """Keep in the budget what a call may cost at most; None where so much is not left."""
        return self._budget.reserve(call, self._tariff(call.model))

    async def make(self, line: Line, call: Call, sent: Sent) -> Outcome:
        """Ask a call once; return what came of it."""
        outcome = await self._made(line, line.teacher.answer(call), sent)
        if isinstance(outcome, Unmade):
            self.totals.launched(call, -1)
        return outcome

    async def probe(self, line: Line, call: Call) -> bool | None:
        """Return whether a call that nobody wants the answer of gets one; it is not journaled.

        None where the budget does not allow it.
        """
        most = most_of(line.server, call)
        now = await room(line.server, most)
        reserved = self.reserve(call)
        if reserved is None:
            return None
        on_its_way = sent(line.server, reserved, most, now)
        return is_answer(await self._made(line, line.teacher.probe(call), on_its_way))

    def _tariff(self, model: str) -> Tariff | None:
        return self._tariffs.get(model, FREE)

    async def _made(self, line: Line, answer: Awaitable[Result], sent: Sent) -> Outcome:
        outcome: Outcome | None = None
        POSTS.set(sent)
        try:
            outcome = await answer
            line.answered, line.refused = line.answered + 1, 0
        except (Transient, Refused) as error:
            outcome = error
        finally:
            self._ended(line, sent, outcome)
        return outcome

    def _ended(self, line: Line, sent: Sent, outcome: Outcome | None) -> None:
        """Count a try that ended; ``outcome`` is None for one that was cancelled."""
        limit, metered = line.server.limit, line.teacher.metered
        charge = charge_of(outcome, self._tariff(line.name), sent.reserved, metered=metered)
        now = asyncio.get_running_loop().time()
        if isinstance(outcome, Transient) and outcome.cause in _NO_ROOM:
            limit.refused(sent.ticket)
        elif is_answer(outcome):
            limit.answered(sent.ticket, now, outcome.prompt_tokens, outcome.completion_tokens)
        else:
            limit.failed()
        if isinstance(outcome, Unmade):
            sent.unsent()
            self._budget.give_back(sent.reserved)
            return
        used = sent.minute if is_unknown(outcome, metered=metered) else charge.tokens
        line.server.minute.ended(now, sent.minute, used)
        self.totals.tried(line.name, outcome, charge)
        self._budget.settle(sent.reserved, charge.tokens, charge.usd or 0.0)
        unpriced = charge.usd is None and is_answer(outcome)  # as the session's totals count them
        self._spend(
            line.name, Spent(sent.reserved.tries, charge.tokens, charge.usd or 0.0, unpriced)
        )


def most_of(server: Server, call: Call) -> Tokens:
    """Return the most tokens of a call, where the server's minute is limited by them."""
    return most_tokens(call) if server.minute.rate.tokens else _UNCOUNTED

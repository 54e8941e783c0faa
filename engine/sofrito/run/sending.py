"""A try on its way: what is kept for it, and how its further requests are counted."""

import asyncio
from dataclasses import dataclass

from sofrito.run.budget import Reserved, Tokens
from sofrito.run.lines import Server
from sofrito.run.pace import Ticket

SOON = 0.001


@dataclass(slots=True)
class Sent:
    """What is kept for a try in the budget and in its server's minute, and its ticket.

    ``most`` are the most tokens of one request. The teacher tells this (as its ``Posts``) of
    requests beyond the first: one that was not answered has read at most its prompt, and wrote
    nothing.
    """

    server: Server
    reserved: Reserved
    most: Tokens
    minute: int
    ticket: Ticket
    counted: float = 0.0

    def pause(self) -> None:
        """Count the last request as ended, so that others need not wait for what it might take."""
        self.server.minute.ended(asyncio.get_running_loop().time(), self.minute, self.most.read)
        self.minute = 0

    def unsent(self) -> None:
        """Take back the last request, which was never sent."""
        self.server.minute.unsent(self.counted, self.minute)
        self.minute = 0

    async def resume(self) -> None:
        """Wait until the server's limits allow one more request, and count it."""
        self.counted = await room(self.server, self.most)
        self.minute = self.server.minute.sent(self.counted, self.most.total)


def sent(server: Server, reserved: Reserved, most: Tokens, now: float) -> Sent:
    """Count a try that is sent now."""
    minute = server.minute.sent(now, most.total)
    return Sent(server, reserved, most, minute, server.limit.sent(now), now)


async def room(server: Server, most: Tokens) -> float:
    """Wait until a request of at most so many tokens may be sent; return the time then."""
    loop = asyncio.get_running_loop()
    while (wait := server.wait(now := loop.time(), most.total)) > 0:
        await asyncio.sleep(min(max(wait, SOON), 1.0))
    return now

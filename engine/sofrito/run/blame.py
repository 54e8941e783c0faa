"""Whose fault it is that a call got no answer: its prompt's, or the server's."""

import asyncio
from dataclasses import dataclass

from sofrito.problems import Trouble
from sofrito.run.lines import Ask, Line
from sofrito.run.tries import Tries
from sofrito.teachers.call import Call, Completion, Embed, Message
from sofrito.teachers.teacher import Refused, Transient

# Causes that speak of the server and never of the prompt: such a call is only ever asked again.
_OF_THE_SERVER = frozenset({"unreachable", "overloaded"})

# Causes that a server gives before it looks at an answer: all calls may get them for its reasons.
_AT_THE_DOOR = frozenset({"invalid request", "content filter"})
_REFUSALS = 3


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try. Seconds double from ``first`` to ``most``, each times 0.5 to 1.5 by chance.

    After ``tries`` failures of one call: if others succeeded meanwhile, the prompt is at fault and
    its failure is final; if none did, the server is down and the run stops. A server that never
    answered gets ``tries_at_first``. One that says it has no room is there: it is given up after so
    many tries only if they took ``crowded`` seconds, as limits are by the minute.
    """

    tries: int = 6
    tries_at_first: int = 4
    first: float = 0.5
    most: float = 30.0
    crowded: float = 120.0


class Judgement:
    """Looks into calls without an answer; where it cannot tell, it asks the server for one token."""

    def __init__(self, tries: Tries, patience: Patience) -> None:
        self._tries, self._patience = tries, patience

    async def of_failure(self, line: Line, error: Transient, ask: Ask) -> Refused | None:
        """Return the final failure of a call that keeps failing while others succeed; else None.

        Raises Trouble when no call succeeds any more.
        """
        patience = self._patience
        if ask.tries < (patience.tries if line.answered else patience.tries_at_first):
            return None
        if line.answered > ask.before:
            if error.cause in _OF_THE_SERVER:
                return None
            return Refused(error.cause, error.words, spent=error.spent)
        if error.cause == "overloaded":
            waited = asyncio.get_running_loop().time() - ask.since
            if waited < patience.crowded:
                return None
        elif error.cause not in _OF_THE_SERVER:
            answers = await self._answers(line, ask.call)
            if answers is None or answers:  # None: asked again by the next run
                known = answers is not None
                return Refused(error.cause, error.words, journaled=known, spent=error.spent)
        raise Trouble(
            f"The teacher does not answer ({error.cause}, {ask.tries} tries): {error.words}",
            "Mend the server or the address and run the same command again: every answer so far is kept.",
        )

    async def of_refusal(self, line: Line, refused: Refused, call: Call) -> Refused:
        """Return a refusal that is the prompt's; raise Trouble for one of a server that refuses all.

        Where the budget has nothing left to learn which it is, it is asked again by the next run.
        """
        at_the_door = refused.cause in _AT_THE_DOOR
        line.refused += at_the_door
        async with line.doubt:
            unheard = not line.answered and (at_the_door or refused.journaled)
            if line.refused < _REFUSALS and not unheard:
                return refused
            answers = await self._answers(line, call)
        if answers is None:
            return Refused(refused.cause, refused.words, journaled=False, spent=refused.spent)
        if answers:
            return refused
        raise Trouble(
            f"The teacher refuses every call ({refused.cause}): {refused.words}",
            "Check the model's name, its key and its address, and run the same command again.",
        )

    async def _answers(self, line: Line, call: Call) -> bool | None:
        return await self._tries.probe(line, _smallest(line.name, call))


def _smallest(name: str, call: Call) -> Call:
    """Return the smallest call that goes the way of another one."""
    if isinstance(call, Embed):
        return Embed(name, "yes")
    sampling = {"max_tokens": 1, "temperature": 0}
    if isinstance(call, Completion) and call.prompt:
        return Completion(name, sampling=sampling, prompt="Say yes.")
    return Completion(name, (Message("user", "Say yes."),), sampling)

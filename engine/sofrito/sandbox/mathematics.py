"""Whether two answers are the same mathematics, found by math-verify in processes that may be stopped."""

from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from sofrito.problems import Trouble
from sofrito.sandbox.job import Ended
from sofrito.sandbox.workers import Gone, Workers, cores

SECONDS = 5.0
_LOADING = 120.0
_RULES = 4


class Mathematics:
    """Compares answers by math-verify, each within 5 seconds.

    An answer in which no mathematics is found is compared as a text. One that gives several results
    where one is asked for, such as 5 or 6, or 2 hours 30 minutes, is ambiguous, as is an equation of
    numbers that does not hold. A mixed number such as 3 1/2, and a number in groups such as 1 000,
    are one number. A time is compared as it is written, and a ratio with a ratio alone. Units that
    both state are the same, and are not converted. A percent sign is left out: 50% is 50, and is
    not 0.5. Of a text of more than 20,000 characters, the end is read. Raises Trouble where the
    package is missing.
    """

    def __init__(self) -> None:
        if find_spec("math_verify") is None:
            what = "`math` needs the package math-verify, which is not installed."
            raise Trouble(what, "Install it: pip install 'sofrito[math]'")
        self.identity: Mapping[str, Any] = {
            "rules": _RULES,
            "math-verify": version("math-verify"),
            "sympy": version("sympy"),
        }
        self.concurrency = cores()
        self._workers = Workers("sofrito.sandbox.math_worker", self.concurrency)

    async def compare(self, gold: str, answer: str) -> Ended:
        """Return how ``answer`` compares with ``gold``: "", differs, ambiguous, unreadable or time."""
        try:
            # A new process imports SymPy first: its seconds begin when that is done.
            request = {"gold": gold, "answer": answer, "seconds": SECONDS}
            said = await self._workers.ask(request, SECONDS + _LOADING)
        except (TimeoutError, Gone):
            return Ended("time", f"no decision within {SECONDS:g} s")
        return Ended(str(said["reason"]), str(said["detail"]))

    async def close(self) -> None:
        """End the processes."""
        await self._workers.close()

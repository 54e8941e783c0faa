"""How far a run is, for whoever shows it."""

from collections.abc import Callable
from dataclasses import dataclass

from sofrito.run.engine import Engine
from sofrito.run.totals import Totals

_TELLING = 5
"""Rows that must be made before their pace says when the rest will be."""


@dataclass(frozen=True, slots=True)
class StepProgress:
    """A step so far: rows that came in and went out, over the candidates whose turn came."""

    name: str
    entered: int
    out: int


@dataclass(frozen=True, slots=True)
class Progress:
    """A run so far; ``elapsed`` and ``left`` in seconds, ``left`` None while it cannot be told.

    ``notices`` say what keeps calls from being sent; ``usd`` is what this session has cost, beside
    the ``unpriced`` answers. ``stopping`` says what an interrupted run still waits for.
    """

    accepted: int
    wanted: int | None
    candidates: int
    inflight: int
    elapsed: float
    left: float | None
    asked: int
    replayed: int
    prompt_tokens: int
    completion_tokens: int
    steps: tuple[StepProgress, ...]
    retrying: str
    notices: tuple[str, ...] = ()
    usd: float = 0.0
    unpriced: int = 0
    stopping: str = ""

    @property
    def tokens_per_second(self) -> float:
        """Tokens written by teachers in a second of this session."""
        return self.completion_tokens / self.elapsed if self.elapsed else 0.0


OnProgress = Callable[[Progress], None]


class Watch:
    """Takes the progress of an engine at moments of ``now`` (seconds).

    ``grace`` is how many seconds an interrupted run waits for what is in flight.
    """

    def __init__(self, engine: Engine, now: float) -> None:
        self._engine, self._start = engine, now
        self._first_ask: tuple[float, int] | None = None
        self._answered, self._moved = 0, now
        self._basis: float | None = None
        self._least = 0.0
        self.grace = 0.0

    def progress(self, now: float) -> Progress:
        """Return how far the run is."""
        engine, totals = self._engine, self._engine.calls.totals
        ledger = engine.ledger
        steps = zip(ledger.names[1:-1], ledger.tallies[1:-1], strict=True)
        return Progress(
            accepted=engine.accepted,
            wanted=engine.program.rows,
            candidates=engine.settled,
            inflight=engine.calls.inflight,
            elapsed=now - self._start,
            left=self._left(now, totals),
            asked=totals.asked + totals.checks,
            replayed=totals.hits,
            prompt_tokens=totals.prompt_tokens,
            completion_tokens=totals.completion_tokens,
            steps=tuple(StepProgress(name, t.entered, t.out) for name, t in steps),
            retrying=engine.calls.retrying,
            notices=tuple(engine.calls.notices()),
            usd=totals.usd,
            unpriced=totals.unpriced,
            stopping=self._stopping(),
        )

    def _stopping(self) -> str:
        flying = self._engine.calls.inflight
        if not self.grace or not flying:
            return ""
        calls = f"{flying:,} call{'s' * (flying != 1)}"
        return f"stopping: waiting up to {self.grace:g} s for {calls}; Ctrl-C again stops at once"

    def _left(self, now: float, totals: Totals) -> float | None:
        """Seconds at the pace since the first call that was not replayed; None while they hang on luck.

        What is in flight counts half, as it is half done on average. Told from the fifth row made
        on, and not before as many calls were answered as are in flight. Between answers it runs
        down: that nothing is answered for a moment says nothing about the pace. What is less than
        half of what a call takes hangs on single calls, and nothing is told.
        """
        engine, flying = self._engine, self._engine.calls.inflight
        asked = totals.asked + totals.checks
        if self._first_ask is None and asked:
            self._first_ask = (now, engine.accepted)
        if self._first_ask is None or engine.program.rows is None:
            return None
        since, before = self._first_ask
        answered = asked - flying
        if answered != self._answered:
            self._answered, self._moved = answered, now
            made = engine.accepted - before
            self._basis = None
            if made >= _TELLING and answered >= flying:
                coming = made / answered * flying / 2
                missing = max(engine.program.rows - engine.accepted - coming, 0.0)
                self._basis = missing * (now - since) / (made + coming)
                self._least = max((now - since) / answered * flying / 2, 1.0)
        left = None if self._basis is None else self._basis - (now - self._moved)
        return left if left is not None and left >= self._least else None

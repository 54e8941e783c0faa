"""Shows how far a run is: a live display in a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from sofrito.cli.pipe import reader_may_leave
from sofrito.run.cost import dollars
from sofrito.run.progress import OnProgress, Progress, StepProgress

SOONEST, LATEST = 10.0, 60.0
"""Seconds between two plain lines, at least and at most: a tenth of those that the run has taken.

Where nothing was answered since the last one, it is the most.
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a run shows how far it is, and says what its user should know at once."""

    progress: OnProgress
    say: Callable[[str], None]


@contextmanager
def shown(name: str, *, quiet: bool) -> Iterator[Shown]:
    """Lend what shows a run on standard error; nothing is shown if ``quiet``."""
    if quiet:
        yield Shown(lambda _: None, lambda _: None)
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Shown(_plain_lines(name), _say_plainly)
        return

    def say(words: str) -> None:
        console.print(Text(words), soft_wrap=True)

    with Live(
        Text(f"{name}: starting"), console=console, transient=True, auto_refresh=False
    ) as live:

        def show(progress: Progress) -> None:
            live.update(display(name, progress), refresh=True)

        yield Shown(show, say)


def display(name: str, progress: Progress) -> Group:
    """Return the live display: a bar, the pace, and each step's acceptance."""
    head = Table.grid(padding=(0, 1))
    wanted = progress.wanted
    of = f" of {wanted:,}" if wanted else ""
    cells: list[Text | ProgressBar] = [
        Text(name, style="bold"),
        Text(f"{progress.accepted:,}{of} {rows_of(progress)}"),
    ]
    if wanted:
        cells.insert(1, ProgressBar(total=wanted, completed=progress.accepted, width=30))
    head.add_row(*cells, Text(pace(progress), style="dim"))
    steps = Table.grid(padding=(0, 2))
    for step in progress.steps:
        row = (f"  {step.name}", f"{step.entered:,} in", f"{step.out:,} out")
        steps.add_row(*row, acceptance(step))
    lines: list[Table | Text] = [head, steps]
    lines += [Text(f"  {notice}", style="yellow") for notice in progress.notices]
    if progress.retrying:
        lines.append(Text(f"  trying again: {progress.retrying}", style="yellow"))
    if progress.stopping:
        lines.append(Text(f"  {progress.stopping}", style="bold yellow"))
    return Group(*lines)


def rows_of(progress: Progress) -> str:
    """Return the noun behind the rows that were made, of those that are wanted."""
    return "row" if (progress.wanted or progress.accepted) == 1 else "rows"


def acceptance(step: StepProgress) -> str:
    """Return the share of rows that pass a step; of a step that makes rows, how many from each."""
    if not step.entered:
        return ""
    rate = step.out / step.entered
    return f"{rate:.0%}" if rate <= 1 else f"{rate:.1f} of each"


def pace(progress: Progress) -> str:
    """Return calls, tokens a second and the time left as one line."""
    parts = [_calls(progress)]
    if progress.replayed:
        parts.append(f"{progress.replayed:,} taken from the journal")
    if progress.completion_tokens:
        parts.append(f"{progress.tokens_per_second:.0f} tokens/s")
    if progress.usd or progress.unpriced:
        parts.append(money(progress))
    if progress.left is not None:
        parts.append(f"about {duration(progress.left)} left")
    return ", ".join(parts)


def _calls(progress: Progress) -> str:
    done = progress.asked - progress.inflight
    words = f"{done:,} call{'s' * (done != 1)}"
    return f"{words} done, {progress.inflight:,} running" if progress.inflight else words


def money(progress: Progress) -> str:
    """Return what this session has cost as far as it is known."""
    if not progress.unpriced:
        return dollars(progress.usd)
    return f"{dollars(progress.usd)} and what is not known" if progress.usd else "cost not known"


def duration(seconds: float) -> str:
    """Return seconds as people say them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class PlainLines:
    """Tells how far a run is in lines, from a moment on: at first often, later seldom."""

    def __init__(self, name: str, now: float) -> None:
        self._name, self._last, self._stopping = name, now, False
        self._told: tuple[object, ...] = ()

    def due(self, progress: Progress, now: float) -> Iterator[str]:
        """Yield the lines whose time has come; that a run stops is told at once."""
        if progress.stopping and not self._stopping:
            self._stopping = True
            yield f"{self._name}: {progress.stopping}"
        news = (progress.accepted, progress.asked - progress.inflight, progress.notices)
        pause = min(max(SOONEST, progress.elapsed / 10), LATEST)
        if now - self._last >= (LATEST if news == self._told else pause):
            self._last, self._told = now, news
            of = f" of {progress.wanted:,}" if progress.wanted else ""
            said = "; ".join([pace(progress), *progress.notices])
            yield f"{self._name}: {progress.accepted:,}{of} {rows_of(progress)}, {said}"


def _plain_lines(name: str) -> OnProgress:
    lines = PlainLines(name, time.monotonic())

    def show(progress: Progress) -> None:
        for line in lines.due(progress, time.monotonic()):
            _say_plainly(line)

    return show


def _say_plainly(line: str) -> None:
    """Print a line on standard error; a run goes on where nobody reads it."""
    with reader_may_leave():
        print(line, file=sys.stderr, flush=True)

"""Which sequence of the cache holds which tokens, which of them are shared, and what room is left."""

from collections.abc import Iterable
from dataclasses import dataclass, field

WORTH = 16
"""Tokens that a job must save by waiting for another one to read their common beginning."""

SPARE = 256
"""Cells that may keep endings which nobody has asked for again."""

BYTES = 4
"""Bytes of a packed token."""


@dataclass(eq=False, slots=True)
class _Run:
    """Cells decoded one after the other: how many of them, from the first on, each holder holds."""

    holders: dict["_Sequence", int] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class _Sequence:
    """A sequence: the tokens it holds, and the prompt it is to hold while a job is at work.

    ``due`` tokens may still come, ``proven`` of its first tokens were shared with another job.
    """

    number: int
    held: bytearray = field(default_factory=bytearray)
    plan: bytes = b""
    live: bool = False
    due: int = 0
    proven: int = 0
    used: int = 0
    runs: list[_Run] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Tokens held."""
        return len(self.held) // BYTES

    def first(self, holder: "_Sequence", length: int) -> list[_Run]:
        """Let ``holder`` hold the first ``length`` tokens' cells of this one, and return their runs."""
        runs = []
        for run in self.runs:
            there = run.holders.pop(self, 0) if holder is self else run.holders.get(self, 0)
            take = min(length, there)
            if take:
                run.holders[holder] = take
                runs.append(run)
                length -= take
        return runs


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a job goes, and how many of its first tokens are there already."""

    sequence: int
    shared: int


@dataclass(frozen=True, slots=True)
class Wait:
    """A job waits: until sequence ``behind`` holds ``length`` tokens, or (-1) for room."""

    behind: int = -1
    length: int = 0


@dataclass(frozen=True, slots=True)
class Copy:
    """Let sequence ``target`` hold the first ``length`` tokens of ``source`` as well."""

    source: int
    target: int
    length: int


@dataclass(frozen=True, slots=True)
class Cut:
    """Forget what a sequence holds beyond its first ``length`` tokens."""

    sequence: int
    length: int


class Shelf:
    """Gives sequences and cells to jobs, so that what prompts have in common is decoded once.

    Prompts are packed: four bytes a token. ``grid`` is the number of tokens in multiples of which a
    beginning is shared (0: nothing is). What is to be done to the cache is left in ``orders``.
    """

    def __init__(self, sequences: int, cells: int, *, parallel: int, grid: int = 1) -> None:
        self.cells, self.parallel, self.grid = cells, parallel, grid
        self.orders: list[Copy | Cut] = []
        self._all = [_Sequence(number) for number in range(sequences)]
        self._clock = 0

    @property
    def live(self) -> int:
        """Sequences that jobs are at work on."""
        return sum(s.live for s in self._all)

    @property
    def used(self) -> int:
        """Cells that hold something."""
        return _cells(self._all)

    def still(self, wait: Wait) -> bool:
        """Whether a job must wait on: the one it waits behind is reading what they share."""
        ahead = self._all[wait.behind] if wait.behind >= 0 else None
        return ahead is not None and ahead.live and ahead.length < wait.length

    def place(self, prompt: bytes, first: int, limit: int) -> Placed | Wait:
        """Give a job a sequence, or say what it must wait for.

        Its tokens from ``first`` on must be decoded, whoever holds them; ``limit`` more may follow.
        """
        if self.live >= self.parallel:
            return Wait()
        donor, shared, coming = self._nearest(prompt[: first * BYTES])
        if donor is not None and coming - shared >= WORTH:
            return Wait(donor.number, coming)
        due = len(prompt) // BYTES - shared + limit
        if not self._make_room(due, donor, shared):
            return Wait()
        target = self._target(donor, shared)
        if target is not donor:
            self._cut(target, 0)
        self._begin(target, donor, shared)
        target.plan, target.live, target.due = prompt, True, due
        return Placed(target.number, shared)

    def decoded(self, number: int, tokens: bytes) -> None:
        """Take note of tokens that were decoded into a sequence."""
        sequence, count = self._all[number], len(tokens) // BYTES
        sequence.held += tokens
        sequence.due -= count
        own = sequence.runs[-1]
        own.holders[sequence] = own.holders.get(sequence, 0) + count

    def release(self, number: int, waiting: Iterable[bytes] = ()) -> None:
        """End a job.

        What it shared, and what it has in common with prompts that wait, is kept; the rest only
        while cells are to spare: every cell in use slows every token that is written.
        """
        sequence = self._all[number]
        read = len(sequence.plan) // BYTES
        sequence.live, sequence.due, sequence.plan = False, 0, b""
        self._touch(sequence)
        if self.parallel == 1:
            # what was written token by token, or read in a shorter piece, has other last bits
            self._cut(sequence, read // self.grid * self.grid if self.grid else 0)
            return
        wanted = max((common(sequence.held, prompt) for prompt in waiting), default=0)
        keep = max(sequence.proven, wanted)
        spare = sum(s.length - s.proven for s in self._all if not s.live)
        if not wanted and self.live < self.parallel - 1 and spare <= SPARE:
            return
        covered = any(self._covers(other, sequence, keep) for other in self._all)
        self._cut(sequence, 0 if covered else keep)

    def clear(self) -> None:
        """Forget everything: nobody knows what a failed decoding has left."""
        for sequence in self._all:
            sequence.live, sequence.due, sequence.plan, sequence.proven = False, 0, b"", 0
            sequence.held, sequence.runs = bytearray(), []
        self.orders = [Cut(sequence.number, 0) for sequence in self._all]

    def _covers(self, other: _Sequence, sequence: _Sequence, keep: int) -> bool:
        return other is not sequence and other.held.startswith(sequence.held[: keep * BYTES])

    def _nearest(self, prompt: bytes) -> tuple[_Sequence | None, int, int]:
        """Return who shares most with a prompt, how much is there now, and how much will be."""
        best: tuple[_Sequence | None, int, int] = (None, 0, 0)
        for sequence in self._all if self.grid else ():
            now = common(sequence.held, prompt) // self.grid * self.grid
            later = max(now, common(sequence.plan, prompt)) if sequence.live else now
            if (later, now) > (best[2], best[1]):
                best = (sequence, now, later)
        return best

    def _target(self, donor: _Sequence | None, shared: int) -> _Sequence:
        """Return the sequence to use: the donor if nobody asked for more of it, or an idle one."""
        if donor is not None and not donor.live and donor.proven <= shared:
            return donor
        idle = [s for s in self._all if not s.live]
        others = [s for s in idle if s is not donor]
        return min(others, key=lambda s: (bool(s.held), s.used)) if others else idle[0]

    def _make_room(self, due: int, donor: _Sequence | None, shared: int) -> bool:
        """Empty idle sequences, the longest unused first, until ``due`` cells are free."""
        due += sum(s.due for s in self._all if s.live)
        live = [s for s in self._all if s.live]
        beyond = 0 if donor is None or donor.live else shared
        if _cells(live) + beyond + due > self.cells:
            return False
        idle = [s for s in self._all if not s.live and s.held and s is not donor]
        for sequence in sorted(idle, key=lambda s: s.used):
            if self.used + due > self.cells:
                self._cut(sequence, 0)
        if self.used + due > self.cells and donor is not None and not donor.live:
            self._cut(donor, shared)
        return self.used + due <= self.cells

    def _begin(self, target: _Sequence, donor: _Sequence | None, shared: int) -> None:
        """Let ``target`` hold the first tokens of ``donor``, then cells of its own."""
        if donor is not None:
            donor.proven = max(donor.proven, shared)
            self._touch(donor)
        if target is donor:
            self._cut(target, shared)
        elif donor is not None and shared:
            self.orders.append(Copy(donor.number, target.number, shared))
            target.held, target.runs = donor.held[: shared * BYTES], donor.first(target, shared)
        target.proven = shared
        target.runs.append(_Run())
        self._touch(target)

    def _cut(self, sequence: _Sequence, keep: int) -> None:
        if sequence.length <= keep:
            return
        self.orders.append(Cut(sequence.number, keep))
        sequence.runs = sequence.first(sequence, keep)
        sequence.held = sequence.held[: keep * BYTES]
        sequence.proven = min(sequence.proven, keep)

    def _touch(self, sequence: _Sequence) -> None:
        self._clock += 1
        sequence.used = self._clock


def _cells(sequences: Iterable[_Sequence]) -> int:
    holders = {run: 0 for s in sequences for run in s.runs}
    for sequence in sequences:
        for run in sequence.runs:
            holders[run] = max(holders[run], run.holders.get(sequence, 0))
    return sum(holders.values())


def common(a: bytes | bytearray, b: bytes | bytearray) -> int:
    """Return how many tokens two packed lists of tokens have in common at their beginning."""
    low, high = 0, min(len(a), len(b)) // BYTES
    while low < high:
        middle = (low + high + 1) // 2
        if a[low * BYTES : middle * BYTES] == b[low * BYTES : middle * BYTES]:
            low = middle
        else:
            high = middle - 1
    return low

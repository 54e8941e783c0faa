"""What runs: a recipe compiled into segments of operations, its candidates' source and its cells."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sofrito.prompts import Templates
from sofrito.steps.work import Gather, Join, Map, Operation, Ordered, Pooled, Values

# Candidates for each row wanted, of a cell or of the run, after which it is given up.
TRIES = 40


@dataclass(frozen=True, slots=True)
class Stage:
    """An operation and its place: whether it is the first and the last of its step."""

    operation: Operation
    first: bool
    last: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """Maps that run in any order, then what they wait for: siblings, the order of numbers, or acceptance."""

    maps: tuple[Stage, ...]
    barrier: Stage | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of the axes' values, how many rows it shall have, and its share of candidates.

    A quota of None is no quota: then every candidate counts. ``records`` are what rows have in place
    of the values of generated axes.
    """

    values: Mapping[str, str]
    quota: int | None
    share: int
    records: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The cell's name: its values in the order of the axes."""
        return ", ".join(self.values.values())

    @property
    def columns(self) -> Values:
        """What its rows begin with."""
        return {**self.values, **self.records}


def always_fit(values: Values) -> str:  # noqa: ARG001
    """Find no fault with any row."""
    return ""


@dataclass(frozen=True)
class Program:
    """A recipe ready to run. Compiled afresh for each run: operations with memory start empty.

    ``unfit`` says why no format of the output can write a row, "" where one can or leaves it out.
    ``calls`` are those that a candidate asks for, as far as the recipe tells, if nothing of it is lost.
    With ``once`` each cell has one candidate, whose rows all count; ``source`` then has nothing for it.
    """

    name: str
    seed: int
    fingerprint: str
    steps: tuple[str, ...]
    segments: tuple[Segment, ...]
    cells: tuple[Cell, ...]
    rows: int | None
    round: int
    lag: int
    pools: Mapping[str, Sequence[Pooled]]
    templates: Templates
    grows: bool
    source: Callable[[], Iterator[Values]] | None = None
    tries: int = TRIES
    start: str = ""
    once: bool = False
    calls: int = 1
    unfit: Callable[[Values], str] = always_fit

    @property
    def trailing(self) -> bool:
        """Whether nothing but ordered steps follows the first ordered one."""
        barriers = [isinstance(s.barrier and s.barrier.operation, Ordered) for s in self.segments]
        start = barriers.index(True) + 1 if True in barriers else len(self.segments)
        return all(
            not s.maps and not isinstance(s.barrier and s.barrier.operation, Gather | Join)
            for s in self.segments[start:]
        )

    @property
    def quotas(self) -> bool:
        """Whether cells have quotas."""
        return any(cell.quota is not None for cell in self.cells)

    @property
    def in_rounds(self) -> bool:
        """Whether what is learned feeds back, so that candidates must run in rounds."""
        return self.grows or (self.quotas and not self.trailing)


def segmented(operations: Sequence[Operation]) -> tuple[Segment, ...]:
    """Divide operations at those that wait; the last segment waits for acceptance."""
    stages = [
        Stage(
            operation,
            i == 0 or operations[i - 1].step != operation.step,
            i + 1 == len(operations) or operations[i + 1].step != operation.step,
        )
        for i, operation in enumerate(operations)
    ]
    segments: list[Segment] = []
    maps: list[Stage] = []
    for stage in stages:
        if isinstance(stage.operation, Map):
            maps.append(stage)
        else:
            segments.append(Segment(tuple(maps), stage))
            maps = []
    return (*segments, Segment(tuple(maps), None))

"""What steps are made of at run time: rows, what becomes of them, and three kinds of operation."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import orjson
import xxhash

from sofrito.prompts import Render
from sofrito.recipe.expressions import Expression, ExpressionError
from sofrito.teachers.call import Call
from sofrito.teachers.result import Result
from sofrito.teachers.teacher import Refused

Values = Mapping[str, Any]


def mix(*parts: Any) -> int:
    """Return a 64-bit number that depends on every part: the source of everything random."""
    return xxhash.xxh3_64_intdigest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a row at a step: a call, a draw of shots, a score, a vote."""

    step: str
    kind: Literal["seed", "call", "shots", "score", "vote", "skip", "grow"]
    what: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A row on its way through the steps.

    ``path`` is the candidate's number followed by child indices, given before any filter. ``key``
    is what the row's random draws derive from; it depends on who the row is (the cell and its
    place in it, the content of the children), never on the candidate's number. ``skipping`` is the
    index of the step whose `when` was false. ``aside`` is what one operation of a step leaves for the
    next one of the same step; it is written nowhere. ``parent`` is the row that a sibling came out
    of, as it was then.
    """

    path: tuple[int, ...]
    key: int
    values: Values
    story: tuple[Event, ...] = ()
    skipping: int = -1
    aside: bytes = b""
    parent: "Row | None" = field(default=None, compare=False, repr=False)

    @property
    def id(self) -> str:
        """The path as text, such as `12.0.3`."""
        return ".".join(map(str, self.path))

    def having(self, values: Values, *events: Event) -> "Row":
        """Return the row with these columns set and these events told."""
        return self._become({**self.values, **values}, events)

    def told(self, *events: Event) -> "Row":
        """Return the row with these events added to its story."""
        return self._become(self.values, events)

    def _become(self, values: Values, events: Iterable[Event]) -> "Row":
        story = (*self.story, *events)
        return Row(self.path, self.key, values, story, self.skipping, parent=self.parent)

    def children(self, step: str, several: Sequence[Values], *events: Event) -> list["Row"]:
        """Return a sibling row for each of ``several``, numbered in order.

        A child's key derives from its content and how often that content came before, so that a
        parser that drops one item does not change what the others draw.
        """
        seen: dict[int, int] = {}
        rows = []
        for index, values in enumerate(several):
            content = mix(values)
            occurrence = seen[content] = seen.get(content, -1) + 1
            rows.append(
                Row(
                    (*self.path, index),
                    mix(self.key, step, content, occurrence),
                    {**self.values, **values},
                    (*self.story, *events),
                    parent=self,
                )
            )
        return rows

    def lost_child(self, index: int) -> "Row":
        """Return the row of a sibling that never came to be, such as an answer that was cut off."""
        return Row((*self.path, index), self.key, self.values, self.story, parent=self)


@dataclass(frozen=True, slots=True)
class Lost:
    """A row that goes no further: ``rejected`` by a rule, ``failed`` by a cause outside of it, or ``surplus``.

    ``reason`` is a class that is counted; ``detail`` is about this row. ``score`` is the number the
    rule compared, where there is one.
    """

    row: Row
    kind: Literal["rejected", "failed", "surplus"]
    reason: str
    detail: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """How a call ended, as a step receives it: the call's key in hex, and the result or refusal."""

    key: str
    answer: Result | Refused


class Counted(list[Row | Lost]):
    """An outcome with what the step counted on its way, by what it is called.

    The run adds them up, in number order as all its accounting, and reports them beside the step.
    """

    def __init__(self, outcome: "Outcome", counted: Mapping[str, int]) -> None:
        super().__init__(outcome)
        self.counted = counted

    @classmethod
    def as_in(cls, before: "Outcome", outcome: "Outcome") -> "Counted":
        """Return an outcome in place of the one ``before``, with the same counts."""
        return cls(outcome, before.counted if isinstance(before, Counted) else {})


Request = Render | Call
# To a Render the engine replies with a text or an ExpressionError, to a Call with a Told.
Reply = str | ExpressionError | Told
Outcome = list[Row | Lost]
Work = Generator[list[Request], list[Any], Outcome]


class Candidate(Protocol):
    """What an operation may know of the candidate it works for; the same whenever it is asked."""

    round: int

    def pool(self, name: str) -> "Pool":
        """Return a seed pool as it is frozen for this candidate's round."""
        ...

    def grow(self, pool: str, row: Row, values: Values) -> None:
        """Offer a row to a pool: it joins when the candidate's round is closed."""
        ...


@dataclass(frozen=True, slots=True)
class Pooled:
    """A row of a pool: its values, its content hash (8 bytes) and where it came from."""

    values: Values
    hash: bytes
    origin: str

    @classmethod
    def of(cls, values: Values, origin: str) -> "Pooled":
        """Return the pool row for these values."""
        return cls(
            values, xxhash.xxh3_64_digest(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)), origin
        )


@dataclass(frozen=True, slots=True)
class Pool:
    """A seed pool as one round sees it: its own rows, and those that grew in closed rounds."""

    seeds: Sequence[Pooled]
    grown: Sequence[Pooled]
    size: int

    def grown_rows(self) -> Sequence[Pooled]:
        """The rows that grew in rounds closed for this candidate."""
        return self.grown[: self.size]


@dataclass(frozen=True)
class Map:
    """Works on one row by itself, in any order; may ask for calls.

    ``nulls`` are the new columns, null in a row that the guard keeps out.
    """

    step: int
    run: Callable[[Row, Candidate], Work | Outcome]
    guard: Expression | None = None
    nulls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gather:
    """Works on the innermost siblings together, once all of a candidate's rows have come this far.

    It may ask for calls.
    """

    step: int
    run: Callable[[tuple[Row, ...]], Work | Outcome]
    guard: Expression | None = None
    nulls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Join:
    """Closes siblings: gives their parent back, as it was when they were made, with what came of them.

    ``run`` gets the parent and the siblings that are left, in order, maybe none; it runs once all of
    them are settled. A joined row goes on in the parent's place. ``opener`` is the step that made the
    siblings, ``depth`` the length of their paths.
    """

    step: int
    run: Callable[[Row, tuple[Row, ...]], Work | Outcome]
    opener: int = 0
    depth: int = 2
    guard: None = None
    nulls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ordered:
    """Has a memory: sees rows one by one, in the order of their numbers."""

    step: int
    run: Callable[[Row], Row | Lost]
    guard: Expression | None = None
    nulls: tuple[str, ...] = ()


Operation = Map | Gather | Join | Ordered

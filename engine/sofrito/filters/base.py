"""The base of every filter's class, in five kinds: by row, by pools, by siblings, with memory, by a model."""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, ClassVar

from sofrito.problems import Trouble
from sofrito.recipe.base import Need
from sofrito.recipe.entries import Check
from sofrito.recipe.heads import Head
from sofrito.teachers.call import Call

Values = Mapping[str, Any]
Columns = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a filter says of a row: whether it is kept, and why.

    ``reason`` is a class that is counted, ``detail`` is about this row, ``score`` the number that
    was compared.
    """

    kept: bool
    reason: str = ""
    detail: str = ""
    score: float | None = None


KEPT = Verdict(True)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A file of the library to be rendered with ``values``: the reply is a :class:`Prompted`."""

    folder: str
    name: str
    values: Values


@dataclass(frozen=True, slots=True)
class Prompted:
    """A file of the library as rendered, and its head."""

    text: str
    head: Head


# What a filter does that asks a model: it yields calls, is sent their results, returns the verdict.
# It may yield prompts as well, and is sent their texts.
Judging = Generator[Sequence[Call] | Sequence[Prompt], Any, Verdict]


class Filter(Check):
    """A filter that can run."""

    filter: ClassVar[str] = ""

    def ready(self) -> None:
        """Raise Trouble where the package that the filter needs is not installed."""
        if self.package and find_spec(self.package) is None:
            raise Trouble(
                f"The filter `{self.filter}` needs the package {self.package}, which is not installed.",
                f"Install it: pip install 'sofrito[{self.extra}]'",
            )


class RowFilter(Filter):
    """Decides on a row by itself."""

    def judge(self, values: Values, columns: Columns) -> Verdict:
        """Return the verdict on one row; ``columns`` are those the step is about."""
        raise NotImplementedError

    def passes(self, values: Values, columns: Columns) -> bool | None:
        """Whether it keeps the row, None of a filter that needs a package."""
        return None if self.package else self.judge(values, columns).kept


class SiblingFilter(Filter):
    """Decides on the innermost siblings together."""

    siblings: ClassVar[bool] = True

    def judge_all(self, siblings: Sequence[Values], columns: Columns) -> list[Verdict]:
        """Return a verdict for each sibling, in order."""
        raise NotImplementedError


class PoolFilter(Filter):
    """Compares a row with seed pools, and decides on it by itself."""

    def comparing(
        self, columns: Columns, pools: Mapping[str, Sequence[Values]]
    ) -> Callable[[Values], Verdict]:
        """Return what judges a row; ``pools`` holds the rows of the seed pools the filter names."""
        raise NotImplementedError


class MemoryFilter(Filter):
    """Remembers what it let through; sees rows in the order of their numbers."""

    remembers: ClassVar[bool] = True

    def memory(
        self, columns: Columns, pools: Mapping[str, Sequence[Values]]
    ) -> Callable[[Values], Verdict]:
        """Return a fresh memory: a function that judges a row and remembers it if it is kept.

        ``pools`` holds the rows of the seed pools the filter names. The memory grows with the rows
        let through.
        """
        raise NotImplementedError


class AskingFilter(Filter):
    """Asks a model about a row, and decides on it by itself."""

    model: str = ""
    """Which of the recipe's models is asked."""

    def asks(self) -> str | None:
        """The model named, or the recipe's default."""
        return self.model

    def needs(self) -> tuple[Need, ...]:
        """A model that scores texts."""
        return ("score",)

    def judging(self, values: Values, columns: Columns, model: str) -> Judging:
        """Judge one row: yield the calls to ask ``model``, at least one at a time, or none at all.

        The results are sent in the order of the calls. A call that is refused ends it: the row has
        then failed.
        """
        raise NotImplementedError


def measured(
    columns: Columns,
    scores: Sequence[float | None],
    *,
    above: float | None = None,
    below: float | None = None,
) -> Verdict:
    """Return the verdict on columns by their scores, which must be above and below these bounds.

    The verdict's score is that of the column that decides: the first one out of bounds, else the
    highest. None is the score of a text too short to have one.
    """
    for column, score in zip(columns, scores, strict=True):
        if score is None:
            return Verdict(False, "nothing to score", f"{column} is too short")
        low, high = above is not None and score <= above, below is not None and not score < below
        if low or high:
            side, bound = ("too low", above) if low else ("too high", below)
            word = "above" if low else "below"
            return Verdict(False, side, f"{column} has {score:.4g}, not {word} {bound:g}", score)
    known = [score for score in scores if score is not None]
    each = (f"{column} has {score:.4g}" for column, score in zip(columns, known, strict=True))
    return Verdict(True, "", ", ".join(each) if len(columns) > 1 else "", max(known))


def between(above: float | None, below: float | None) -> tuple[float, float]:
    """Return the least and the most number that is above one bound and below the other."""
    low = -math.inf if above is None else math.nextafter(above, math.inf)
    return low, math.inf if below is None else math.nextafter(below, -math.inf)


def texts(values: Values, columns: Columns) -> list[str]:
    """Return the columns' values as texts, a null as ""."""
    return ["" if (value := values.get(column)) is None else str(value) for column in columns]

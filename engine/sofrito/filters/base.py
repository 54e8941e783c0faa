"""The base of every filter's class, in three kinds: by row, by siblings, with memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sofrito.recipe.base import Check

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


class Filter(Check):
    """A filter that can run."""

    filter: ClassVar[str] = ""


class RowFilter(Filter):
    """Decides on a row by itself."""

    def judge(self, values: Values, columns: Columns) -> Verdict:
        """Return the verdict on one row; ``columns`` are those the step is about."""
        raise NotImplementedError


class SiblingFilter(Filter):
    """Decides on the innermost siblings together."""

    siblings: ClassVar[bool] = True

    def judge_all(self, siblings: Sequence[Values], columns: Columns) -> list[Verdict]:
        """Return a verdict for each sibling, in order."""
        raise NotImplementedError


class MemoryFilter(Filter):
    """Remembers what it let through; sees rows in the order of their numbers."""

    def memory(
        self, columns: Columns, pools: Mapping[str, Sequence[Values]]
    ) -> Callable[[Values], Verdict]:
        """Return a fresh memory: a function that judges a row and remembers it if it is kept.

        ``pools`` holds the rows of the seed pools the filter names. The memory grows with the rows
        let through.
        """
        raise NotImplementedError


def texts(values: Values, columns: Columns) -> list[str]:
    """Return the columns' values as texts, a null as ""."""
    return ["" if (value := values.get(column)) is None else str(value) for column in columns]

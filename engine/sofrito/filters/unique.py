"""Keeps the first of equal siblings."""

from collections.abc import Sequence
from typing import ClassVar

from sofrito.filters.base import KEPT, Columns, SiblingFilter, Values, Verdict, texts


class Unique(SiblingFilter):
    """Of siblings that are equal in the step's columns, keeps the first."""

    filter: ClassVar[str] = "unique"
    unequal: ClassVar[bool] = True

    def judge_all(self, siblings: Sequence[Values], columns: Columns) -> list[Verdict]:
        """Compare the siblings' columns, letter by letter."""
        seen: set[tuple[str, ...]] = set()
        verdicts = []
        for values in siblings:
            what = tuple(texts(values, columns))
            verdicts.append(Verdict(False, "equal to a sibling") if what in seen else KEPT)
            seen.add(what)
        return verdicts

"""Keeps texts by their number of sentences."""

import re
from typing import ClassVar

from sofrito.filters.base import KEPT, Columns, RowFilter, Values, Verdict, texts
from sofrito.recipe.field_types import Range

END = re.compile(r"[.!?]+(?=\s|$)")


class Sentences(RowFilter):
    """Keeps a row if every column has a number of sentences in the range, ends included."""

    filter: ClassVar[str] = "sentences"
    shorthand: ClassVar[str] = "count"

    count: Range
    """Least and most ends of sentences: `.`, `!` or `?` before a space or the end."""

    def judge(self, values: Values, columns: Columns) -> Verdict:
        """Count in each column."""
        for column, text in zip(columns, texts(values, columns), strict=True):
            count = len(END.findall(text))
            if not self.count[0] <= count <= self.count[1]:
                side = "too few" if count < self.count[0] else "too many"
                return Verdict(False, side, f"{column} has {count} sentences", count)
        return KEPT

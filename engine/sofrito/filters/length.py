"""Keeps texts of a certain length."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import model_validator

from sofrito.filters.base import KEPT, Columns, RowFilter, Values, Verdict, texts
from sofrito.filters.script_words import word_count
from sofrito.recipe.fault import fault, swapped
from sofrito.recipe.field_types import Range


class Length(RowFilter):
    """Keeps a row if every column has a length in the range, ends included."""

    filter: ClassVar[str] = "length"
    one_of: ClassVar[tuple[str, ...]] = ("words", "characters")

    words: Range | None = None
    """Least and most words, divided by white space. In scripts without spaces (Chinese, Japanese, Thai, \
Lao, Burmese, Khmer) each letter is a word."""

    characters: Range | None = None
    """Least and most characters."""

    @model_validator(mode="after")
    def _sensible(self) -> "Length":
        if not (self.words or self.characters):
            fix = "Such as `length: {words: [5, 200]}`."
            raise fault("missing", "`length` needs `words` or `characters`", fix)
        for unit, (low, high) in self.bounds().items():
            if low > high:
                what = f"no length is at least {low:g} and at most {high:g}"
                raise fault("never", what, swapped(low, high, unit), at=unit)
        return self

    def bounds(self) -> Mapping[str, tuple[float, float]]:
        """Words and characters."""
        given = {"words": self.words, "characters": self.characters}
        return {unit: bounds for unit, bounds in given.items() if bounds}

    def judge(self, values: Values, columns: Columns) -> Verdict:
        """Compare each column's length with the ranges."""
        for column, text in zip(columns, texts(values, columns), strict=True):
            for unit, bounds in (("words", self.words), ("characters", self.characters)):
                if bounds is None:
                    continue
                size = word_count(text) if unit == "words" else len(text)
                if not bounds[0] <= size <= bounds[1]:
                    side = "too short" if size < bounds[0] else "too long"
                    null = " (it is null)" if values.get(column) is None else ""
                    units = unit.removesuffix("s") if size == 1 else unit
                    return Verdict(False, side, f"{column} has {size} {units}{null}", size)
        return KEPT

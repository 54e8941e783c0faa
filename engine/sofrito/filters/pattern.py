"""Keeps texts that match, or do not match, regular expressions."""

import re
from functools import cached_property
from typing import ClassVar

from pydantic import field_validator, model_validator
from pydantic_core import PydanticCustomError

from sofrito.filters.base import KEPT, Columns, RowFilter, Values, Verdict, texts
from sofrito.recipe.base import Strings


class Pattern(RowFilter):
    """Searches every column for regular expressions (Python's, case-sensitive unless `(?i)`)."""

    filter: ClassVar[str] = "pattern"

    never: Strings = ()
    """A row in which any of these is found is rejected."""

    must: Strings = ()
    """A row in which any of these is not found is rejected."""

    @field_validator("never", "must")
    @classmethod
    def _compiles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for source in value:
            try:
                re.compile(source)
            except re.error as error:
                raise PydanticCustomError(
                    "pattern", "`{source}` is not a regular expression: {why}",
                    {"source": source, "why": str(error)},
                ) from error
        return value

    @model_validator(mode="after")
    def _sensible(self) -> "Pattern":
        if not (self.never or self.must):
            raise PydanticCustomError("missing", "`pattern` needs `never` or `must`")
        return self

    @cached_property
    def _patterns(self) -> tuple[list[re.Pattern[str]], list[re.Pattern[str]]]:
        return [re.compile(p) for p in self.never], [re.compile(p) for p in self.must]

    def judge(self, values: Values, columns: Columns) -> Verdict:
        """Search every column for every pattern."""
        never, must = self._patterns
        for column, text in zip(columns, texts(values, columns), strict=True):
            for pattern in never:
                if pattern.search(text):
                    return Verdict(False, "a pattern it must not have", f"{column}: {pattern.pattern}")
            for pattern in must:
                if not pattern.search(text):
                    return Verdict(False, "a pattern it must have", f"{column}: {pattern.pattern}")
        return KEPT

"""Keeps texts that match, or do not match, regular expressions."""

import re
from typing import ClassVar

from pydantic import field_validator, model_validator

from sofrito.filters.base import KEPT, Columns, RowFilter, Values, Verdict, texts
from sofrito.recipe.base import Fragment
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import Strings
from sofrito.recipe.regex import regex
from sofrito.recipe.regex_words import mended

_FOLDED = "(?i)"


class Pattern(RowFilter):
    """Searches every column for regular expressions.

    They are case-sensitive unless they begin with `(?i)`, and have no look-around and no
    back-references: so the search takes time in proportion to the text, whatever they are.
    """

    filter: ClassVar[str] = "pattern"
    one_of: ClassVar[tuple[str, ...]] = ("never", "must")

    never: Strings = ()
    """A row in which any of these is found is rejected."""

    must: Strings = ()
    """A row in which any of these is not found is rejected."""

    @field_validator("never", "must")
    @classmethod
    def _compiles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for source in value:
            try:
                regex(source)
            except ValueError as error:
                what = f"`{source}` is not a regular expression: {error}"
                raise fault("pattern", what, mended(source, str(error))) from error
        return value

    @model_validator(mode="after")
    def _sensible(self) -> "Pattern":
        if not (self.never or self.must):
            fix = "Such as `pattern: {must: '[.!?]$'}`."
            raise fault("missing", "`pattern` needs `never` or `must`", fix)
        for source in self.must:
            if source in self.never:
                what = f"`{source}` both must and must never be found"
                raise fault("never", what, "Remove it from one of the two.")
        return self

    def wanted(self) -> tuple[tuple[Fragment, ...], ...]:
        """Those of `must` that are plain texts."""
        return tuple((found,) for found in map(_plain, self.must) if found)

    def refuses(self, fragment: Fragment) -> bool:
        """Whether one of `never` that is a plain text stands in it."""
        for never in filter(None, map(_plain, self.never)):
            if never.any_case and never.text.casefold() in fragment.text.casefold():
                return True
            if not fragment.any_case and never.text in fragment.text:
                return True
        return False

    def judge(self, values: Values, columns: Columns) -> Verdict:
        """Search every column for every pattern."""
        for column, text in zip(columns, texts(values, columns), strict=True):
            for source in self.never:
                if regex(source).found_in(text):
                    return Verdict(False, "a pattern it must not have", f"{column}: {source}")
            for source in self.must:
                if not regex(source).found_in(text):
                    return Verdict(False, "a pattern it must have", f"{column}: {source}")
        return KEPT


def _plain(source: str) -> Fragment | None:
    """Return the text that an expression looks for, None where it is more than a text."""
    text = source.removeprefix(_FOLDED)
    if not text or re.search(r"[^\w\s,;:!'\"%&/=<>@~`-]", text):
        return None
    return Fragment(text, any_case=text != source)

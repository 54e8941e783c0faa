"""Keeps texts without, or only with, certain words."""

import re
from functools import cached_property
from typing import ClassVar

from pydantic import model_validator

from sofrito.filters.base import KEPT, Columns, RowFilter, Values, Verdict, texts
from sofrito.recipe.base import Fragment
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import Strings


class Words(RowFilter):
    """Looks for whole words and phrases, whatever their case."""

    filter: ClassVar[str] = "words"
    one_of: ClassVar[tuple[str, ...]] = ("never", "must")

    never: Strings = ()
    """A row with any of these is rejected."""

    must: Strings = ()
    """A row without at least one of these is rejected."""

    @model_validator(mode="after")
    def _sensible(self) -> "Words":
        if not (self.never or self.must):
            fix = "Such as `words: {never: [sorry]}`."
            raise fault("missing", "`words` needs `never` or `must`", fix)
        not_empty((*self.never, *self.must))
        never = {_folded(phrase) for phrase in self.never}
        if self.must and never.issuperset(map(_folded, self.must)):
            fix = "Remove it from one of the two."
            raise fault("never", "each word of `must` is in `never` as well", fix)
        return self

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        return any_of(self.never), any_of(self.must)

    def wanted(self) -> tuple[tuple[Fragment, ...], ...]:
        """One of `must`."""
        phrases = tuple(Fragment(phrase, words=True, any_case=True) for phrase in self.must)
        return (phrases,) if phrases else ()

    def refuses(self, fragment: Fragment) -> bool:
        """Whether a word of `never` stands in it, its ends told apart from longer words."""
        never, text = self._patterns[0], fragment.text
        if not self.never:
            return False
        if fragment.words:
            return never.search(text) is not None
        inner = range(1, len(text))
        return any(m.start() in inner and m.end() in inner for m in never.finditer(text))

    def judge(self, values: Values, columns: Columns) -> Verdict:
        """Look for the words in every column."""
        never, must = self._patterns
        found = texts(values, columns)
        for column, text in zip(columns, found, strict=True):
            if self.never and (hit := never.search(text)):
                return Verdict(False, "a word it must not have", f"{column} has “{hit.group()}”")
        if self.must and not any(must.search(text) for text in found):
            return Verdict(False, "none of the words it must have")
        return KEPT


def _folded(phrase: str) -> str:
    return " ".join(phrase.casefold().split())


def not_empty(phrases: tuple[str, ...]) -> tuple[str, ...]:
    """Return words and phrases to look for; pydantic's error for one that is empty."""
    if not all(phrase.strip() for phrase in phrases):
        raise fault("pattern", "an empty word cannot be looked for", "Remove it from the list.")
    return phrases


def any_of(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds any of some words and phrases as whole words, whatever their case.

    An end that is no letter or digit, as those of `</task>`, may touch a word.
    """
    return re.compile("|".join(map(_whole, phrases)) or "(?!)", re.IGNORECASE)


def _whole(phrase: str) -> str:
    words = phrase.split()
    before = r"(?<!\w)" if re.match(r"\w", words[0]) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", words[-1]) else ""
    return before + r"\s+".join(map(re.escape, words)) + after

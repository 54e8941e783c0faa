"""Keeps texts whose words are nearly all of a vocabulary."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, ClassVar

from pydantic import Field

from sofrito.filters.base import Columns, PoolFilter, Values, Verdict, texts
from sofrito.filters.script_words import marks

_ENDINGS = ("'s", "s'", "s", "es", "ed", "d", "ing", "er", "r", "est", "st", "ly")
_SHOWN = 5


class Vocabulary(PoolFilter):
    """Rejects a text of whose words too many are not in a vocabulary.

    Case does not count, numbers are no words, and a word of the vocabulary may have an ending as
    English has it: `boats`, `running`, `carried`, `happily`. The score is the share of the words that
    are known; a text without words passes.
    """

    filter: ClassVar[str] = "vocabulary"
    words: str
    """The seed pool with the vocabulary: all words in its rows' texts."""

    share: Annotated[float, Field(gt=0, le=1)] = 0.95
    """The least share of the words that must be known, from 0 to 1."""

    def pools(self) -> tuple[str, ...]:
        """The pool with the words."""
        return (self.words,)

    def comparing(
        self, columns: Columns, pools: Mapping[str, Sequence[Values]]
    ) -> Callable[[Values], Verdict]:
        """Return what knows the words of the pool."""
        lines = (value for values in pools[self.words] for value in values.values())
        vocabulary = {word for line in lines if isinstance(line, str) for word in words_of(line)}
        known = dict[str, bool]()

        def is_known(word: str) -> bool:
            if word not in known:
                known[word] = not vocabulary.isdisjoint(stems(word))
            return known[word]

        def judge(values: Values) -> Verdict:
            found = [word for text in texts(values, columns) for word in words_of(text)]
            strange = Counter(word for word in found if not is_known(word))
            share = 1 - strange.total() / len(found) if found else 1.0
            shown = ", ".join(word for word, _ in strange.most_common(_SHOWN))
            detail = f"{share:.0%} known; not: {shown}" if shown else ""
            if share < self.share:
                return Verdict(False, "too many unknown words", detail, share)
            return Verdict(True, "", detail, share)

        return judge


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, with the marks upon their letters; a number is none."""
    found = _word().findall(unicodedata.normalize("NFC", text.casefold()))
    return [word.replace("’", "'") for word in found]


@cache
def _word() -> re.Pattern[str]:
    letters = rf"[^\W\d_]+(?:[{marks()}]+[^\W\d_]*)*"
    return re.compile(rf"{letters}(?:['’]{letters})*")


def stems(word: str) -> set[str]:
    """Return what a word may come from: itself, and without an English ending, as it was before that."""
    found = {word}
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 2:
            continue
        found |= {stem, f"{stem}e"}
        if stem[-1] == stem[-2]:
            found.add(stem[:-1])  # run, running
        if stem.endswith("i"):
            found.add(f"{stem[:-1]}y")  # carry, carried
    return found

"""Cuts a text into passages of about a size, at the best places there are."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from sofrito.steps.chunk_size import Size
from sofrito.steps.chunk_structure import Rank, Structure


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a text: ``text[start:end]``, without space around it; ``headings`` are those above it."""

    start: int
    end: int
    headings: tuple[str, ...] = ()


_NO_SPACE = re.compile(r"\S|\Z")


def passages(
    text: str, structure: Structure, size: Size, least: int, most: int, overlap: int = 0
) -> Iterator[Passage]:
    """Yield the passages of a text in order; all that is not space is in one of them.

    None has more than ``most`` units of ``size``. One with fewer than ``least`` is the last one, or
    ends where code or a table, or the heading right above it, begins that would be cut otherwise;
    space behind a passage counts. A passage ends at the highest heading,
    else the last block, sentence, line or word that lies between; it begins up to ``overlap`` units
    (fewer than ``least``) before the end of the one before it, but never above a heading that it
    would begin with. The time is that of the text's length, but for a logarithm.
    """
    cutter = _Cutter(text, size, structure, least, most)
    start = covered = _beyond_space(text, 0)
    while start < len(text):
        cut = cutter.cut(start, covered)
        end = start + len(text[start:cut].rstrip())
        yield Passage(start, end, tuple(structure.above(start)))
        beyond = _beyond_space(text, cut)
        if beyond >= len(text):
            return
        covered = beyond
        start = cutter.begin(start, beyond, overlap)


def _beyond_space(text: str, start: int) -> int:
    """Return the first offset from ``start`` at which there is no space; the text's end has none."""
    found = _NO_SPACE.search(text, start)
    assert found is not None
    return found.start()


@dataclass(frozen=True, slots=True)
class _Cutter:
    text: str
    size: Size
    structure: Structure
    least: int
    most: int

    def cut(self, start: int, covered: int) -> int:
        """Return where a passage ends that begins at ``start``; beyond ``covered``, at most the end."""
        high = self.size.most_end(start, self.most)
        if high >= len(self.text):
            return len(self.text)
        low = max(self.size.least_end(start, self.least), covered + 1)
        # What is left should not be too little for a passage of its own.
        rest = self.size.back(len(self.text), self.least)
        fair = min(high, rest) if rest >= low else high
        best = self._best(low, fair) or self._best(low, high) or self._space(low, fair)
        return self._spared(best, covered)

    def _spared(self, cut: int, covered: int) -> int:
        """Return where code or a table begins that a cut goes through, if it can be a passage whole.

        Where it stands right below a heading, that is where the heading begins.
        """
        start, end = self.structure.inside(cut) or (cut, cut)
        last = bisect_right(self.structure.offsets, start) - 1
        if start == cut or last < 0:
            return cut
        before = self.structure.offsets[last]
        headed = before == start or self.structure.ranks[last] < Rank.BLOCK
        fits = self.size.between(before, end) <= self.most
        return before if headed and fits and before > covered else cut

    def _place(self, offset: int) -> int | None:
        """Return the rank of the place to cut at an offset, None where there is none."""
        at = bisect_left(self.structure.offsets, offset)
        known = at < len(self.structure.offsets) and self.structure.offsets[at] == offset
        return self.structure.ranks[at] if known else None

    def begin(self, before: int, beyond: int, overlap: int) -> int:
        """Return where the next passage begins: at ``beyond``, or as far before it as overlaps."""
        rank = self._place(beyond)
        if not overlap or (rank is not None and rank < Rank.BLOCK):
            return beyond
        offsets, ranks = self.structure.offsets, self.structure.ranks
        low = max(self.size.back(beyond, overlap), before + 1)
        for place in range(bisect_left(offsets, low), bisect_left(offsets, beyond)):
            if ranks[place] <= Rank.SENTENCE:
                return self._begun(offsets[place], beyond)
        words = (place for place in range(low, beyond) if self.text[place - 1].isspace())
        word = next(words, beyond)
        return beyond if self.structure.inside(word) else self._begun(word, beyond)

    def _begun(self, place: int, beyond: int) -> int:
        rest = self.text[place:beyond]
        return place + len(rest) - len(rest.lstrip()) if rest.strip() else beyond

    def _best(self, low: int, high: int) -> int | None:
        """Return the best place from ``low`` to ``high``, the last of equals; None if there is none."""
        offsets = self.structure.offsets
        first, last = bisect_left(offsets, low), bisect_right(offsets, high)
        ranks = self.structure.ranks[first:last]
        if not ranks:
            return None
        return offsets[last - 1 - ranks[::-1].index(min(ranks))]

    def _space(self, low: int, high: int) -> int:
        """Return the last place behind a space, or ``high`` where there is none."""
        places = range(high, low - 1, -1)
        return next((place for place in places if self.text[place - 1].isspace()), high)

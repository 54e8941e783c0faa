"""Which of many texts shares runs of words with another one, and how much of it stands there."""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence

import xxhash

from sofrito.filters.script_words import words_of

FEWEST = 8
"""Words of a text that is compared at all: the shortest run of GPT-3's study (Brown et al. 2020, C)."""


class Runs:
    """Remembers the runs of ``length`` words of texts; takes about 100 bytes for a word."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._sizes = array("L")
        self._at: dict[int, dict[int, list[tuple[int, int]]]] = defaultdict(dict)

    def add(self, text: str) -> bool:
        """Remember a text's runs, the whole of a shorter one; False if it is too short to be told."""
        words = words_of(text)
        length = min(self._length, len(words))
        if length < min(self._length, FEWEST):
            return False
        place, known = len(self._sizes), self._at[length]
        for start, key in enumerate(_keys(words, length)):
            known.setdefault(key, []).append((place, start))
        self._sizes.append(len(words))
        return True

    def most(self, text: str) -> tuple[int, int, int] | None:
        """Return the remembered text of which most stands in another one, and how much.

        That is its place in the order they were added, the first of several, its words that stand in
        shared runs, and all its words. None where no run is shared.
        """
        covered: dict[int, set[int]] = defaultdict(set)
        words = words_of(text)
        for length, known in self._at.items():
            for key in _keys(words, length):
                for place, start in known.get(key, ()):
                    covered[place].update(range(start, start + length))
        if not covered:
            return None
        found = ((len(starts) / self._sizes[place], -place) for place, starts in covered.items())
        place = -max(found)[1]
        return place, len(covered[place]), self._sizes[place]


def _keys(words: Sequence[str], length: int) -> Iterator[int]:
    for start in range(len(words) - length + 1):
        yield xxhash.xxh3_64_intdigest(" ".join(words[start : start + length]).encode())

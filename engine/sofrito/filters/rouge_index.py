"""An index that finds the text most similar by ROUGE-L without comparing every pair."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from rapidfuzz.distance import LCSseq
from rapidfuzz.process import extract_iter

from sofrito.filters.rouge import Bounds, rouge_f, rouge_tokens

LONGEST = 16_384
"""Tokens of a text that are compared; comparing all of two longer texts would take minutes."""

_FIRST_REORDER, _REORDER_GROWTH = 4096, 4
_UNKNOWN = 0

_NOTHING: Mapping[int, list["Codes"]] = {}

Codes = str | tuple[int, ...]
"""A text as one number per token; a string, which rapidfuzz reads fastest, where they all fit."""


@dataclass(frozen=True, slots=True)
class Match:
    """The most similar text: its ROUGE-L F, and the label it was added with."""

    score: float
    label: str


class RougeIndex:
    """Texts, and for a new one the most similar of them, exactly as comparing with each would find.

    Two texts reach the threshold only if they share enough tokens, and then they share some of
    their rarest (prefix filter: Xiao et al., "Efficient similarity joins for near duplicate
    detection", 2008; several of them for long texts). Only texts that do are compared.

    ``threshold`` is an F above 0 and at most 1, else ValueError. Adding and asking may alternate.
    Only the first LONGEST tokens of a text count, and a text without tokens is similar to nothing.
    Memory: about 600 bytes for a text of 10 tokens, 4 kB for one of 40, 10 kB for one of 100,
    labels not counted.
    """

    def __init__(self, threshold: float) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"a ROUGE-L threshold is above 0 and at most 1, not {threshold}")
        self.threshold = threshold
        self._codes: dict[str, int] = {}
        self._numbers: dict[Codes, int] = {}
        self._labels: list[str] = []
        self._ranks: dict[int, int] = {}
        self._postings: dict[int, dict[int, list[Codes]]] = {}
        self._reorder_at = _FIRST_REORDER

    def __len__(self) -> int:
        """Return how many texts are held, counting texts of the same tokens once."""
        return len(self._labels)

    def add(self, text: str, label: str) -> None:
        """Remember a text. The label of the first of several with the same tokens is kept."""
        codes = self._codes
        numbers = [
            codes.setdefault(token, len(codes) + 1) for token in rouge_tokens(text)[:LONGEST]
        ]
        entry = _pack(numbers)
        if not numbers or entry in self._numbers:
            return
        self._numbers[entry] = len(self._labels)
        self._labels.append(label)
        self._post(entry, numbers)
        if len(self) >= self._reorder_at:
            self._reorder_at *= _REORDER_GROWTH
            self._reorder()

    def nearest(self, text: str) -> Match | None:
        """Return the text of the highest score, the first added of equals.

        None where no score is at least the threshold. Compare the score with the threshold to tell
        a text above it from one exactly at it.
        """
        numbers = [self._codes.get(token, _UNKNOWN) for token in rouge_tokens(text)[:LONGEST]]
        query = _pack(numbers)
        if query in self._numbers:
            return Match(1.0, self._labels[self._numbers[query]])
        best, first = 0.0, 0
        for score, entry in self._scored(query, numbers):
            number = self._numbers[entry]
            if score > best or (score == best and number < first):
                best, first = score, number
        return Match(best, self._labels[first]) if best >= self.threshold else None

    def _scored(self, query: Codes, numbers: list[int]) -> Iterator[tuple[float, Codes]]:
        """Yield all texts that reach the threshold, and perhaps others, with their scores."""
        if not numbers:
            return
        prefix = _prefix(self.threshold, len(numbers))
        candidates = self._candidates(numbers, prefix)
        for _, common, place in extract_iter(
            query, candidates, scorer=LCSseq.similarity, score_cutoff=prefix.least
        ):
            entry = candidates[place]
            yield rouge_f(common, len(numbers), len(entry)), entry

    def _candidates(self, numbers: list[int], prefix: "_Prefix") -> list[Codes]:
        """Return the texts that share enough tokens where both are rarest."""
        own = _length_class(len(numbers))
        known = sorted(filter(None, map(self._ranks.get, _occurrences(numbers))), reverse=True)
        # Tokens that no text has are the rarest of all, and take the first places of the prefix.
        unknown = len(numbers) - len(known)
        groups: list[list[Codes]] = []
        lowest = prefix.lowest
        for rank, highest in zip(known, prefix.highest[unknown:], strict=False):
            groups += [
                entries
                for key, entries in self._postings.get(rank, _NOTHING).items()
                if lowest <= key >> 8 <= highest and key & 255 >= own
            ]
        everything = chain.from_iterable(groups)
        enough = _shared(prefix.least)
        if enough == 1:
            return list(everything)
        return [entry for entry, count in Counter(everything).items() if count >= enough]

    def _post(self, entry: Codes, numbers: list[int]) -> None:
        """File a text under the tokens of its prefix, by its length and what it can match there."""
        ranks = self._ranks
        order = sorted(
            (ranks.setdefault(o, len(ranks) + 1) for o in _occurrences(numbers)), reverse=True
        )
        own = _length_class(len(numbers)) << 8
        for rank, highest in zip(
            order, _prefix(self.threshold, len(numbers)).highest, strict=False
        ):
            self._postings.setdefault(rank, {}).setdefault(own | highest, []).append(entry)

    def _reorder(self) -> None:
        """Rank tokens by how many texts have them, and file every text anew.

        Any fixed order finds the same texts, the frequent last finds them soonest. A token that
        comes later ranks as rarer than all, which is mostly true, until the next time.
        """
        texts = {entry: _unpack(entry) for entry in self._numbers}
        counts = Counter(chain.from_iterable(map(_occurrences, texts.values())))
        self._ranks = {o: rank for rank, (o, _) in enumerate(counts.most_common(), start=1)}
        self._postings = {}
        for entry, numbers in texts.items():
            self._post(entry, numbers)


def _pack(numbers: Sequence[int]) -> Codes:
    try:
        return "".join(map(chr, numbers))
    except ValueError:
        return tuple(numbers)


def _unpack(entry: Codes) -> list[int]:
    return list(map(ord, entry)) if isinstance(entry, str) else list(entry)


def _occurrences(numbers: list[int]) -> list[int]:
    """Tell the second "the" of a text from its first, so that shared tokens count with repeats."""
    seen: dict[int, int] = {}
    marked = []
    for number in numbers:
        times = seen.get(number, 0)
        seen[number] = times + 1
        marked.append(times << 32 | number)
    return marked


def _length_class(length: int) -> int:
    """Return the class of a length, below 256: its own up to 31 tokens, then 16 per doubling."""
    shift = max(0, length.bit_length() - 5)
    return (length >> shift) + (shift << 4)


def _shared(common: int) -> int:
    """Return how many of ``common`` shared tokens are asked for in the prefixes.

    One is fastest for short texts. Asking for more makes the prefixes longer and the texts that
    qualify far fewer, which pays once a comparison costs more than a look-up.
    """
    return 1 + common // 16


@dataclass(frozen=True, slots=True)
class _Prefix:
    """Which tokens of a text of one length are looked up, and for partners of which length.

    ``least`` common tokens are needed with the shortest partner, whose length class is ``lowest``.
    Byte i of ``highest`` is the class of the longest partner for which the i-th rarest token (from
    0) still matters.
    """

    least: int
    lowest: int
    highest: bytes


@lru_cache(maxsize=1024)
def _prefix(threshold: float, length: int) -> _Prefix:
    """Return the prefix of texts of a length in tokens.

    Where ``common`` tokens must be shared, let the ``_shared(common)``-th rarest of them be at
    place i: the others are rarer or among the tokens after it, so those must be enough.
    """
    bounds = Bounds(threshold)
    shortest = bounds.shortest(length)
    highest = bytearray()
    common = length
    for left in range(length, 0, -1):
        while common - _shared(common) + 1 > left:
            common -= 1
        longest = bounds.longest(length, common)
        if longest < shortest:
            break
        highest.append(_length_class(min(longest, LONGEST)))
    least = bounds.least_common(length, shortest)
    return _Prefix(least, _length_class(shortest), bytes(highest))

"""Rejects rows whose words are mostly those of an earlier one: MinHash signatures, looked up by bands."""

import importlib.util
from collections.abc import Callable, Sequence

from sofrito.filters.base import texts
from sofrito.filters.script_words import words_of
from sofrito.problems import Trouble
from sofrito.steps.work import Event, Lost, Row

NGRAM, BANDS, ROWS = 5, 14, 8
"""Words of a shingle, bands of a signature, hashes of a band: FineWeb's."""

_SEED = 42
_SHOWN = 60
_BYTES = 4


class Signatures:
    """Remembers MinHash signatures; tells which remembered text is most like another one.

    Texts are compared by their sets of word 5-grams. Two whose sets have the Jaccard similarity s
    meet in some band with the probability 1 - (1 - s^8)^14. Takes about 2 kB for a text.
    Source: FineWeb (Penedo et al., arXiv 2406.17557). Raises Trouble where rensa is missing.
    """

    def __init__(self, threshold: float = 0.0) -> None:
        """Take the least similarity, as estimated by the hashes, of two that are alike."""
        if importlib.util.find_spec("rensa") is None:
            what = "`method: minhash` needs the package rensa, which is not installed."
            raise Trouble(what, "Install it: pip install 'sofrito[minhash]'")
        self._threshold = threshold
        self._bands: list[dict[bytes, list[int]]] = [{} for _ in range(BANDS)]
        self._all: list[bytes] = []

    def __len__(self) -> int:
        return len(self._all)

    def nearest(self, signature: bytes) -> tuple[int, float] | None:
        """Return the place of the remembered text most alike, the first of several, and how alike it is.

        That is the share of hashes that are equal. None where none shares a band and is alike enough.
        """
        keys = zip(self._bands, _cut(signature), strict=True)
        met = {index for known, key in keys for index in known.get(key, ())}
        best = max(((_equal(self._all[i], signature), -i) for i in met), default=(-1.0, 0))
        return (-best[1], best[0]) if best[0] >= max(self._threshold, 0.0) else None

    def add(self, signature: bytes) -> None:
        """Remember a signature."""
        for known, key in zip(self._bands, _cut(signature), strict=True):
            known.setdefault(key, []).append(len(self._all))
        self._all.append(signature)


def signature_of(words: Sequence[str]) -> bytes:
    """Return the signature of a text's words: 112 hashes of 4 bytes."""
    from rensa import RMinHash

    last = max(len(words) - NGRAM, 0)
    shingles = [" ".join(words[i : i + NGRAM]) for i in range(last + 1)]
    made = RMinHash(num_perm=BANDS * ROWS, seed=_SEED)
    made.update(shingles)
    return b"".join(number.to_bytes(_BYTES, "little") for number in made.digest())


def memory(columns: tuple[str, ...], threshold: float, label: str) -> Callable[[Row], Row | Lost]:
    """Return what rejects rows that are like one it let through before, in order."""
    known = Signatures(threshold)
    labels: list[str] = []
    blank = ""

    def run(row: Row) -> Row | Lost:
        nonlocal blank
        words = [word for text in texts(row.values, columns) for word in words_of(text)]
        if not words:  # nothing is written there: only the first such row is let through
            if blank:
                return Lost(row, "rejected", "near-duplicate", f"as row {blank}: nothing", 1.0)
            blank = row.id
            return row
        signature = signature_of(words)
        near = known.nearest(signature)
        if near is not None:
            where, alike = near
            return Lost(row, "rejected", "near-duplicate", f"like {labels[where]}", round(alike, 6))
        known.add(signature)
        labels.append(f"row {row.id}: {' '.join(words)[:_SHOWN]}")
        told = {"score": None, "detail": "nothing alike shares a band"}
        return row.told(Event(label, "score", told))

    return run


def _cut(signature: bytes) -> list[bytes]:
    size = ROWS * _BYTES
    return [signature[start : start + size] for start in range(0, BANDS * size, size)]


def _equal(one: bytes, other: bytes) -> float:
    same = (one[i : i + _BYTES] == other[i : i + _BYTES] for i in range(0, len(one), _BYTES))
    return sum(same) / (BANDS * ROWS)

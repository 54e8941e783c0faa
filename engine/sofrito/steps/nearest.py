"""Vectors remembered one by one, and the nearest of them: exact, and fast; import it only where numpy is."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sofrito.problems import Trouble

_FEW = 256  # below so many, all are compared
_SAMPLE = 4096
_HEAD = 32
# What float32 sums may be wrong by; a pair within it of the threshold is compared in float64.
_SLACK = 1e-4


@dataclass(frozen=True, slots=True)
class Near:
    """A remembered vector: its place in the order they were added, its cosine distance (0 to 2)."""

    index: int
    distance: float


class Vectors:
    """Remembers vectors of length 1; tells the nearest of them to another, if it is nearer than ``distance``.

    Takes the float32 of the vectors, up to twice that for room to grow, and 33 numbers a vector for
    the search. Exact: most vectors are ruled out by the 32 directions in which those remembered vary
    most, for u.v <= u1.v1 + |u2||v2| where u1 and u2 are the parts of u in these directions and in
    the others (Cauchy-Schwarz); the rest is compared in float64.

    Sums of one row are made by einsum and not by BLAS, whose threads wait for each other: on a busy
    machine that took 20 times as long.
    """

    def __init__(self, distance: float) -> None:
        self._least = 1 - distance
        self._distance = distance
        self._count = 0
        self._rows = np.empty((0, 0), dtype=np.float32)
        self._heads = np.empty((_HEAD, 0), dtype=np.float32)
        self._tails = np.empty(0, dtype=np.float32)
        self._basis: Any = None
        self._chosen_at = 0

    def __len__(self) -> int:
        return self._count

    def add(self, vector: bytes) -> None:
        """Remember a vector: float32, little-endian."""
        row = np.frombuffer(vector, dtype="<f4")
        if self._count == len(self._rows):
            self._grow(len(row))
        self._rows[self._count] = row
        if self._basis is not None:
            self._heads[:, self._count], self._tails[self._count] = self._parts(row)
        self._count += 1

    def nearest(self, vector: bytes) -> Near | None:
        """Return the nearest vector, the earliest of several, or None if none is near enough.

        Raises Trouble for a vector of another size than those remembered.
        """
        row = np.frombuffer(vector, dtype="<f4")
        if self._count and len(row) != self._rows.shape[1]:
            raise Trouble(
                f"The embedding model answers vectors of {len(row)} numbers, and earlier ones had "
                f"{self._rows.shape[1]}: it is not the model that it was.",
                "Name the model that is asked now differently, so that all texts are embedded anew.",
            )
        found = self._possible(row)
        if not len(found):
            return None
        exact = np.einsum("nd,d->n", self._rows[found].astype(np.float64), row.astype(np.float64))
        best = int(np.argmax(exact))
        distance = max(0.0, float(1 - exact[best]))
        return Near(int(found[best]), distance) if distance < self._distance else None

    def _possible(self, row: Any) -> Any:
        """Return the indices of all vectors that may be near enough, in order."""
        if self._basis is None:
            bound = np.einsum("nd,d->n", self._rows[: self._count], row) if self._count else row[:0]
        else:
            head, tail = self._parts(row)
            bound = np.einsum("kn,k->n", self._heads[:, : self._count], head)
            bound += self._tails[: self._count] * tail
        return np.flatnonzero(bound > self._least - _SLACK)

    def _parts(self, row: Any) -> tuple[Any, Any]:
        """Return a vector's part in the chosen directions, and the length of what is left."""
        head = np.einsum("kd,d->k", self._basis, row)
        return head, np.sqrt(max(0.0, np.einsum("d,d", row, row) - np.einsum("k,k", head, head)))

    def _grow(self, dimensions: int) -> None:
        """Make room for twice as many; choose the directions anew where there are four times as many."""
        room = max(_FEW, 2 * self._count)
        rows = np.empty((room, dimensions), dtype=np.float32)
        if self._count:
            rows[: self._count] = self._rows
        self._rows = rows
        if self._count < _FEW or dimensions <= _HEAD:
            return
        known = rows[: self._count]
        if self._count >= 4 * self._chosen_at:
            self._basis = _directions(known[:: max(1, self._count // _SAMPLE)])
            self._chosen_at = self._count
        heads = self._basis @ known.T
        left = (known * known).sum(1) - (heads * heads).sum(0)
        self._heads = np.empty((_HEAD, room), dtype=np.float32)
        self._tails = np.empty(room, dtype=np.float32)
        self._heads[:, : self._count] = heads
        self._tails[: self._count] = np.sqrt(np.maximum(left, 0))


def _directions(sample: Any) -> Any:
    """Return the 32 directions in which vectors are longest (32 x dimensions, orthonormal)."""
    _, vectors = np.linalg.eigh((sample.T @ sample).astype(np.float64))
    return np.ascontiguousarray(vectors[:, -_HEAD:].T, dtype=np.float32)

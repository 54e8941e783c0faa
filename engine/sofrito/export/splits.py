"""Divides rows into splits by exact shares, keeping groups together."""

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from fractions import Fraction
from itertools import accumulate
from typing import Any

import orjson
import xxhash

_BUCKET_BITS = 16

_FAR = 0.2
"""The part of its share that a split may have too many or too few rows by, and nothing is said."""


def shares_of(splits: Mapping[str, Any]) -> dict[str, float]:
    """Return the shares declared under `splits`, all in `train` where none are."""
    shares = {name: share for name, share in splits.items() if name != "group_by"}
    return shares or {"train": 1}


class Splits:
    """Says which split a group of rows is in: a pure function of the rows and the seed.

    Groups are taken in the order of xxh3(seed, group). The smallest split first takes each group
    that still fits, then one more if that brings it nearer to its share; the largest split has the
    rest. So a split, the largest aside, misses its share by at most half of the smallest group
    left; where each row is its own group every split has exactly its share, by largest remainder.

    Each row's group is counted, the rows are divided, then any group can be asked for. A group is
    any JSON value, 1 and 1.0 are one; shares are relative to their sum. Memory is about 16 bytes a row.
    """

    def __init__(self, shares: Mapping[str, float], seed: int) -> None:
        self.names = tuple(shares)
        self._shares = list(shares.values())
        self._seed = seed
        self._hashes = array("Q")

    def count(self, group: Any) -> None:
        """Count one more row of a group."""
        if len(self.names) > 1:
            self._hashes.append(self._hash(group))

    def divide(self) -> None:
        """Assign every group that was counted; to be called once."""
        targets = largest_remainder(len(self._hashes), self._shares)
        hashes, self._hashes = ordered(self._hashes), array("Q")
        self._groups, sizes = _counted(hashes)
        self._owners = _assigned(sizes, targets)
        self._largest, self._rows = max(sizes, default=0), sum(sizes)
        counts = [0] * len(targets)
        for owner, size in zip(self._owners, sizes, strict=True):
            counts[owner] += size
        self._filled = [*zip(self.names, counts, targets, strict=True)]

    def notes(self, group_by: str) -> list[str]:
        """Return a note if a split misses its share by much, as groups by this column are kept whole."""
        if len(self.names) == 1:
            return []
        far = [
            f"`{name}` has {count:,} row{'s' * (count != 1)}, and its share is {target:,}"
            for name, count, target in self._filled
            if abs(count - target) > max(1, _FAR * target)
        ]
        if not far:
            return []
        largest = f"the largest group has {self._largest:,} of all {self._rows:,} rows"
        told = f"{'; '.join(far)}: equal values of `{group_by}` stay together, and {largest}."
        return [f"splits: {told}"]

    def of(self, group: Any) -> str:
        """Return the split of a group that was counted."""
        if len(self.names) == 1:
            return self.names[0]
        return self.names[self._owners[bisect_left(self._groups, self._hash(group))]]

    def _hash(self, group: Any) -> int:
        parts = [str(self._seed), _number_alike(group)]
        return xxhash.xxh3_64_intdigest(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS))


def _number_alike(value: Any) -> Any:
    """Return a JSON value whose whole numbers are integers, however they were written."""
    match value:
        case float() if value.is_integer() and -(2**63) <= value < 2**64:
            return int(value)
        case list():
            return [_number_alike(one) for one in value]
        case dict():
            return {key: _number_alike(one) for key, one in value.items()}
    return value


def largest_remainder(total: int, shares: list[float]) -> list[int]:
    """Return whole numbers that add up to ``total``, as near to the shares as they can be.

    Remainders that are equal go to the share that is declared first.
    """
    exact = [Fraction(str(share)) for share in shares]
    ideal = [total * share / sum(exact) for share in exact]
    parts = [int(part) for part in ideal]
    by_remainder = sorted(range(len(parts)), key=lambda i: parts[i] - ideal[i])
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def ordered(hashes: "array[int]") -> "array[int]":
    """Return 64-bit numbers sorted, by buckets of their leading bits.

    ``sorted`` alone would make an object of each number: 40 bytes instead of 8.
    """
    shift = 64 - _BUCKET_BITS
    counts = array("Q", bytes(8 * (1 << _BUCKET_BITS)))
    for value in hashes:
        counts[value >> shift] += 1
    ends = array("Q", accumulate(counts))
    result = array("Q", bytes(8 * len(hashes)))
    fill = array("Q", (end - count for end, count in zip(ends, counts, strict=True)))
    for value in hashes:
        result[fill[value >> shift]] = value
        fill[value >> shift] += 1
    for end, count in zip(ends, counts, strict=True):
        if count > 1:
            result[end - count : end] = array("Q", sorted(result[end - count : end]))
    return result


def _counted(hashes: "array[int]") -> tuple["array[int]", "array[int]"]:
    """Return the distinct values and how often each comes."""
    values, sizes = array("Q"), array("I")
    for value in hashes:
        if values and values[-1] == value:
            sizes[-1] += 1
        else:
            values.append(value)
            sizes.append(1)
    return values, sizes


def _assigned(sizes: "array[int]", targets: list[int]) -> "array[int]":
    """Return the split of each group, by index."""
    rest, *smaller = sorted(range(len(targets)), key=lambda split: (-targets[split], split))
    owners = array("I", [rest]) * len(sizes)
    for split in reversed(smaller):
        left = targets[split]
        for group, size in enumerate(sizes):
            if left == 0:
                break
            if owners[group] == rest and size <= left:
                owners[group] = split
                left -= size
        free = (group for group, owner in enumerate(owners) if owner == rest)
        nearest = (
            min(free, key=lambda group: abs(sizes[group] - left), default=None) if left else None
        )
        if nearest is not None and abs(sizes[nearest] - left) < left:
            owners[nearest] = split
    return owners

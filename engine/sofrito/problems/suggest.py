"""Near names: «did you mean»."""

import math
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import PurePath

_LONG = 10
"""Letters from which on a name may be written with two slips."""


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return ``Did you mean `x`?`` for the nearest of ``known``, or ``otherwise`` when none is near."""
    by_folded = {k.casefold(): k for k in known}
    near = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return f"Did you mean `{by_folded[near[0]]}`?" if near else otherwise


def slip_of(name: str, known: Iterable[str]) -> str:
    """Return ``Did you mean `x`?`` for that of ``known`` which a slip made ``name`` of, or "".

    A slip leaves a letter out, adds one or swaps two neighbours; long names may have two. Another
    letter in place of one makes another word: `content` and `context`.
    """
    near = ((_slips(name.casefold(), one.casefold()), one) for one in known)
    slips, nearest = min(near, default=(math.inf, ""))
    return f"Did you mean `{nearest}`?" if slips <= 1 + (len(name) >= _LONG) else ""


def _slips(one: str, other: str) -> int:
    """Return the letters to leave out, to add, and the neighbours to swap, to make one the other."""
    before: list[int] = []
    last: list[int] = [*range(len(other) + 1)]
    for row, letter in enumerate(one):
        made = [row + 1]
        for column, wanted in enumerate(other):
            costs = [last[column + 1] + 1, made[column] + 1]
            if letter == wanted:
                costs.append(last[column])
            if row and column and one[row - 1 : row + 1] == wanted + other[column - 1]:
                costs.append(before[column - 1] + 1)
            made.append(min(costs))
        before, last = last, made
    return last[-1]


def near_file(name: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return ``Did you mean `x`?`` for the file whose name is near, or ``otherwise`` when none is.

    Suffixes make any two names alike, and so they only choose among files that are called the same.
    """
    suffix = PurePath(name).suffix
    by_stem = {_stem(one): one for one in sorted(known, key=lambda one: one.endswith(suffix))}
    near = get_close_matches(_stem(name), by_stem, n=1, cutoff=0.7)
    return f"Did you mean `{by_stem[near[0]]}`?" if near else otherwise


def _stem(name: str) -> str:
    return name.removesuffix(PurePath(name).suffix).casefold()

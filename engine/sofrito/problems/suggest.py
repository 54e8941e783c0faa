"""Near names: «did you mean»."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import PurePath


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return ``Did you mean `x`?`` for the nearest of ``known``, or ``otherwise`` when none is near."""
    by_folded = {k.casefold(): k for k in known}
    near = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return f"Did you mean `{by_folded[near[0]]}`?" if near else otherwise


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

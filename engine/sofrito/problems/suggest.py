"""Near names: «did you mean»."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return ``did you mean `x`?`` for the nearest of ``known``, or ``otherwise`` when none is near."""
    by_folded = {k.casefold(): k for k in known}
    near = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return f"did you mean `{by_folded[near[0]]}`?" if near else otherwise

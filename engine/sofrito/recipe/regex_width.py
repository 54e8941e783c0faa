"""How long the texts are that a regular expression matches."""

import math
import re
import warnings
from functools import cache

_ONE = re.compile(r"\\[pP](?:\{[^}]*\}|\w)|\\.|\(\?<(?=\w)", re.DOTALL)
_OTHERWISE = re.compile(r"\[[^\]]*(?:\[|&&|--|~~)|\\[xuUbB]\{|\\[QEzZ<>]")
"""What Rust's expressions have and Python reads in another way."""


@cache
def text_width(pattern: str) -> tuple[float, float]:
    """Return the least and the most characters of a text in which an expression is found.

    The most is infinite unless it says where the text begins and ends. Of an expression that
    Python does not read as Rust does, nothing is known: 0 and infinity.
    """
    # The standard library's own parser: private, but the only one that reads all of `re`.
    from re import _parser as parser  # type: ignore[attr-defined]

    if _OTHERWISE.search(pattern):
        return 0, math.inf
    try:
        with warnings.catch_warnings(action="error"):
            parsed = parser.parse(_ONE.sub(_as_python, pattern))
            least, most = parsed.getwidth()
    except (re.error, OverflowError, RecursionError, FutureWarning, DeprecationWarning):
        return 0, math.inf
    parts = [(str(op), str(value)) for op, value in parsed]
    lines = parsed.state.flags & re.MULTILINE
    ends = [("AT", "AT_BEGINNING"), ("AT", "AT_END")]
    whole = not lines and len(parts) > 1 and [parts[0], parts[-1]] == ends
    return least, most if whole and most < parser.MAXREPEAT else math.inf


def _as_python(found: re.Match[str]) -> str:
    if found[0] == "(?<":
        return "(?P<"
    return r"\w" if found[0][:2] in (r"\p", r"\P") else found[0]

"""The process in which answers are compared by math-verify, one pair after another."""

import logging
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

import orjson

from sofrito.sandbox.math_text import is_bare, is_hedged, is_set, listed, plain

_MEMORY = 4 << 30
_LONGEST = 20_000


def main() -> None:
    """Answer each line of the standard input with one on the standard output."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _bounded()
    logging.disable(logging.CRITICAL)
    import math_verify  # noqa: F401 - before anybody's seconds begin

    for line in sys.stdin.buffer:
        asked = orjson.loads(line)
        # An alarm that is not handled ends the process, in whatever SymPy is caught.
        signal.setitimer(signal.ITIMER_REAL, asked["seconds"])
        answer = _compared(asked["gold"], asked["answer"])
        signal.setitimer(signal.ITIMER_REAL, 0)
        out.write(orjson.dumps(answer) + b"\n")
        out.flush()


def _bounded() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    except (ImportError, ValueError, OSError):
        pass


def _compared(gold: str, answer: str) -> Mapping[str, Any]:
    from math_verify import verify

    gold, answer = plain(gold), plain(answer)
    if _folded(gold) == _folded(answer):
        return {"reason": "", "detail": "the same text"}
    try:
        wanted, given = _read(gold), _read(answer)
        if several := _several(gold, wanted, answer, given):
            return {"reason": "ambiguous", "detail": several}
        equal = bool(wanted and given) and verify(wanted, given, timeout_seconds=None)
    except Exception as error:  # SymPy raises whatever it likes
        return {"reason": "unreadable", "detail": type(error).__name__}
    if not wanted and not given:
        return {"reason": "differs", "detail": "no mathematics, and another text"}
    if not wanted or not given:
        which = "the answer" if wanted else "what it is compared with"
        return {"reason": "unreadable", "detail": f"no mathematics in {which}"}
    return {"reason": "" if equal else "differs", "detail": "" if equal else _shown(wanted, given)}


def _read(text: str) -> list[Any]:
    """Return what math-verify reads in a text; one that is nothing but mathematics is marked as such."""
    from math_verify import parse

    text = listed(_end(text.strip()))
    found = parse(f"${text}$", parsing_timeout=None) if is_bare(text) else []
    return list(found or parse(text, parsing_timeout=None))


def _end(text: str) -> str:
    """Return the end of a text, where its result stands: from a line's beginning, if there is one."""
    end = text[-_LONGEST:]
    return (end.partition("\n")[2] or end) if len(text) > _LONGEST else text


def _several(gold: str, wanted: list[Any], answer: str, given: list[Any]) -> str:
    """Return in words that an answer gives several results or contradicts itself, or "".

    What it is compared with may be several, such as both roots; then so may the answer.
    """
    from sympy import Eq, FiniteSet, true  # type: ignore[import-untyped]

    found = given[0] if given else None
    if isinstance(found, Eq) and not found.free_symbols and found.doit() is not true:
        return f"{str(found.lhs)[:80]} is not {str(found.rhs)[:80]}"
    if is_hedged(gold) or any(isinstance(one, FiniteSet) for one in wanted):
        return ""
    several = isinstance(found, FiniteSet) and len(found) > 1 and not is_set(answer)
    return "it gives several answers" if several or is_hedged(answer) else ""


def _shown(wanted: list[Any], given: list[Any]) -> str:
    return f"{str(given[0])[:80]} is not {str(wanted[0])[:80]}"


def _folded(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()

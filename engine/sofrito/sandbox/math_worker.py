"""The process in which answers are compared by math-verify, one pair after another."""

import logging
import os
import re
import signal
import sys
from collections.abc import Mapping
from typing import Any

import orjson

from sofrito.sandbox.math_forms import Forms, decided
from sofrito.sandbox.math_text import is_bare, is_hedged, is_set, listed, plain, without_money
from sofrito.sandbox.math_units import stated

_MEMORY = 4 << 30
_LONGEST = 20_000
_ASIDE = re.compile(r"\d[ ~]+\d")
_ZEROS = re.compile(r"(?<=\d)(\.\d*?)0+(?!\d)")


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
        answer = compared(asked["gold"], asked["answer"])
        signal.setitimer(signal.ITIMER_REAL, 0)
        out.write(orjson.dumps(answer) + b"\n")
        out.flush()


def _bounded() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    except (ImportError, ValueError, OSError):
        pass


def compared(gold: str, answer: str) -> Mapping[str, Any]:
    """Return the `reason` why an answer is not the same as ``gold``, "" if it is, and its `detail`."""
    try:
        reason, detail = _verdict(plain(_end(gold)), plain(_end(answer)))
    except Exception as error:  # SymPy raises whatever it likes
        return {"reason": "unreadable", "detail": type(error).__name__}
    return {"reason": reason, "detail": detail}


def _verdict(gold: str, answer: str) -> tuple[str, str]:
    from math_verify import verify

    if _folded(gold) == _folded(answer):
        return "", "the same text"
    forms = Forms()
    sought, coded = (without_money(forms.coded(listed(text))) for text in (gold, answer))
    wanted, given = _read(sought), _read(coded)
    if not wanted and not given:
        return "differs", "no mathematics, and another text"
    if not wanted or not given:
        which = "the answer" if wanted else "what it is compared with"
        return "unreadable", f"no mathematics in {which}"
    if not (is_hedged(sought) or _is_set(wanted)) and _hedges(coded, given):
        return "ambiguous", "it gives several answers"
    one, other = (forms.of(_side(found[0])) for found in (wanted, given))
    if not other and forms.within(str(given[0])) and not _is_set(given):
        return "ambiguous", "times or ratios are reckoned with"
    if one or other:
        reason, why = decided(one or wanted[0], other or given[0])
        return reason, reason and (why or _shown(wanted, given, forms))
    if unclear := _unclear(wanted, given):
        return "ambiguous", unclear
    if not verify(wanted, given, timeout_seconds=None):
        return "differs", _shown(wanted, given, forms)
    return ("differs", clash) if (clash := _clash(gold, answer, given[0])) else ("", "")


def _side(found: Any) -> Any:
    """Return the right side of an equation; any other as it is."""
    from sympy import Eq  # type: ignore[import-untyped]

    return found.rhs if isinstance(found, Eq) else found


def _clash(gold: str, answer: str, number: Any) -> str:
    """Return in words that both state a unit of the same number, and not the same one, or ""."""
    try:
        value = float(_side(number))
    except (TypeError, ValueError, OverflowError):
        return ""
    wanted, given = stated(gold, value), stated(answer, value)
    return f"the unit {given} is not {wanted}" if given.clashes(wanted) else ""


def _read(text: str) -> list[Any]:
    """Return what math-verify reads in a text; one that is nothing but mathematics is marked as such."""
    from math_verify import parse

    found = parse(f"${text}$", parsing_timeout=None) if is_bare(text) else []
    return list(found or parse(text, parsing_timeout=None))


def _end(text: str) -> str:
    """Return the end of a text, where its result stands: from a line's beginning, if there is one."""
    text = text.strip()
    end = text[-_LONGEST:]
    return (end.partition("\n")[2] or end) if len(text) > _LONGEST else text


def _hedges(answer: str, given: list[Any]) -> bool:
    """Say whether an answer gives several results; where both roots are asked for, it may."""
    several = _is_set(given) and len(given[0]) > 1 and not is_set(answer)
    return several or is_hedged(answer)


def _is_set(found: list[Any]) -> bool:
    from sympy import FiniteSet

    return isinstance(found[0], FiniteSet)


def _unclear(wanted: list[Any], given: list[Any]) -> str:
    """Return in words that an equation does not hold, or that `5 6` is no one number, or ""."""
    from sympy import Eq, true

    found = given[0]
    if isinstance(found, Eq) and not found.free_symbols and found.doit() is not true:
        return f"{str(found.lhs)[:80]} is not {str(found.rhs)[:80]}"
    aside = any(_ASIDE.search(str(read[-1])) for read in (wanted, given))
    return "numbers stand side by side" if aside else ""


def _shown(wanted: list[Any], given: list[Any], forms: Forms) -> str:
    one, other = (
        _ZEROS.sub(lambda at: at[1].rstrip("."), forms.worded(str(read[0])))[:80]
        for read in (given, wanted)
    )
    return f"{one} is not {other}"


def _folded(text: str) -> str:
    return " ".join(text.split()).rstrip(".").casefold()

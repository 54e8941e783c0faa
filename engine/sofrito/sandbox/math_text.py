"""The writing of answers in mathematics: brought into one form, and searched for more than one result."""

import re
import unicodedata
from fractions import Fraction

_MARKED = re.compile(r"\$|\\\(|\\\[|\\boxed|\\begin")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_WORDS = re.compile(r"[^\W\d_]{2,}")

_PERCENT = re.compile(r"\\?[%\uff05\ufe6a]")
_VULGAR = re.compile(r"(\d+)?\s?([\u00bc-\u00be\u2150-\u215e])")
_RAISED = re.compile(r"([\u207b]?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+)")
_SIGNS = str.maketrans({"\u2212": "-", "\u2044": "/"})
_SCIENTIFIC = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([+-]?\d{1,2})(?![\w.]\d|\w)")

_ONE = r"[-+]?[$\\({]*[-+]?[\d.,/]*\d"
_BETWEEN = r"(?:\s|\\text\s*{|\\mathrm\s*{)\s*or(?:\s|})[\s}]*"
_OR = re.compile(rf"({_ONE})[^\w\n]*?{_BETWEEN}(?:\w\s*=\s*)?({_ONE})")
_ALTERNATIVES = re.compile(_BETWEEN)
_SET = re.compile(r"{[^{}]*,[^{}]*}")
_SENTENCES = re.compile(r"\n+|(?<=[.!?])\s+")


def plain(text: str) -> str:
    """Return a text with its digits, signs, fractions and powers of ten as a parser reads them.

    A percent sign is a unit, and left out. The rest is Unicode's NFKC.
    """
    text = _VULGAR.sub(_fraction, text)
    text = _RAISED.sub(lambda found: f"^{{{unicodedata.normalize('NFKC', found[0])}}}", text)
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    return _SCIENTIFIC.sub(_decimal, _PERCENT.sub("", text))


def is_bare(text: str) -> bool:
    """Say whether a text is nothing but mathematics, and is not marked as such."""
    return not _MARKED.search(text) and not _WORDS.search(_COMMAND.sub("", text))


def is_set(text: str) -> bool:
    """Say whether a set is written in a text, braces and all."""
    return bool(_SET.search(text))


def listed(text: str) -> str:
    """Return `1 or 2` as `1, 2`, where there is nothing but mathematics in it."""
    with_commas = _ALTERNATIVES.sub(", ", text)
    return with_commas if with_commas != text and is_bare(with_commas) else text


def is_hedged(text: str) -> bool:
    """Say whether the last sentence with a number gives different numbers, as in `5 or 6`."""
    sentences = [one for one in _SENTENCES.split(text) if re.search(r"\d", one)]
    last = sentences[-1] if sentences else ""
    return any(_bared(found[1]) != _bared(found[2]) for found in _OR.finditer(last))


def _bared(number: str) -> str:
    return number.strip("$\\({+").replace(",", "").rstrip(".")


def _fraction(found: re.Match[str]) -> str:
    part = Fraction(unicodedata.numeric(found[2])).limit_denominator(10)
    whole = int(found[1] or 0) + part
    return f"{whole.numerator}/{whole.denominator}"


def _decimal(found: re.Match[str]) -> str:
    value = Fraction(found[1]) * Fraction(10) ** int(found[2])
    exact = value.numerator if value.denominator == 1 else None
    return str(exact) if exact is not None else f"{value.numerator}/{value.denominator}"

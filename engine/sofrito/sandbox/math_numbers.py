"""The ways of writing one number: in groups of digits, mixed, as a vulgar fraction, in powers of ten."""

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction

_VULGAR = re.compile(r"(\d)?([\u00bc-\u00be\u2150-\u215e])")
_SCIENTIFIC = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([+-]?\d{1,2})(?![\w.]\d|\w)")

_APART = r"(?: |['\u2019~]|\\[,;:! ]|\{,\})"
_GROUPED = re.compile(
    rf"(?<![\w.,^])([1-9]\d{{0,2}})(?=({_APART}))((?:\2\d{{3}}(?!\d))+)(?:,(\d\d?)(?!\d| \d{{3}}))?"
)
_EUROPEAN = re.compile(r"(?<![\w.,^])(\d{1,3}(?:\.\d{3})+),(\d+)(?![\d,])")

_WHOLE = r"(?<![\w.,/^:])(?<!\d )(\d{1,3}(?:,\d{3})+|\d+)"
_MIXED = re.compile(rf"{_WHOLE}(?: | and )(\d+)/(\d+)(?!\d|\.\d|/)")
_MIXED_LATEX = re.compile(
    rf"{_WHOLE}(?: |~|\\[,;:! ])*\\[dt]?frac *(?:{{ *(\d+) *}} *{{ *(\d+) *}}|(\d)(\d)(?!\d))"
)
_EXACT = 10**6


def fractions(text: str) -> str:
    """Return a text with characters such as `½` as `1/2`, and `2½` as `2 1/2`."""
    return _VULGAR.sub(_fraction, text)


def joined(text: str) -> str:
    """Return a text, in which no fraction is one character, with each number in one piece.

    `1 000`, `1'000` and `1.000,0` are 1000, `3 1/2` is 3.5, `2 1/3` is 7/3, and `1e3` is 1000.
    """
    text = _EUROPEAN.sub(lambda found: f"{found[1].replace('.', '')}.{found[2]}", text)
    text = _GROUPED.sub(_ungrouped, text)
    text = _MIXED_LATEX.sub(_mixed, _MIXED.sub(_mixed, text))
    return _SCIENTIFIC.sub(_decimal, text)


def _fraction(found: re.Match[str]) -> str:
    part = Fraction(unicodedata.numeric(found[2])).limit_denominator(10)
    return f"{found[1]} {part}" if found[1] else str(part)


def _ungrouped(found: re.Match[str]) -> str:
    return found[1] + found[3].replace(found[2], "") + (f".{found[4]}" if found[4] else "")


def _mixed(found: re.Match[str]) -> str:
    whole, over, under = (int(one.replace(",", "")) for one in found.groups() if one)
    if over >= under:
        return found[0]
    value = whole + Fraction(over, under)
    # A decimal needs no brackets, and may follow the sign of a currency.
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return format(exact, "f") if _EXACT % value.denominator == 0 else str(value)


def _decimal(found: re.Match[str]) -> str:
    value = Fraction(found[1]) * Fraction(10) ** int(found[2])
    return str(value)

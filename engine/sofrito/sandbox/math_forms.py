"""Answers that are more than one number: times of day, ratios, and quantities such as 2 hours 30 minutes."""

import re
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b

from sofrito.sandbox.math_units import GAP, MONEY, NUMBER, SPELLED, meanings

_N = r"\d+(?:,\d{3})*(?:\.\d+)?"
_HALF = r" *(?P<{0}>[ap])(?:m(?![a-z])|\. ?m\.)"
_COLON = re.compile(
    rf"(?<![\w.:/^])(?P<parts>{_N}(?:(?:~?:~?| : | *\\colon *){_N})+)"
    rf"(?![\d:]|[.,]\d| *=)(?:{_HALF.format('half')})?"
    rf"|(?<![\w.,:/^])(?P<hour>1[0-2]|0?[1-9]){_HALF.format('hours')}",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?:2[0-4]|[01]?\d)(?::[0-5]\d){1,2}")

_UNIT = rf"(?:(?i:{SPELLED})(?![A-Za-z])|in(?= *(?:[.,;)}}]|$)))"
_QUANTITY = rf"(?:{MONEY} ?{NUMBER}(?:{GAP}{_UNIT})?|{NUMBER}{GAP}{_UNIT})"
_JOIN = r"(?:,? +and +|,? *)"
_THINGS = rf"\$?{NUMBER}(?: +[a-z]+){{0,2}} +and +\$?{NUMBER}(?: +[a-z]+\b)?"
_REMAINDER = rf"{_N}(?:,? *(?:with )?(?:a )?(?:remainder|rem\.?)(?: of)? *| *\bR *){_N}"
_SEVERAL = re.compile(
    rf"(?<![\w.,/^])(?<!\d )(?:{_QUANTITY}(?:{_JOIN}\$?(?<![\d.,/^]){_QUANTITY})+|(?P<rest>{_REMAINDER})"
    rf"|{_THINGS})(?! *[-+*/=^\u00d7\u00f7]|[\d$])"
)
_PART = re.compile(rf"({MONEY})? ?({NUMBER}){GAP}((?!and\b)[^\W\d]*(?: +(?!and\b)[^\W\d]+)?)")
_TEXT = re.compile(r"\\(?:text|textrm|mathrm|mbox) *{([^{}]*)}")


@dataclass(frozen=True)
class Colon:
    """Numbers with colons between them, or an hour with am or pm: a time of day, a ratio, or either."""

    parts: tuple[Fraction, ...]
    half: str
    may_be_time: bool

    @property
    def of_day(self) -> tuple[Fraction, ...]:
        """The hours, minutes and seconds since midnight."""
        hour = self.parts[0] % 12 + 12 * (self.half == "p") if self.half else self.parts[0]
        return (hour, *self.parts[1:], *(Fraction(0),) * (3 - len(self.parts)))


@dataclass(frozen=True)
class Several:
    """Numbers, each with its unit or what it counts."""

    parts: tuple[tuple[str, Fraction], ...]


Form = Colon | Several


class Forms:
    """Puts a number of 40 digits in the place of each time, ratio and row of quantities in a text.

    What finds the result of a text then finds these as it finds numbers. The same form has the same
    number, and no two are near each other. `12:4 = 3` is a division, and left as it is.
    """

    def __init__(self) -> None:
        self._forms: dict[str, tuple[Form, str]] = {}

    def coded(self, text: str) -> str:
        """Return a text, `plain`, with its forms as numbers."""
        words = text if _SEVERAL.search(text) else _TEXT.sub(r" \1 ", text)
        text = _SEVERAL.sub(self._several, words) if _SEVERAL.search(words) else text
        return _COLON.sub(self._colon, text)

    def of(self, number: object) -> Form | None:
        """Return the form a number stands for."""
        digits = str(number).lstrip("-")
        return self._forms.get(digits, (None, ""))[0]

    def within(self, text: str) -> bool:
        """Say whether a text has the number of a form."""
        return any(code in text for code in self._forms)

    def worded(self, text: str) -> str:
        """Return a text with its forms as they were written."""
        for code, (_, written) in self._forms.items():
            text = text.replace(code, written)
        return text

    def _several(self, found: re.Match[str]) -> str:
        if found["rest"]:
            return self._code(
                Several(tuple(("", _number(n)) for n in re.findall(_N, found[0]))), found
            )
        parts = [
            (_unit((one[1] or one[3]).strip("\\")), _number(one[2]))
            for one in _PART.finditer(found[0])
        ]
        return self._code(Several(tuple(sorted(parts))), found)

    def _colon(self, found: re.Match[str]) -> str:
        written = found["parts"] or found["hour"]
        half = (found["half"] or found["hours"] or "").lower()
        clock = bool(half or _CLOCK.fullmatch(written))
        return self._code(Colon(tuple(map(_number, re.findall(_N, written))), half, clock), found)

    def _code(self, form: Form, found: re.Match[str]) -> str:
        digest = blake2b(repr(form).encode(), digest_size=16).digest()
        code = str(7 * 10**39 + int.from_bytes(digest, "big") % 10**39)
        self._forms.setdefault(code, (form, " ".join(found[0].split())))
        return code


def _number(written: str) -> Fraction:
    over, _, under = written.replace(",", "").partition("/")
    return Fraction(over) / (Fraction(under or 1) or 1)


def _unit(spelled: str) -> str:
    known = meanings(spelled.strip())
    return "|".join(sorted(known)) if known else spelled.strip().lower().rstrip("s")


def decided(wanted: object, given: object) -> tuple[str, str]:
    """Return the reason, "" if they are the same, and the detail; one of the two is a form.

    A time is compared as it is written, and a ratio with a ratio. Several quantities are no number.
    """
    if isinstance(wanted, Several) and isinstance(given, Several):
        return ("" if wanted == given else "differs"), ""
    if isinstance(wanted, Several) or isinstance(given, Several):
        if (numbers := _numbers(wanted)) and numbers == _numbers(given):
            return "", ""
        return "ambiguous", "several quantities, and one"
    if isinstance(wanted, Colon) and isinstance(given, Colon):
        return _colons(wanted, given)
    return _hour(wanted, given)


def _numbers(found: object) -> frozenset[float]:
    """Return the numbers of a set, or of a row in which nothing is said of them."""
    if isinstance(found, Several):
        told = any(unit for unit, _ in found.parts)
        return frozenset() if told else frozenset(float(n) for _, n in found.parts)
    elements = getattr(found, "args", ()) if getattr(found, "is_FiniteSet", False) else ()
    return frozenset(float(one) for one in elements if one.is_number)


def _colons(one: Colon, other: Colon) -> tuple[str, str]:
    if one.half or other.half:
        same = one.may_be_time and other.may_be_time and one.of_day == other.of_day
        unmarked = not (one.half and other.half) and one.parts == other.parts
        return ("" if same or unmarked else "differs"), ""
    if one.parts == other.parts:
        return "", ""
    if not _proportional(one.parts, other.parts):
        return "differs", ""
    if one.may_be_time or other.may_be_time:
        return "ambiguous", "the same ratio, and not the same time"
    return "", ""


def _proportional(one: tuple[Fraction, ...], other: tuple[Fraction, ...]) -> bool:
    if len(one) != len(other) or not one[0] or not other[0]:
        return False
    return all(a * other[0] == b * one[0] for a, b in zip(one, other, strict=True))


def _hour(wanted: object, given: object) -> tuple[str, str]:
    """Compare 9 pm and 9:00 with 9; of a ratio, and of hours and minutes, no number is the same."""
    hour, number = (wanted, given) if isinstance(wanted, Colon) else (given, wanted)
    assert isinstance(hour, Colon)
    full = hour.may_be_time and not any(hour.parts[1:])
    return ("" if full and str(hour.parts[0]) == str(number) else "differs"), ""

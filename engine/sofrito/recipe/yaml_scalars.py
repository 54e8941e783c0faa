"""What a bare word of YAML means: the 1.2 core schema, less what would change what was written."""

import math
import re

Scalar = bool | int | float | str | None

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_SWITCHES = {
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON"), "true"),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF"), "false"),
}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"([-+]?)0+([0-9]+)")
_GROUPED = re.compile(r"[-+]?[0-9]{1,3}(?:_[0-9]{3})+")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NUMBER_STARTS = frozenset("0123456789+-.")


def scalar(text: str) -> tuple[Scalar, str]:
    """Return the value of a bare scalar, and how to mend it where the reader may be surprised.

    Whatever a number would not give back as written, or JSON could not carry (``007``, ``1_000``,
    ``.inf``, integers beyond 64 bits), stays text. So do ``yes`` and ``on``, dates and ``12:30``.
    """
    if text in _CONSTANTS:
        return _CONSTANTS[text], ""
    if text[0] in _NUMBER_STARTS:
        return _number(text)
    if text in _SWITCHES:
        return text, f"write {_SWITCHES[text]}"
    return text, ""


def _number(text: str) -> tuple[Scalar, str]:
    if _INTEGER.fullmatch(text):
        if len(text) <= 20 and -(2**63) <= (whole := int(text)) < 2**63:
            return whole, ""
        return text, "write a number of at most 64 bits"
    if zeros := _LEADING_ZERO.fullmatch(text):
        return text, f"write {zeros[1]}{zeros[2]}"
    if _FLOAT.fullmatch(text):
        number = float(text)
        return (number, "") if math.isfinite(number) else (text, "write a smaller number")
    if _BASED.fullmatch(text) and len(text) < 18:
        return int(text, 0), ""
    if _GROUPED.fullmatch(text):
        return text, f"write {text.replace('_', '')}"
    return text, "write a number that is finite" if _NOT_FINITE.fullmatch(text) else ""

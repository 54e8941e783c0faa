"""The writing of answers in mathematics: brought into one form, and searched for more than one result."""

import re
import unicodedata

from sofrito.sandbox.math_numbers import fractions, joined

_MARKED = re.compile(r"\$|\\\(|\\\[|\\boxed|\\begin")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_WORDS = re.compile(r"[^\W\d_]{2,}")

_SPACES = re.compile(" {2,}")
_PERCENT = re.compile(r"\\?[%\uff05\ufe6a]")
_RAISED = re.compile(r"([\u207b]?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]+)")
_DOLLAR = re.compile(r"\\?\$")
_MONEY = re.compile(
    r"(?:[\u20ac\u00a3\u00a5\u20b9]|\\\$) ?(?=\d)|(?<=\d) ?[\u20ac\u00a3\u00a5\u20b9\u00a2]"
)
_SIGNS = str.maketrans({"\u2212": "-", "\u2044": "/"})

_ONE = r"[-+]?[$\\({]*[-+]?[\d.,/]*\d"
_BETWEEN = r"(?:\s|\\text\s*{|\\mathrm\s*{)\s*or(?:\s|})[\s}]*"
_OR = re.compile(rf"({_ONE})[^\w\n]*?{_BETWEEN}(?:\w\s*=\s*)?({_ONE})")
_RANGE = re.compile(rf"({_ONE}) ?\u2013 ?({_ONE})(?!.*\d)")
_ALTERNATIVES = re.compile(_BETWEEN.replace("or", "(?:or|and)"))
_SET = re.compile(r"{[^{}]*,[^{}]*}")
_SENTENCES = re.compile(r"\n+|(?<=[.!?])\s+")


def plain(text: str) -> str:
    """Return a text with its digits, signs, fractions and powers of ten as a parser reads them.

    Numbers in groups of digits and mixed numbers become one number each. A percent sign is a unit,
    and left out. The rest is Unicode's NFKC.
    """
    text = fractions(text)
    text = _RAISED.sub(lambda found: f"^{{{unicodedata.normalize('NFKC', found[0])}}}", text)
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    return joined(_SPACES.sub(" ", _PERCENT.sub("", text)))


def without_money(text: str) -> str:
    """Return a text without the signs of currencies at its numbers; a dollar may begin mathematics."""
    return _MONEY.sub("", text if text.count("$") > 1 else _DOLLAR.sub("", text))


def is_bare(text: str) -> bool:
    """Say whether a text is nothing but mathematics, and is not marked as such."""
    return not _MARKED.search(text) and not _WORDS.search(_COMMAND.sub("", text))


def is_set(text: str) -> bool:
    """Say whether a set is written in a text, braces and all."""
    return bool(_SET.search(text))


def listed(text: str) -> str:
    """Return `1 or 2` and `1 and 2` as `1, 2`, where there is nothing but mathematics in it."""
    with_commas = _ALTERNATIVES.sub(", ", text)
    return with_commas if with_commas != text and is_bare(with_commas) else text


def is_hedged(text: str) -> bool:
    """Say whether the last sentence with a number gives different numbers, as in `5 or 6` or `5–6`."""
    sentences = [one for one in _SENTENCES.split(text) if re.search(r"\d", one)]
    last = sentences[-1] if sentences else ""
    pairs = (*_OR.finditer(last), *_RANGE.finditer(last))
    return any(_bared(found[1]) != _bared(found[2]) for found in pairs)


def _bared(number: str) -> str:
    return number.strip("$\\({+").replace(",", "").rstrip(".")

"""What two names of a topic have in common if they mean the same."""

import re
from itertools import groupby
from unicodedata import category, normalize

_WORD, _SIGN = "word", "sign"
_UNSEEN = re.compile("[\xad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]")
_MARKUP = re.compile(r"(?<![\w+#*])[#*]+")
_MINUS = re.compile(r"(?<!\w)[-\u2013](?=\d)")
_ARTICLE = re.compile(r"^\W*(?:an?|the)\s+(?=\w)")
_JOINTS = frozenset(["at", "by", "for", "from", "in", "of", "on", "to", "with"])
_NO_PLURAL = frozenset(["arms", "blues", "customs", "goods", "means", "news"])
_PLURAL = re.compile(r"ies?$|(?:(?<=[sxz])|(?<=[cs]h))es?$|(?<![sui])s$")


def likeness(name: str) -> str:
    """Return what nearly equal topics have in common: their words and signs in order, without case.

    An article before the first word does not count; elsewhere it is a letter, as in vitamin A. The
    last word before a preposition, and the last of all, counts as in the singular: a plural that
    stands elsewhere mostly means another thing, as in new media and news media.
    """
    words = _said(name)
    said = [word for i, word in enumerate(words) if word != "and" or i in (0, len(words) - 1)]
    ends = [*(word in _JOINTS for word in said[1:]), True]
    return " ".join(_singular(w) if end else w for w, end in zip(said, ends, strict=False))


def _said(name: str) -> list[str]:
    """Return the words of a name, and the runs of signs between them that change what it means."""
    text = normalize("NFC", normalize("NFC", _UNSEEN.sub("", name)).casefold())
    text = _ARTICLE.sub("", text.replace("&", " and "), count=1)
    text = _MINUS.sub("\u2212", _MARKUP.sub(" ", text))
    return ["".join(run) for kind, run in groupby(text, _kind) if kind]


def _kind(char: str) -> str:
    """Return whether a character is of a word or a sign; "" for what only divides."""
    kind = category(char)
    if kind[0] in "LNM" or char == "_":
        return _WORD
    means = kind in ("Sm", "Sc", "So") and char not in "©®™"
    return _SIGN if means or char in "#*%^" else ""


def _singular(word: str) -> str:
    """Return a form that a noun and its plural share, where English makes it by a rule."""
    if len(word) < 4 or word in _NO_PLURAL:
        return word
    return _PLURAL.sub(lambda end: "y" if end[0].startswith("i") else "", word, count=1)

"""Texts without the marks that only part or quote words."""

import re
import unicodedata

_ENDS = ".?…‥。？؟।॥"
_CLOSING = _ENDS + ",;:!)\"'’”»›，、；：！）」』》〉،؛‽"
_OPENING = "(\"'“„‟‚‘«‹（「『《〈¡¿"
_DASHES = "-‐‑‒–—―־"
_UNSPACED = "。？，、；：！（）「」『』《》〈〉…‥—―“”„«»"
"""Marks that stand between two letters and yet belong to neither word."""

_APOSTROPHES = "'’"
_MARKS = re.compile(f"[{re.escape(_CLOSING + _OPENING)}]+|[{re.escape(_DASHES)}]+")


def without_punctuation(text: str) -> str:
    """Return a text without the marks that part its sentences and words, or quote them.

    Only what can mean nothing else goes: full stops, commas, colons, question and exclamation marks,
    quotes and round brackets around words, dashes between words of two letters or more. A mark next
    to a digit stays, and so does one inside a word, before one as in `.NET`, next to a sign as in `!=`,
    after a single letter as in `n!` and `y'`, and every other mark: `# % & * / @`. A dash between two
    letters becomes a space, an apostrophe there the plain one. Takes time linear in the text.
    """
    return _MARKS.sub(_left, text)


def _left(found: re.Match[str]) -> str:
    text, run, (start, end) = found.string, found[0], found.span()
    before = _kind(text[start - 1 : start] if start else "")
    after = _kind(text[end : end + 1])
    if before == after == "letter":
        return _inside(text, run, start, end)
    if before == after == "space":
        return "" if _between_words(text, start, end) else run
    if run.strip(_ENDS) == "" and after == "space":
        return ""
    if run[0] in _DASHES or not {before, after} <= {"letter", "space"}:
        return run
    if before == "space":
        return run.strip(_OPENING)
    alone = start < 2 or _kind(text[start - 2]) != "letter"
    said = alone and (set(run) & {"!", *_APOSTROPHES})
    return run if said or ")!" in run else run.strip(_CLOSING)


def _inside(text: str, run: str, start: int, end: int) -> str:
    if run in _APOSTROPHES:
        return "'"
    if run[0] in _DASHES:
        return " " if _between_words(text, start, end) else run
    return "" if run.strip(_UNSPACED) == "" else run


def _between_words(text: str, start: int, end: int) -> bool:
    """Say whether words of two letters or more, or nothing at all, are on both sides of white space."""
    while start and text[start - 1].isspace():
        start -= 1
    while end < len(text) and text[end].isspace():
        end += 1
    near = [text[max(start - 2, 0) : start], text[end : end + 2]]
    return all(not two or [_kind(one) for one in two] == ["letter", "letter"] for two in near)


def _kind(one: str) -> str:
    if not one or one.isspace():
        return "space"
    return {"L": "letter", "M": "letter"}.get(unicodedata.category(one)[0], "sign")

"""Where a place inside a text of the recipe stands in its file, however YAML writes the text."""

from collections.abc import Iterator

from sofrito.problems import Span
from sofrito.recipe.base import Key
from sofrito.recipe.places import Places

_SPACE = " \t\r\n"
_HEXADECIMAL = {"x": 2, "u": 4, "U": 8}
_ESCAPED = {"0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f",
            "r": "\r", "e": "\x1b", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029"}  # fmt: skip


def span_inside(places: Places, path: Key, text: str, offset: int, length: int) -> Span | None:
    """Return the place of ``length`` characters from ``offset`` on in the text at a path.

    None where it cannot be told: the text comes from the command line, or through an alias.
    """
    origin = places.origin(path)
    if origin.at is not None:
        return None
    whole, raw = origin.document.span(origin.path), origin.document.text
    start = _offset(raw, whole.line, whole.column)
    at = placed(raw, start, text, offset)
    if at is None:
        return None
    line = raw.count("\n", 0, at) + 1
    return Span(whole.file, line, at - raw.rfind("\n", 0, at), max(1, length))


def placed(raw: str, start: int, text: str, offset: int) -> int | None:
    """Return where the character at ``offset`` of a text stands in the YAML that it was read from.

    The YAML of the text begins at ``start``. White space is left out of the comparison, as YAML
    folds and indents it; None where the two do not agree.
    """
    wanted = (char for char in text[: offset + 1] if char not in _SPACE)
    place = None
    written = _written(raw, start)
    for char in wanted:
        found, place = next(written, ("", None))
        if found != char:
            return None
    return place


def _offset(raw: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = raw.find("\n", start) + 1
    return start + column - 1


def _written(raw: str, start: int) -> Iterator[tuple[str, int]]:
    """Yield the characters of a scalar that are no white space, each with its place."""
    style = raw[start : start + 1]
    if style in ("|", ">") and style:
        start = raw.find("\n", start)
        characters = enumerate(raw[start:], start) if start >= 0 else iter(())
    elif style == '"':
        characters = _double_quoted(raw, start + 1)
    elif style == "'":
        characters = _single_quoted(raw, start + 1)
    else:
        characters = enumerate(raw[start:], start)
    for place, char in characters:
        if char not in _SPACE:
            yield char, place


def _single_quoted(raw: str, at: int) -> Iterator[tuple[int, str]]:
    while at < len(raw):
        if raw[at] == "'":
            if raw[at + 1 : at + 2] != "'":
                return
            at += 1
        yield at, raw[at]
        at += 1


def _double_quoted(raw: str, at: int) -> Iterator[tuple[int, str]]:
    while at < len(raw) and raw[at] != '"':
        if raw[at] != "\\":
            yield at, raw[at]
            at += 1
            continue
        kind = raw[at + 1 : at + 2]
        digits = _HEXADECIMAL.get(kind, 0)
        if digits:
            try:
                yield at, chr(int(raw[at + 2 : at + 2 + digits], 16))
            except (ValueError, OverflowError):
                return
        else:
            yield at, _ESCAPED.get(kind, kind)
        at += 2 + digits

"""Values given on the command line instead of in the recipe: `--set models.teacher.model=local`."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from sofrito.problems import Problem, RecipeError, Span
from sofrito.recipe.base import Key
from sofrito.recipe.document import Document, parse_document
from sofrito.recipe.places import Places
from sofrito.recipe.words import described

COMMAND_LINE = Path("--set")
"""The file of a span that points at an override: its line is the override's number, from 1."""


def overridden(document: Document, sets: Mapping[str, str]) -> tuple[Places, list[Problem]]:
    """Return a document's data with overrides in place, and what is wrong with these.

    A path is dotted, with the number of a list's item from 0: `steps.0.sampling.temperature`.
    A value is read as YAML. Mappings on the way that do not exist are made.
    """
    data, spans, problems = document.data, {}, []
    for number, (dotted, text) in enumerate(sets.items(), start=1):
        path_span = Span(COMMAND_LINE, number, 1, max(1, len(dotted)))
        value_span = Span(COMMAND_LINE, number, len(dotted) + 2, max(1, len(text)))
        try:
            value = parse_document(COMMAND_LINE, text, mapping=False).data
            path = _path(dotted, data)
            data = replaced(data, path, value)
            spans[path] = value_span
        except RecipeError as error:
            problems += [Problem(p.code, value_span, p.what, p.fix) for p in error.problems]
        except _Wrong as wrong:
            problems.append(Problem("SOF101", path_span, str(wrong), wrong.fix))
    return Places(document, data, spans), problems


class _Wrong(Exception):
    def __init__(self, what: str, fix: str) -> None:
        self.fix = fix
        super().__init__(what)


def _path(dotted: str, data: Any) -> Key:
    path: list[str | int] = []
    for word in dotted.split("."):
        part: str | int = word
        if not word:
            what = f"`{dotted}` is not a path into the recipe."
            raise _Wrong(what, "Such as `models.teacher.path`.")
        if isinstance(data, list):
            part = _index(word, data, dotted)
        elif data is not None and not isinstance(data, dict):
            where = ".".join(map(str, path))
            raise _Wrong(f"`{where}` is {described(data)}: there is no `{part}` in it.", "")
        path.append(part)
        data = data[part] if part in _keys(data) else None
    return tuple(path)


def _keys(data: Any) -> Collection[str | int]:
    return range(len(data)) if isinstance(data, list) else data or ()


def _index(part: str, items: list[Any], dotted: str) -> int:
    if not part.isascii() or not part.isdigit() or int(part) >= len(items):
        fix = (
            f"The list's items are numbered from 0 to {len(items) - 1}."
            if items
            else "It is empty."
        )
        raise _Wrong(f"`{part}` in `{dotted}` is not the number of an item.", fix)
    return int(part)


def replaced(data: Any, path: Key, value: Any) -> Any:
    """Return data with one value replaced, sharing what is not on the way."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(data, list):
        assert isinstance(first, int)
        return [*data[:first], replaced(data[first], rest, value), *data[first + 1 :]]
    inner = data or {}
    return {**inner, first: replaced(inner.get(first), rest, value)}

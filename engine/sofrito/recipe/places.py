"""Where the parts of a recipe stand, and the problems found there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sofrito.problems import Problem, Severity, Span
from sofrito.recipe.base import Key
from sofrito.recipe.document import Document

MOST = 100
"""Problems reported of one recipe: who has more has one that causes most of them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A problem, and the path in the recipe that it is about."""

    path: Key
    problem: Problem


class Places:
    """A recipe's data, overrides included, and the place of each of its parts.

    ``data`` must not be changed: parts of it may be shared.
    """

    def __init__(
        self, document: Document, data: Any = None, overrides: Mapping[Key, Span] | None = None
    ) -> None:
        self.document = document
        self.data: Any = document.data if data is None else data
        self._overrides = dict(overrides or {})

    @property
    def folder(self) -> Path:
        """The recipe's folder."""
        return self.document.path.parent

    def at(self, path: Key) -> Any:
        """Return the value at a path, or None where there is none."""
        value = self.data
        for part in path:
            match value, part:
                case dict(), _ if part in value:
                    value = value[part]
                case list(), int() if part < len(value):
                    value = value[part]
                case _:
                    return None
        return value

    def span(self, path: Key) -> Span:
        """Return the place of the value at a path, or of the nearest around it."""
        return self._override(path) or self.document.span(path)

    def key_span(self, path: Key) -> Span:
        """Return the place of the key at a path, or of the nearest around it."""
        return self._override(path) or self.document.key_span(path)

    def source(self, path: Key) -> str:
        """Return a scalar as it was written."""
        try:
            if self._override(path) is None:
                return self.document.source(path)
        except KeyError:
            pass
        value = self.at(path)
        return str(value).lower() if isinstance(value, bool) else str(value)

    def find(self, path: Key, value: str) -> Key:
        """Return the path of the first text equal to ``value`` at or below a path, or that path."""
        return self._find(path, self.at(path), value) or path

    def _find(self, path: Key, here: Any, value: str) -> Key | None:
        if isinstance(here, str):
            return path if here == value else None
        if not isinstance(here, dict | list):
            return None
        inner = here.items() if isinstance(here, dict) else enumerate(here)
        found = (self._find((*path, key), one, value) for key, one in inner)
        return next((one for one in found if one is not None), None)

    def _override(self, path: Key) -> Span | None:
        for length in range(len(path), 0, -1):
            if span := self._overrides.get(path[:length]):
                return span
        return None


class Problems:
    """Collects what is wrong with a recipe; the same said of the same place counts once."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.found: list[Found] = []

    def add(
        self,
        code: str,
        path: Key,
        what: str,
        fix: str = "",
        *,
        severity: Severity = "error",
        at_key: bool = False,
        where: Span | None = None,
    ) -> None:
        """Note a problem at the value of a path, at its key, or in another file."""
        span = where or (self.places.key_span(path) if at_key else self.places.span(path))
        problem = Problem(code, span, what, fix, severity)
        if len(self.found) < MOST and all(one.problem != problem for one in self.found):
            self.found.append(Found(path, problem))

    def warn(self, code: str, path: Key, what: str, fix: str = "", *, at_key: bool = False) -> None:
        """Note what does not stop a run."""
        self.add(code, path, what, fix, severity="warning", at_key=at_key)

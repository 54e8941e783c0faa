"""Where the parts of a recipe stand, and the problems found there."""

from collections.abc import Iterable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a part of a recipe was written: a document, and the path in it.

    ``at`` is the place that all of it is said to have, where no file holds it: on the command line.
    """

    document: Document
    path: Key = ()
    at: Span | None = None

    def below(self, rest: Key) -> "Origin":
        """Return where something in this part was written."""
        return Origin(self.document, (*self.path, *rest), self.at)


class Places:
    """A recipe's data, as merged of several files and overrides, and the place of each of its parts.

    ``origins`` tells where the part at a path was written, with all in it that has no origin of its
    own. ``bases`` are the documents that ``document`` extends, the nearest first. ``values`` maps the
    path of a value that is a parameter's to the path of that parameter's; ``inserted`` are the paths
    of texts that a parameter stands within, ``params`` the names of both. ``removed`` tells where
    what a base has was removed, by kind and name: `("seeds", "tasks")`, `("columns", "answer")`,
    `("recipe", "output")` for a key, `("from", "tasks")` for the pool of the candidates.
    ``data`` must not be changed: parts of it may be shared.
    """

    def __init__(
        self,
        document: Document,
        data: Any = None,
        origins: Mapping[Key, Origin] | None = None,
        *,
        bases: Sequence[Document] = (),
        values: Mapping[Key, Key] | None = None,
        inserted: frozenset[Key] = frozenset(),
        params: frozenset[str] = frozenset(),
        removed: Mapping[Key, Origin] | None = None,
    ) -> None:
        self.document = document
        self.data: Any = document.data if data is None else data
        self.bases = tuple(bases)
        self.origins: Mapping[Key, Origin] = {(): Origin(document), **(origins or {})}
        self._values, self._inserted = dict(values or {}), inserted
        self.params = params
        self.removed: Mapping[Key, Origin] = removed or {}

    @property
    def folder(self) -> Path:
        """The recipe's folder."""
        return self.document.path.parent

    @property
    def folders(self) -> tuple[Path, ...]:
        """The recipe's folder, and those of the recipes that it extends: where its files are."""
        return tuple(dict.fromkeys([self.folder, *(base.path.parent for base in self.bases)]))

    def documents(self) -> tuple[Document, ...]:
        """Return the recipe's file and those that it extends, the nearest first."""
        return (self.document, *self.bases)

    def at(self, path: Key) -> Any:
        """Return the value at a path, or None where there is none."""
        value, depth = self._walked(path)
        return value if depth == len(path) else None

    def origin(self, path: Key) -> Origin:
        """Return where the value at a path was written, or the nearest value around it."""
        path = path[: self._walked(path)[1]]
        for length in range(len(path), 0, -1):
            if parameter := self._values.get(path[:length]):
                path = (*parameter, *path[length:])
                break
        return self._written(path)

    def written(self, path: Key) -> Origin:
        """Return where a value was written, or what refers to the parameter whose value it is."""
        return self._written(path[: self._walked(path)[1]])

    def inherited(self, path: Key) -> str:
        """Return what the recipe is called that wrote a value and is extended by this one, or ""."""
        document = self.written(path).document
        base = next((one for one in self.bases if one is document), None)
        return "" if base is None else str(base.data.get("recipe") or base.path.parent.name)

    def span(self, path: Key) -> Span:
        """Return the place of the value at a path, or of the nearest around it."""
        origin = self.origin(path)
        return origin.at or origin.document.span(origin.path)

    def key_span(self, path: Key) -> Span:
        """Return the place of the key at a path, or of the nearest around it."""
        origin = self.written(path)
        return origin.at or origin.document.key_span(origin.path)

    def source(self, path: Key) -> str:
        """Return a scalar as it was written."""
        try:
            if path not in self._inserted:
                origin = self.origin(path)
                return origin.document.source(origin.path)
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

    def _walked(self, path: Key) -> tuple[Any, int]:
        """Follow a path as far as it goes; return the value there and the number of its keys."""
        value = self.data
        for depth, part in enumerate(path):
            match value, part:
                case dict(), _ if part in value:
                    value = value[part]
                case list(), int() if part < len(value):
                    value = value[part]
                case _:
                    return value, depth
        return value, len(path)

    def _written(self, path: Key) -> Origin:
        for length in range(len(path), 0, -1):
            if origin := self.origins.get(path[:length]):
                return origin.below(path[length:])
        return self.origins[()].below(path)


def with_origin(origins: Mapping[Key, Origin], path: Key, origin: Origin) -> dict[Key, Origin]:
    """Return origins of which one is another; what it held has no origins of its own any more."""
    kept = {key: one for key, one in origins.items() if key[: len(path)] != path}
    return {**kept, path: origin}


class Problems:
    """Collects what is wrong with a recipe; the same said of the same path counts once.

    A parameter's value stands at several paths: what is wrong with it is found at each of them.
    ``missing`` has the kind and name of what some of them lack: `("seeds", "tasks")`.
    """

    def __init__(self, places: Places) -> None:
        self.places = places
        self.found: list[Found] = []
        self.missing: dict[Found, Key] = {}
        self._known: set[Found] = set()

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
        missing: Key = (),
    ) -> None:
        """Note a problem at the value of a path, at its key, or in another file."""
        span = where or (self.places.key_span(path) if at_key else self.places.span(path))
        found = Found(path, Problem(code, span, what, fix, severity))
        if found not in self._known:
            self._known.add(found)
            self.found.append(found)
            if missing:
                self.missing[found] = missing

    def warn(self, code: str, path: Key, what: str, fix: str = "", *, at_key: bool = False) -> None:
        """Note what does not stop a run."""
        self.add(code, path, what, fix, severity="warning", at_key=at_key)

    def told(self) -> tuple[Problem, ...]:
        """Return what is reported: the problems, each once, and no more than who reads them bears."""
        return most_of(one.problem for one in self.found)


def most_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the first of some problems, each once; no warning takes the place of an error."""
    each = sorted(dict.fromkeys(problems), key=lambda one: one.severity != "error")
    return tuple(each[:MOST])

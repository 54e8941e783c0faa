"""What a migration is: how a recipe of one version of the language becomes one of the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from sofrito.problems import Problem, RecipeError, Span
from sofrito.recipe.base import Key
from sofrito.recipe.document import Document


class Edit(NamedTuple):
    """What is written in place of the text at ``where``, and what that does, in words."""

    where: Span
    text: str
    what: str


class Change(Protocol):
    """One way in which a version of the language differs from the one before."""

    def edits(self, document: Document) -> list[Edit]:
        """Return what must be written otherwise; raises RecipeError where a person must decide."""
        ...

    def told(self, path: Key) -> str:
        """Return in words how the key at a path is written since, "" where it is none of the old ones."""
        ...

    def instead(self, path: Key) -> Key:
        """Return the path that one of the old ones is since."""
        ...


@dataclass(frozen=True)
class Migration:
    """The step to a version of the language. ``why`` says what was wrong with the one before."""

    version: int
    why: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Rename:
    """A key that has another name: ``old`` in the mappings at ``within``, where `*` is any key."""

    within: tuple[str, ...]
    old: str
    new: str

    def told(self, path: Key) -> str:
        """Return the new name, in words."""
        fits = len(path) == len(self.within) + 1 and path[-1] == self.old
        alike = all(want in ("*", part) for want, part in zip(self.within, path, strict=False))
        return f"`{self.old}` is `{self.new}`" if fits and alike else ""

    def instead(self, path: Key) -> Key:
        """Return the path with the new name at its end."""
        return (*path[:-1], self.new)

    def edits(self, document: Document) -> list[Edit]:
        """Return the keys to rename; raises RecipeError (SOF108) where both names are there."""
        edits: dict[Span, Edit] = {}
        for path, value in _found(document.data, self.within, ()):
            if self.old not in value:
                continue
            where = document.key_span((*path, self.old))
            if self.new in value:
                what = f"`{self.old}` is `{self.new}` by now, and both are here."
                raise RecipeError([Problem("SOF108", where, what, "Remove one of the two.")])
            at = ".".join(map(str, path))
            edits.setdefault(
                where, Edit(where, self.new, f"{at}: `{self.old}` is now `{self.new}`")
            )
        return list(edits.values())


def _found(data: Any, within: tuple[str, ...], path: Key) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Yield the mappings at a path with `*` in it."""
    if not isinstance(data, dict | list):
        return
    if not within:
        if isinstance(data, dict):
            yield path, data
        return
    inner = data.items() if isinstance(data, dict) else enumerate(data)
    for key, value in inner:
        if within[0] in ("*", key):
            yield from _found(value, within[1:], (*path, key))

"""Merges a recipe into the one that it extends, and remembers which file wrote what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sofrito.recipe.base import Key
from sofrito.recipe.places import Origin, Places


@dataclass(frozen=True)
class Piece:
    """Data, and where each part of it was written; paths begin at the piece, the empty one is there."""

    data: Any
    origins: Mapping[Key, Origin]

    def inner(self, key: str | int) -> "Piece":
        """Return what the piece holds under a key."""
        origins = {path[1:]: one for path, one in self.origins.items() if path[:1] == (key,)}
        return Piece(self.data[key], {(): self.origins[()].below((key,)), **origins})

    def items(self) -> dict[str, "Piece"]:
        """Return all that a mapping holds."""
        return {key: self.inner(key) for key in self.data}


def whole(places: Places) -> Piece:
    """Return all of a recipe."""
    return Piece(places.data, places.origins)


def of_mapping(parts: Mapping[str, Piece], origin: Origin) -> Piece:
    """Return the mapping of the parts, which stands at ``origin``."""
    data = {key: part.data for key, part in parts.items()}
    return Piece(data, _together(parts, origin))


def of_list(parts: list[Piece], origin: Origin) -> Piece:
    """Return the list of the parts, which stands at ``origin``."""
    return Piece([part.data for part in parts], _together(dict(enumerate(parts)), origin))


def _together(parts: Mapping[Any, Piece], origin: Origin) -> dict[Key, Origin]:
    origins: dict[Key, Origin] = {(): origin}
    for key, part in parts.items():
        origins |= {(key, *path): one for path, one in part.origins.items()}
    return origins


def merged(base: Piece, own: Piece) -> Piece:
    """Return one's own piece and, where it says nothing, the base's.

    Mappings are merged, any other value replaces the base's, and null removes it. What keeps the
    base's place in a mapping keeps its order there.
    """
    if not (isinstance(base.data, dict) and isinstance(own.data, dict)):
        return own
    theirs, ours = base.items(), own.items()
    parts = {
        key: merged(part, ours[key]) if key in ours else part
        for key, part in theirs.items()
        if key not in ours or ours[key].data is not None
    }
    parts |= {key: part for key, part in ours.items() if key not in theirs}
    return of_mapping(parts, own.origins[()])

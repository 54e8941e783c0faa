"""Classes by name, each imported when it is first asked for: a recipe uses few of those there are."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, TypeVar

P = TypeVar("P")


class Classes(Mapping[str, type[P]], Generic[P]):
    """The classes of a package, in order: the name that recipes use, and `module:Class` below it."""

    def __init__(self, package: str, places: Mapping[str, str]) -> None:
        self._package, self._places = package, dict(places)
        self._loaded: dict[str, type[P]] = {}

    def __getitem__(self, name: str) -> type[P]:
        found = self._loaded.get(name)
        if found is None:
            module, _, cls = self._places[name].partition(":")
            found = self._loaded[name] = getattr(import_module(f"{self._package}.{module}"), cls)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

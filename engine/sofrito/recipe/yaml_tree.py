"""The tree of a YAML text: plain values, and the place of every key and every value."""

from typing import Any, NamedTuple

from sofrito.recipe.yaml_tokens import Halt, Mark


class Place(NamedTuple):
    """A token's line and column, from 1, and its length on that line, in characters."""

    line: int
    column: int
    length: int


class Finding(NamedTuple):
    """A mistake in a YAML text: its code, place, wording and mending."""

    code: str
    place: Place
    what: str
    fix: str = ""
    warning: bool = False


class Child(NamedTuple):
    """What a node holds under one key: where the key stands, where the value, and the value."""

    key: Place
    value: Place
    node: "Node"


_NOTHING: dict[str | int, Child] = {}


class Node:
    """A value: its plain ``data``, its ``place``, what it holds, and how many values that makes.

    ``source`` is a scalar's text before it became a number or the like, None for a collection.
    """

    __slots__ = ("_inherited", "children", "data", "place", "size", "source")

    def __init__(self, data: Any, place: Place, source: str | None = None) -> None:
        self.data = data
        self.place = place
        self.source = source
        self.children: dict[str | int, Child] = {} if source is None else _NOTHING
        self.size = 1
        self._inherited: frozenset[str | int] = frozenset()

    def append(self, value: "Node", where: Place) -> None:
        """Add an item to a list."""
        self._hold(len(self.data), Child(where, where, value))
        self.data.append(value.data)

    def put(self, name: str, child: Child) -> Place | None:
        """Add a key to a mapping; return the place of the same key where it is there already."""
        known = self.children.get(name)
        if known is not None and name not in self._inherited:
            return known.key
        if self._inherited:
            self._inherited -= {name}
        self._hold(name, child)
        self.data[name] = child.node.data
        return None

    def inherit(self, other: "Node") -> None:
        """Add the keys of another mapping that this one lacks; its own may still replace them."""
        new = {name: child for name, child in other.children.items() if name not in self.children}
        self._inherited |= new.keys()
        for name, child in new.items():
            self._hold(name, child)
            self.data[name] = child.node.data

    def _hold(self, name: str | int, child: Child) -> None:
        self.children[name] = child
        self.size += child.node.size


class Broken(Exception):
    """The text is no YAML at the token ``found``, which follows ``before``.

    ``inside`` says what it breaks: document, mapping, list, flow mapping, flow list, or a value;
    ``opened`` is where that starts. ``halt`` is set where the scanner already gave up.
    """

    def __init__(
        self, found: Any, before: Any, opened: Mark, inside: str, halt: Halt | None
    ) -> None:
        super().__init__(inside)
        self.found = found
        self.before = before
        self.opened = opened
        self.inside = inside
        self.halt = halt

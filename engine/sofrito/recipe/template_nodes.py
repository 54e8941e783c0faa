"""The nodes of a parsed template, walked once for all who ask."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain, count
from operator import itemgetter
from typing import TypeVar

from jinja2 import TemplateSyntaxError, nodes

DEEPEST = 200
"""Levels of nodes in a template; Python compiles no more."""

N = TypeVar("N", bound=nodes.Node)
_PLACE = itemgetter(0)


def find_all(node: nodes.Node, kinds: type[N] | tuple[type[N], ...]) -> Iterator[N]:
    """Yield the nodes of some kinds below a node, in order, as ``node.find_all`` does.

    The tree must keep its shape: what is below a node is looked up once.
    """
    by_type = _walked(node)[0]
    places = [by_type[kind] for kind in by_type if issubclass(kind, kinds)]
    in_order = places[0] if len(places) == 1 else sorted(chain.from_iterable(places), key=_PLACE)
    return (one for _, one in in_order)  # type: ignore[misc]


def has(node: nodes.Node, kinds: type[nodes.Node] | tuple[type[nodes.Node], ...]) -> bool:
    """Say whether there is a node of some kinds below a node; its tree must keep its shape."""
    return any(issubclass(kind, kinds) for kind in _walked(node)[0])


def depth(node: nodes.Node) -> int:
    """Return how many levels of nodes are below a node; its tree must keep its shape."""
    return _walked(node)[1]


def shallow(tree: nodes.Template) -> nodes.Template:
    """Return a tree, if it is not nested too deeply to be walked and compiled.

    Raises TemplateSyntaxError: a long sum, or a long chain of filters, is parsed as a deep one.
    """
    try:
        deep = depth(tree) > DEEPEST
    except RecursionError:
        deep = True
    if deep:
        raise TemplateSyntaxError("it is nested too deeply", 1)
    return tree


def children(node: nodes.Node) -> list[nodes.Node]:
    """Return the nodes right below a node, in order, as ``node.iter_child_nodes`` does."""
    found: list[nodes.Node] = []
    for name in node.fields:
        value = getattr(node, name, None)
        if isinstance(value, nodes.Node):
            found.append(value)
        elif isinstance(value, list):
            found += [one for one in value if isinstance(one, nodes.Node)]
    return found


@lru_cache(1024)
def _walked(node: nodes.Node) -> tuple[Mapping[type, list[tuple[int, nodes.Node]]], int]:
    """Return what is below a node by its type, each with its place in the order, and the levels."""
    found: dict[type, list[tuple[int, nodes.Node]]] = {}
    return found, _walk(node, found, count())


def _walk(
    node: nodes.Node, found: dict[type, list[tuple[int, nodes.Node]]], places: Iterator[int]
) -> int:
    """Add all below a node, and return how many levels they are."""
    levels = 0
    for one in children(node):
        found.setdefault(type(one), []).append((next(places), one))
        levels = max(levels, 1 + _walk(one, found, places))
    return levels

"""The nodes of a parsed template, walked once for all who ask."""

from collections.abc import Iterator
from functools import lru_cache
from typing import TypeVar

from jinja2 import nodes

N = TypeVar("N", bound=nodes.Node)


def find_all(node: nodes.Node, kinds: type[N] | tuple[type[N], ...]) -> Iterator[N]:
    """Yield the nodes of some kinds below a node, in order, as ``node.find_all`` does.

    The tree must keep its shape: what is below a node is looked up once.
    """
    return (one for one in _below(node) if isinstance(one, kinds))


@lru_cache(256)
def _below(node: nodes.Node) -> tuple[nodes.Node, ...]:
    found: list[nodes.Node] = []
    _walk(node, found)
    return tuple(found)


def _walk(node: nodes.Node, found: list[nodes.Node]) -> None:
    for name in node.fields:
        value = getattr(node, name, None)
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, nodes.Node):
                found.append(one)
                _walk(one, found)

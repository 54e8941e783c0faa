"""Values that are used as what they are not: a text as a number, a choice that does not exist."""

from collections.abc import Iterator, Mapping

from jinja2 import nodes

from sofrito.problems import Severity
from sofrito.recipe.base import Key
from sofrito.recipe.template_tree import guarded, stored
from sofrito.recipe.value_types import WORDS, Misuse, Values, ValueType, misuses

CODE = "SOF218"
_DROPS = ("keep", "where")


def misused(tree: nodes.Template, values: Mapping[str, Values]) -> Iterator[Misuse]:
    """Yield where a template or expression takes a value for what it is not.

    Of names that it sets itself, or can do without, nothing is said.
    """
    if not values:
        return
    names, fields = guarded(tree)
    apart = names | fields | stored(tree)
    known = {name: one for name, one in values.items() if not apart.intersection(name.split("."))}
    yield from misuses(tree, known)


def severity(tree: nodes.Template, misuse: Misuse, path: Key) -> Severity:
    """Return how bad it is: an error where it fails, or where a condition lets no row through."""
    if misuse.fails:
        return "error"
    drops = bool(path) and path[-1] in _DROPS
    needed = drops and any(node is misuse.node for node in _needed(tree))
    return "error" if misuse.never and needed else "warning"


def _needed(tree: nodes.Template) -> Iterator[nodes.Node]:
    """Yield the parts of an expression that must be true for the whole to be."""
    output = tree.body[0] if tree.body else None
    waiting = [*output.nodes] if isinstance(output, nodes.Output) else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, nodes.And):
            waiting += [node.left, node.right]
        else:
            yield node


def other_type(name: str, wanted: ValueType, values: Mapping[str, Values]) -> str:
    """Return what is wrong with a column that must hold values of a type, "" if nothing is known."""
    known = values.get(name)
    if known is None or known.type == wanted:
        return ""
    return f"`{name}` is {WORDS[known.type]}, and must be {WORDS[wanted]} here."

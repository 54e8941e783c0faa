"""Values that are used as what they are not: a text as a number, a choice that does not exist."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet

from jinja2 import nodes

from sofrito.problems import Severity
from sofrito.recipe.base import Key
from sofrito.recipe.check_calls import miscalled, uncalled_methods, wrong_methods
from sofrito.recipe.inference import loop_values, value_of
from sofrito.recipe.intervals import path_of
from sofrito.recipe.template_nodes import find_all, has
from sofrito.recipe.template_tree import Read, field_of, guarded, stored
from sofrito.recipe.value_misuses import Misuse, misuses
from sofrito.recipe.value_types import WORDS, Listed, Values, ValueType
from sofrito.recipe.value_uses import misused_wholes

CODE = "SOF218"
_DROPS = ("keep", "where")
_NULL = ("none", "defined", "undefined")


def misused(tree: nodes.Template, values: Mapping[str, Values]) -> Iterator[Misuse]:
    """Yield where a template or expression takes a value for what it is not, or calls it wrongly.

    Of names that it can do without, or whose type it asks for, nothing is said.
    """
    yield from miscalled(tree)
    names, fields = guarded(tree)
    asked = {path_of(test.node) for test in find_all(tree, nodes.Test) if test.name not in _NULL}
    known = {
        name: one
        for name, one in values.items()
        if name not in asked and not (names | fields).intersection(name.split("."))
    }
    for part, outside in _parts(tree, known):
        looped = loop_values(part, outside).items()
        there = {**outside, **{name: one for name, one in looped if name not in asked | names}}
        yield from (one for one in misuses(part, there) if not _reads(one.node, fields))
        yield from misused_wholes(part, there)
        yield from wrong_methods(part, there)
        yield from uncalled_methods(part, there)


def _reads(node: nodes.Node | None, fields: set[str]) -> bool:
    return isinstance(node, Read) and field_of(node) in fields


def _parts(
    tree: nodes.Template, values: Mapping[str, Values]
) -> Iterator[tuple[nodes.Template, Mapping[str, Values]]]:
    """Yield the statements of a template, each with what is known of values there.

    What a statement sets somewhere inside is not known in it. A macro sees what is set after it, too.
    """
    known, own = dict(values), stored(tree)
    if not own:  # no loop either, which sets a name
        yield tree, known
        return
    for node in tree.body:
        part = nodes.Template([node], lineno=node.lineno)
        inside = stored(part)
        if isinstance(node, nodes.Macro | nodes.Block):
            inside |= own
        elif has(part, nodes.For):
            inside |= {"loop"}
        yield part, known if isinstance(node, nodes.Assign) else _without(known, inside)
        before, known = known, _without(known, stored(part))
        match node:
            case nodes.Assign(target=nodes.Name(name=name), node=nodes.Expr() as value):
                if made := value_of(value, before):
                    known[name] = made


def _without(values: Mapping[str, Values], names: AbstractSet[str]) -> dict[str, Values]:
    return {name: one for name, one in values.items() if name.split(".")[0] not in names}


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


def not_listed(name: str, wanted: Listed, values: Mapping[str, Values]) -> str:
    """Return what is wrong with a column that must hold lists of records, "" if nothing is known."""
    known = values.get(name)
    if known is None or known.type in wanted.other:
        return ""
    if known.type == "list" and known.items in (None, "record"):
        return ""
    holds = WORDS[known.type]
    if known.items:
        holds = f"a list of {_SEVERAL[known.items]}"
    return f"`{name}` is {holds}, and must be {wanted.words} here."


_SEVERAL: Mapping[ValueType, str] = {
    "text": "texts",
    "number": "numbers",
    "boolean": "trues and falses",
    "list": "lists",
}

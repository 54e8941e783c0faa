"""What a parsed template reads from a list of rows: fields of its rows, and rows by their number."""

from collections import Counter
from collections.abc import Iterator

from jinja2 import nodes

from sofrito.recipe.template_nodes import find_all
from sofrito.recipe.template_tree import Read, certain, field_of

_WHOLE_LIST = ("reverse", "list")
_ONE = ("first", "last")


def fields_read(tree: nodes.Template, rows: str) -> Iterator[tuple[str, int]]:
    """Yield the fields read from rows of a list, with their lines.

    From rows by their number, as the first or last, in loops and by `map`; from what one is `set` to.
    """
    for read in _reads(tree):
        if _is_row(read.node, rows):
            yield field_of(read) or "", read.lineno
    times = Counter(one.name for one in find_all(tree, nodes.Name) if one.ctx != "load")
    for one in find_all(tree, nodes.Assign):
        name = getattr(one.target, "name", "")
        if times[name] == 1 and _is_row(one.node, rows):
            yield from _of_name(tree, name)
    for loop in find_all(tree, nodes.For):
        if _is_list(loop.iter, rows):
            for part in (*loop.body, *filter(None, (loop.test,))):
                yield from _of_name(part, getattr(loop.target, "name", ""))
    for node in find_all(tree, nodes.Filter):
        if node.name == "map" and _is_list(node.node, rows):
            field = _mapped(node)
            if field:
                yield field, node.lineno


def rows_read(tree: nodes.Template, rows: str) -> Iterator[tuple[int, int]]:
    """Yield the numbers of rows of a list without which a template cannot do, with their lines."""
    for node in certain(tree):
        if isinstance(node, nodes.Getitem) and _is_name(node.node, rows):
            number = _number(node.arg)
            if number is not None:
                yield number, node.lineno


def _reads(part: nodes.Node) -> Iterator[Read]:
    """Yield the fields that are read within a part, or that it is."""
    if isinstance(part, Read) and field_of(part):
        yield part
    for read in find_all(part, (nodes.Getattr, nodes.Getitem)):
        assert isinstance(read, Read)
        if field_of(read):
            yield read


def _mapped(node: nodes.Filter) -> str:
    """Return the field that a `map` reads and cannot do without, "" if there is none."""
    options = {str(one.key): one.value for one in node.kwargs}
    match options.get("attribute"):
        case nodes.Const(value=str(path)) if "default" not in options:
            return path.partition(".")[0]
    return ""


def _of_name(part: nodes.Node, name: str) -> Iterator[tuple[str, int]]:
    for read in _reads(part):
        if _is_name(read.node, name):
            yield field_of(read) or "", read.lineno


def _is_name(node: nodes.Node | None, name: str) -> bool:
    return isinstance(node, nodes.Name) and node.name == name


def _is_list(node: nodes.Node | None, rows: str) -> bool:
    """Say whether a node is a list, or a part of it."""
    match node:
        case nodes.Filter(name=name, node=inner) if name in _WHOLE_LIST:
            return _is_list(inner, rows)
        case nodes.Getitem(arg=nodes.Slice(), node=inner):
            return _is_list(inner, rows)
    return _is_name(node, rows)


def _is_row(node: nodes.Node, rows: str) -> bool:
    """Say whether a node is one row of a list."""
    match node:
        case nodes.Filter(name=name, node=inner) if name in _ONE:
            return _is_list(inner, rows)
        case nodes.Getitem(arg=arg, node=inner) if _number(arg) is not None:
            return _is_list(inner, rows)
    return False


def _number(node: nodes.Node) -> int | None:
    match node:
        case nodes.Const(value=int() as number) if not isinstance(number, bool):
            return number
        case nodes.Neg(node=nodes.Const(value=int() as number)):
            return -number
    return None

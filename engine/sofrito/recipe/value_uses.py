"""Values that are looped over, called or put into a filter, and are of a type that cannot be."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from jinja2 import nodes

from sofrito.recipe.inference import type_of
from sofrito.recipe.intervals import path_of
from sofrito.recipe.template_nodes import find_all
from sofrito.recipe.template_tree import certain
from sofrito.recipe.value_misuses import Misuse, read_first, said
from sofrito.recipe.value_types import WORDS, Values, ValueType

_UNCOUNTED: tuple[ValueType, ...] = ("number", "boolean")
_LISTS = """batch count first groupby join last length list map max min reject rejectattr reverse
    select selectattr slice sort sum truncate unique"""
FAIL: Mapping[str, tuple[ValueType, ...]] = {
    **dict.fromkeys(_LISTS.split(), _UNCOUNTED),
    **dict.fromkeys(("abs", "round"), ("text", "list", "record")),
    **dict.fromkeys(("dictsort", "items"), ("text", "list", *_UNCOUNTED)),
}
"""The types of values on which filters fail, whatever their options."""

_ORDERING = ("sort", "min", "max")


def misused_wholes(tree: nodes.Template, values: Mapping[str, Values]) -> Iterator[Misuse]:
    """Yield where a template loops over, calls or filters a value that does not allow it."""
    for loop in find_all(tree, nodes.For):
        assert isinstance(loop.iter, nodes.Expr)
        fix = "Name a list; for a number of times, write one: `[1, 2, 3]`."
        if type_of(loop.iter, values) in ("number", "boolean"):
            what = f"{_is(loop.iter, values)}, and a loop goes over the items of a list."
            yield _misuse(loop, loop.iter, what, fix)
        elif isinstance(loop.iter, nodes.Const) and loop.iter.value is None:
            what = "A loop goes over the items of a list, and null has none."
            yield _misuse(loop, loop.iter, what, fix)
        elif _is_named_text(loop.iter, values) and any(one is loop for one in certain(tree)):
            text = path_of(loop.iter)
            what = f"{_is(loop.iter, values)}, and a loop goes over its letters."
            fix = (
                f"Name a list; `{text}.splitlines()` are its lines, `{text}.split()` its words, and "
                f"`{text} | list` says that the letters are meant."
            )
            yield replace(_misuse(loop, loop.iter, what, fix), fails=False)
    for call in find_all(tree, nodes.Call):
        if type_of(call.node, values):
            what = f"{_is(call.node, values)}, and no function that could be called."
            yield _misuse(call, call.node, what, "Remove the `()` behind it.")
    for node in find_all(tree, nodes.Filter):
        yield from _filtered(node, values)


def _is_named_text(value: nodes.Expr, values: Mapping[str, Values]) -> bool:
    """Say whether a value is a text by its name alone: where a filter made it, its letters are meant."""
    return path_of(value) != "" and type_of(value, values) == "text"


def _filtered(node: nodes.Filter, values: Mapping[str, Values]) -> Iterator[Misuse]:
    value = node.node
    if value is None:
        return  # a block of text, `{% filter … %}`
    kind = type_of(value, values)
    if kind in FAIL.get(node.name, ()):
        takes = "a text or a list" if FAIL[node.name] == _UNCOUNTED else "a number"
        takes = "a record" if node.name in ("dictsort", "items") else takes
        what = f"{_is(value, values)}, and `{node.name}` takes {takes}."
        yield _at_filter(node, what, _fix(value, kind, node.name))
    elif node.name == "sum" and kind == "text":
        what = f"{_is(value, values)}, and `sum` adds up the numbers of a list."
        fix = f"`{said(value, '…').strip('`')} | float` reads the text as a number."
        yield _at_filter(node, what, fix)
    elif node.name in _ORDERING and isinstance(value, nodes.List | nodes.Tuple):
        kinds = {type_of(item, values) for item in value.items} - {None}
        one = next(iter(sorted(kinds & {"text", "list", "record"}, key=str)), None)
        if one and len(kinds) > 1 and "attribute" not in [key.key for key in node.kwargs]:
            listed = " and ".join(WORDS[kind] for kind in WORDS if kind in kinds)
            what = f"`{node.name}` compares the items, and {listed} cannot be compared."
            fix = "Let all be of one type: `| string` makes a text, `| float` reads a number."
            yield _at_filter(node, what, fix)


def _fix(value: nodes.Expr, kind: ValueType | None, name: str) -> str:
    shown = said(value, "…").strip("`")
    if name in ("dictsort", "items"):
        return "Only records have fields to go through."
    match kind:
        case "text":
            return f"`{shown} | float | {name}` reads the text as a number."
        case "list":
            return f"`{shown} | length` counts its items; one of them is `{shown} | first`."
        case "record":
            return "Name one of its fields."
    return f"`{shown} | string` is its text."


def _is(value: nodes.Expr, values: Mapping[str, Values]) -> str:
    kind = type_of(value, values)
    assert kind is not None
    return f"{said(value, 'this')} is {WORDS[kind]}"


def _at_filter(node: nodes.Filter, what: str, fix: str) -> Misuse:
    capital = what[:1].upper() + what[1:]
    return Misuse(node.name, node.lineno, capital, fix, fails=True, node=node, role="filter")


def _misuse(at: nodes.Node, value: nodes.Expr, what: str, fix: str) -> Misuse:
    capital = what[:1].upper() + what[1:]
    return Misuse(read_first(value), at.lineno, capital, fix, fails=True, node=at)

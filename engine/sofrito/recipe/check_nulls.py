"""Columns that are null in some rows, where a template or expression fails on null."""

from collections.abc import Iterator

from jinja2 import nodes

from sofrito.recipe.check_types import CODE
from sofrito.recipe.names import Names
from sofrito.recipe.places import Problems
from sofrito.recipe.template_nodes import find_all
from sofrito.recipe.template_tree import certain, stored
from sofrito.recipe.text_place import TextPlace

_FAILING = (
    *("abs", "batch", "count", "dictsort", "first", "groupby", "items", "join", "last", "length"),
    *("list", "max", "min", "reverse", "round", "slice", "sort", "sum", "truncate", "unique"),
)
"""Filters that take no null."""

_SUMS = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Pow)
_ORDERS = ("gt", "gteq", "lt", "lteq")


def check_nulls(
    problems: Problems, tree: nodes.Template, place: TextPlace, names: Names, guarded: set[str]
) -> None:
    """Warn of what fails in those rows in which a column is null; the guarded ones are asked for."""
    apart = guarded | stored(tree)
    told: set[str] = set()
    for node in _uses(tree) if names.nulls else ():
        name = node.name
        if name in names.nulls and name not in apart | told:
            told.add(name)
            what = f"`{name}` is null in rows where `{names.nulls[name]}` is false, and this fails there."
            same = [one for one in find_all(tree, nodes.Name) if one.name == name]
            number = next(i for i, one in enumerate(same) if one is node)
            where, fix = place.name(name, number, node.lineno), _fix(name, names, place)
            problems.add(CODE, place.path, what, fix, where=where, severity="warning")


def _fix(name: str, names: Names, place: TextPlace) -> str:
    known = names.values.get(name)
    if place.path[-1] in ("when", "where"):
        return f"Ask for it first: `{name} is not none and …`."
    if place.expression:
        instead = f"write `{name} is not none and …`"
    elif known and known.type == "text":
        instead = f"write `({name} | default('', true))`"
    else:
        instead = f"write {{% if {name} is not none %}} … {{% endif %}} around it"
    return f"Give the step `when: {names.nulls[name]}` as well, or {instead}."


def _uses(tree: nodes.Template) -> Iterator[nodes.Name]:
    """Yield the names of which a template is sure to want what null does not have."""
    for node in certain(tree):
        for wanted in _wanted(node):
            if isinstance(wanted, nodes.Name):
                yield wanted


def _wanted(node: nodes.Node) -> Iterator[nodes.Node | None]:
    match node:
        case nodes.Getattr(node=inner) | nodes.Getitem(node=inner) | nodes.For(iter=inner):
            yield inner
        case nodes.Filter(name=name, node=inner) if name in _FAILING:
            yield inner
        case nodes.Compare(expr=left, ops=operands):
            for one in operands:
                yield from (left, one.expr) if one.op in _ORDERS else ()
                yield from (one.expr,) if one.op in ("in", "notin") else ()
                left = one.expr
        case nodes.Neg(node=inner):
            yield inner
        case nodes.BinExpr(left=left, right=right) if isinstance(node, _SUMS):
            yield from (left, right)

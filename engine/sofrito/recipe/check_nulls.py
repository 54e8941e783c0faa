"""Columns that are null or absent in some rows, where a template or expression fails on that."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from jinja2 import nodes

from sofrito.recipe.check_types import CODE
from sofrito.recipe.intervals import path_of
from sofrito.recipe.names import Names
from sofrito.recipe.places import Problems
from sofrito.recipe.template_nodes import find_all
from sofrito.recipe.template_tree import DEFAULT, Read, certain, field_of, stored
from sofrito.recipe.text_place import TextPlace
from sofrito.recipe.value_types import Gap, Values

_FAILING = (
    *("abs", "batch", "count", "dictsort", "first", "groupby", "items", "join", "last", "length"),
    *("list", "max", "min", "reverse", "round", "slice", "sort", "sum", "truncate", "unique"),
)
"""Filters that take no null."""

_SUMS = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Pow)
_VALUES = ("to", "by")
"""Options whose expression is taken for its value, and not asked whether it is true."""

_ORDERS = ("gt", "gteq", "lt", "lteq")


def check_nulls(
    problems: Problems,
    tree: nodes.Template,
    place: TextPlace,
    names: Names,
    guarded: AbstractSet[str],
    fields: AbstractSet[str],
) -> None:
    """Warn of what fails in those rows in which a column is null; the guarded ones are asked for.

    So are the ``fields``, of shots. That rows lack a column is told once: where it is read first,
    they are lost.
    """
    apart = guarded | stored(tree)
    told: set[str] = set()
    # some formats leave out what is not there
    written = place.expression and place.path[:1] == ("output",)
    for node, on_null in _uses(tree, written=written) if names.nulls else ():
        name, gap = node.name, names.nulls.get(node.name)
        if gap and (on_null or gap.absent) and name not in apart | told:
            told.add(name)
            what = f"`{name}` is {_state(gap)}, and this fails there."
            if gap.absent and any(one.problem.what == what for one in problems.found):
                continue
            same = [one for one in find_all(tree, nodes.Name) if one.name == name]
            number = next(i for i, one in enumerate(same) if one is node)
            where, fix = (
                place.name(name, number, node.lineno),
                _fix(name, names.values.get(name), gap, place),
            )
            problems.add(CODE, place.path, what, fix, where=where, severity="warning")
    if names.drawn and "shots" not in apart:
        _check_shots(problems, tree, place, names, fields)


def _check_shots(
    problems: Problems,
    tree: nodes.Template,
    place: TextPlace,
    names: Names,
    guarded: AbstractSet[str],
) -> None:
    told: set[str] = set()
    rows = names.values.get("shots")
    for read, field, on_null in _of_shots(tree):
        gap = names.nulls.get(f"shots.{field}")
        if gap and (on_null or gap.absent) and field not in guarded | told:
            told.add(field)
            said, known = path_of(read), rows.fields.get(field) if rows else None
            what = f"`{said}` is {_state(gap)}, and this fails where that row is a shot."
            where, fix = (
                place.of(field, read.lineno, "field", "text"),
                _fix(said, known, gap, place),
            )
            problems.add(CODE, place.path, what, fix, where=where, severity="warning")


def _state(gap: Gap) -> str:
    return f"{'missing' if gap.absent else 'null'} {gap.where}"


def _fix(name: str, known: Values | None, gap: Gap, place: TextPlace) -> str:
    there = "is defined" if gap.absent else "is not none"
    if place.path[-1] in ("when", "where"):
        return f"Ask for it first: `{name} {there} and …`."
    if place.path[:1] == ("output",):
        return f"{gap.fix}."
    if place.expression and place.path[-1] in _VALUES:
        # where one row lacks it, it may be null in another
        given = f"{name} | default(none)" if gap.absent else name
        alone = place.text.strip() == name
        instead = f"write `{given if alone else f'… if {given} is not none else none'}`"
    elif place.expression:
        instead = f"write `{name} {there} and …`"
    elif known and known.type == "text":
        instead = f"write `({name} | default('', true))`"
    else:
        instead = f"write {{% if {name} {there} %}} … {{% endif %}} around it"
    return f"{gap.fix}, or {instead}."


def _uses(tree: nodes.Template, *, written: bool) -> Iterator[tuple[nodes.Name, bool]]:
    """Yield the names that a template is sure to want a value of, and whether null is none.

    ``written``: what it is as a whole may lack a value.
    """
    for node in certain(tree):
        for one in _wanted(node):
            if isinstance(one, nodes.Name):
                yield one, True
        for one in () if written and isinstance(node, nodes.Output) else _read(node):
            if isinstance(one, nodes.Name):
                yield one, False


def _of_shots(tree: nodes.Template) -> Iterator[tuple[Read, str, bool]]:
    """Yield what a template is sure to read of each shot: the field, and whether null is no value."""
    for loop in certain(tree):
        if not isinstance(loop, nodes.For) or loop.test or path_of(loop.iter) != "shots":
            continue
        shot = path_of(loop.target) or None
        for node in (node for part in loop.body for node in certain(part)):
            for on_null, parts in ((True, _wanted(node)), (False, _read(node))):
                for one in parts:
                    if isinstance(one, Read) and path_of(one.node) == shot:
                        yield one, field_of(one) or "", on_null


def _read(node: nodes.Node) -> Iterator[nodes.Node | None]:
    """Yield the parts of a node that must be there, and may be null."""
    match node:
        case nodes.Output(nodes=parts) | nodes.Concat(nodes=parts):
            yield from parts
        case nodes.Filter(name=name, node=inner) if name not in DEFAULT:
            yield inner
        case nodes.Compare(expr=left, ops=operands):
            yield from (left, *(one.expr for one in operands))
        case nodes.If(test=part) | nodes.CondExpr(test=part) | nodes.Not(node=part):
            yield part
        case nodes.And(left=part) | nodes.Or(left=part):
            yield part


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

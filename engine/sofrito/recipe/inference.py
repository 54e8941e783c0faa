"""What the value of an expression is, by what is known of the values that it reads."""

from collections.abc import Mapping
from dataclasses import replace

from jinja2 import TemplateSyntaxError, nodes

from sofrito.recipe.expressions import parsed_expression
from sofrito.recipe.intervals import path_of
from sofrito.recipe.sandbox_words import OF_DICT
from sofrito.recipe.template_nodes import find_all
from sofrito.recipe.template_tree import StandIn
from sofrito.recipe.value_types import Values, ValueType, type_of_value

Known = Mapping[str, Values]

_FILTERS: Mapping[str, ValueType] = {
    **dict.fromkeys(("length", "count", "int", "float", "round", "wordcount"), "number"),
    **dict.fromkeys(("lower", "upper", "trim", "title", "capitalize", "replace"), "text"),
    **dict.fromkeys(("string", "join", "last_number", "tojson", "untag"), "text"),
    "list": "list",
}
MAKERS = tuple(_FILTERS)
"""Filters of whose result the type is known."""

_SAME = ("list", "reverse", "sort", "unique")
_ONE = ("first", "last", "random", "min", "max")
_LIST_METHODS = ("split", "rsplit", "splitlines")
_TEXT_METHODS = ("lower", "upper", "strip", "lstrip", "rstrip", "replace", "title", "capitalize")


def type_of(node: nodes.Expr, values: Known) -> ValueType | None:
    """Return the type of an expression's value, None where it cannot be told."""
    known = value_of(node, values)
    return known.type if known else None


def value_of(node: nodes.Node, values: Known) -> Values | None:
    """Return what is known of an expression's value, null apart; None where its type is not.

    ``values`` are those known, by `column` or `record.field`.
    """
    if (path := path_of(node)) and path in values:
        return values[path]
    match node:
        case nodes.Const(value=value):
            kind = type_of_value(value)
            return Values(kind) if kind else None
        case nodes.Filter() | nodes.Call():
            return _made(node, values)
        case nodes.Concat():
            return Values("text")
        case nodes.Compare() | nodes.Test() | nodes.Not():
            return Values("boolean")
        case nodes.List() | nodes.Tuple() | nodes.Dict():
            return _written(node, values)
        case nodes.CondExpr(expr1=one, expr2=nodes.Node() as other):
            return _either(one, other, values)
        case nodes.Or(left=one, right=other):
            return _either(one, other, values)
        case nodes.Neg(node=inner) | nodes.Pos(node=inner):
            return Values("number") if type_of(inner, values) == "number" else None
        case nodes.Getattr() | nodes.Getitem():
            return _part(node, values)
        case nodes.BinExpr(left=left, right=right) if not isinstance(node, nodes.And):
            both = {type_of(left, values), type_of(right, values)}
            return Values("number") if both == {"number"} else None
    return None


def value_of_expression(source: str, values: Known) -> Values | None:
    """Return what is known of the value of an expression, as :func:`value_of`; None if it is none."""
    try:
        (output,) = find_all(parsed_expression(source), nodes.Output)
    except TemplateSyntaxError:
        return None  # told where expressions are read
    return value_of(output.nodes[0], values)


def item_of(known: Values | None) -> Values | None:
    """Return what is known of each item of a list."""
    if known is None or known.type != "list" or known.items is None:
        return None
    return Values(known.items, fields=known.fields, whole=known.whole)


def list_of(item: Values | None) -> Values:
    """Return what is known of a list by what is known of each of its items."""
    if item is None:
        return Values("list")
    return Values("list", items=item.type, fields=item.fields, whole=item.whole)


def common(*several: Values | None) -> Values | None:
    """Return what is known of a value that is one of several."""
    first = several[0]
    if first is None or any(one is None or one.type != first.type for one in several):
        return None
    if all(one == first for one in several):
        return first
    known = [one for one in several if one]
    items = first.items if {one.items for one in known} == {first.items} else None
    names = [name for name in first.fields if all(name in one.fields for one in known)]
    fields = {name: common(*(one.fields[name] for one in known)) for name in names}
    whole = all(one.whole and one.fields.keys() == first.fields.keys() for one in known)
    return Values(first.type, items=items, fields=fields, whole=whole)


def loop_values(tree: nodes.Node, values: Known) -> dict[str, Values]:
    """Return what is known of the items that loops go over, by the name that nothing else sets."""
    found: dict[str, Values] = {}
    stores = [one.name for one in find_all(tree, nodes.Name) if one.ctx != "load"]
    loops = [tree] if isinstance(tree, nodes.For) else []
    for loop in (*loops, *find_all(tree, nodes.For)):
        name = getattr(loop.target, "name", "")
        # a recursive loop goes over what it is called with, too
        if stores.count(name) == 1 and name not in values and not loop.recursive:
            known = value_of(loop.iter, {**values, **found})
            found.update({name: item} if (item := _gone_over(known)) else {})
    return found


def _gone_over(known: Values | None) -> Values | None:
    """Return what is known of what a loop gives: items, a text's characters, a record's keys."""
    if known and (known.type == "text" or (known.type == "record" and known.whole)):
        return Values("text")
    return item_of(known)


def _made(node: nodes.Filter | nodes.Call, values: Known) -> Values | None:
    """Return what is known of what a filter or a method makes of a value."""
    match node:
        case nodes.Filter(name=name, node=nodes.Node() as inner) if name in (*_SAME, *_ONE):
            known = value_of(inner, values)
            if name in _ONE:
                return None if node.args or node.kwargs else item_of(known)
            if known and known.type == "list":
                return known
        case nodes.Call(node=nodes.Getattr(node=inner, attr=method)) if method in _TEXT_METHODS:
            return Values("text") if type_of(inner, values) == "text" else None
        case nodes.Call(node=nodes.Getattr(node=inner, attr=method)) if method in _LIST_METHODS:
            return list_of(Values("text")) if type_of(inner, values) == "text" else None
    kind = _FILTERS.get(node.name) if isinstance(node, nodes.Filter) else None
    if isinstance(node, nodes.Filter) and isinstance(node.name, StandIn):
        return None
    return Values(kind) if kind else None


def _written(node: nodes.List | nodes.Tuple | nodes.Dict, values: Known) -> Values:
    """Return what is known of a list or a record that stands in an expression."""
    if isinstance(node, nodes.Dict):
        keys = [one.key.value if isinstance(one.key, nodes.Const) else None for one in node.items]
        if not all(isinstance(key, str) for key in keys):
            return Values("record")
        told = zip(keys, (value_of(one.value, values) for one in node.items), strict=True)
        return Values("record", fields={str(key): one for key, one in told}, whole=True)
    items = [value_of(one, values) for one in node.items]
    return list_of(common(*items) if items else None)


def _either(one: nodes.Node, other: nodes.Node, values: Known) -> Values | None:
    """Return what is known of a value that is one of two; null says nothing of the other."""
    sides = [node for node in (one, other) if not _is_null(node)]
    return common(*(value_of(node, values) for node in sides)) if sides else None


def _is_null(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and node.value is None


def _part(node: nodes.Getattr | nodes.Getitem, values: Known) -> Values | None:
    """Return what is known of a field of a record, or of an item of a list."""
    known = value_of(node.node, values)
    if known is None:
        return None
    match node:
        case nodes.Getattr(attr=field) if field in OF_DICT:
            return None  # a method, whatever fields there are
        case nodes.Getattr(attr=field) | nodes.Getitem(arg=nodes.Const(value=str(field))):
            return known.fields.get(field) if known.type == "record" else None
        case nodes.Getitem(arg=nodes.Slice()):
            return replace(known, allowed=(), seen=(), characters=Values("text").characters)
    if known.type == "text":
        return Values("text")
    return item_of(known)

"""Where an expression takes the values of columns for something else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from jinja2 import nodes

from sofrito.problems import did_you_mean
from sofrito.recipe.inference import MAKERS, type_of, value_of
from sofrito.recipe.intervals import interval, path_of
from sofrito.recipe.sandbox_words import may_read, readable
from sofrito.recipe.template_nodes import find_all, has
from sofrito.recipe.value_types import CLASSES, WORDS, Values, ValueType
from sofrito.recipe.words import sentence, ticked

_SIGNS = {"gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "eq": "==", "ne": "!="}
_ORDERS = ("gt", "gteq", "lt", "lteq")
_COUNTED = ("number", "boolean")
_LISTED = 8
_LOOP = (
    *("index", "index0", "revindex", "revindex0", "first", "last", "length"),
    *("previtem", "nextitem", "cycle", "changed", "depth", "depth0"),
)
_SUMS = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div)


@dataclass(frozen=True, slots=True)
class Misuse:
    """Where an expression takes a value for what it is not: the column, its line, what and a fix.

    ``fails``: it cannot be computed. ``never``: a comparison that is never true. ``role`` is that of
    the name in the text.
    """

    name: str
    line: int
    what: str
    fix: str
    fails: bool = False
    never: bool = False
    node: nodes.Node | None = None
    role: Literal["name", "field", "filter", "test"] = "name"


def misuses(tree: nodes.Template, values: Mapping[str, Values]) -> Iterator[Misuse]:
    """Yield where a parsed expression or template takes a value for what it is not.

    ``values`` are those known, by `column` or `record.field`; of others nothing is said, nor of those
    whose type the text itself asks for (`is number`).
    """
    asked = {path_of(test.node) for test in find_all(tree, nodes.Test)}
    known = {name: one for name, one in values.items() if name not in asked}
    for compare in find_all(tree, nodes.Compare):
        left = compare.expr
        for operand in compare.ops:
            found = _compared(left, operand.op, operand.expr, known)
            if found:
                name, what, fix, fails, never = found
                yield Misuse(name, compare.lineno, what, fix, fails, never, compare)
            left = operand.expr
    for sum_ in find_all(tree, _SUMS):
        assert isinstance(sum_, nodes.BinExpr)
        yield from _reckoned(sum_, known)
    yield from _signed(tree, known)
    yield from _divided(tree, known)
    yield from _loops(tree, known)
    for read in find_all(tree, (nodes.Getattr, nodes.Getitem)):
        assert isinstance(read, nodes.Getattr | nodes.Getitem)
        yield from _part(read, known)


def never(node: nodes.Node, values: Mapping[str, Values]) -> tuple[str, str] | None:
    """Return why a comparison is never true of such values, and what to do; None if it may be."""
    if not isinstance(node, nodes.Compare):
        return None
    pairs = zip((node.expr, *(one.expr for one in node.ops)), node.ops, strict=False)
    found = (_compared(left, one.op, one.expr, values) for left, one in pairs)
    return next((one[1:3] for one in found if one and one[-1]), None)


_Found = tuple[str, str, str, bool, bool]


def _compared(
    left: nodes.Expr, operator: str, right: nodes.Expr, values: Mapping[str, Values]
) -> _Found | None:
    if operator in ("in", "notin") and isinstance(right, nodes.List | nodes.Tuple):
        several = [_compared(left, "eq", one, values) for one in right.items]
        told = next((one for one in several if one), None)
        return (*told[:-1], operator == "in" and all(several)) if told else None
    if operator in ("in", "notin"):
        return _sought(left, right, values)
    if operator not in _SIGNS:
        return None
    types = type_of(left, values), type_of(right, values)
    same = types[0] == types[1] or all(one in _COUNTED for one in types)
    if None in types or same:
        fault = _not_allowed(left, right, values) or _not_allowed(right, left, values)
        even = operator in ("eq", "ne")
        return (*fault, False, operator == "eq") if fault and even else None
    orders = operator in _ORDERS
    ending = f"`{_SIGNS[operator]}` cannot compare them"
    if not orders:
        ending = "they are never equal"
    what = f"{_is(left, types[0], right, types[1])}: {ending}."
    return read_first(left, right), what, _fix(left, right, types, values), orders, operator == "eq"


def _sought(left: nodes.Expr, right: nodes.Expr, values: Mapping[str, Values]) -> _Found | None:
    """Return what is wrong with looking for one value in another."""
    one, two = type_of(left, values), type_of(right, values)
    name = read_first(right, left)
    if two in _COUNTED:
        what = f"{sentence(said(right, 'the right side'))} is {WORDS[two]}, and `in` looks into a text or a list."
        return name, what, "Name a text or a list, such as `['a', 'b']`.", True, False
    if two == "text" and one not in ("text", None):
        what = f"{_is(left, one, right, two)}: in a text there are only texts."
        return name, what, "`… | string` is the text of a value.", True, False
    return None


def _not_allowed(
    column: nodes.Expr, value: nodes.Expr, values: Mapping[str, Values]
) -> tuple[str, str, str] | None:
    name = path_of(column)
    known = values.get(name)
    if known is None or not known.allowed or not isinstance(value, nodes.Const):
        return None
    said = value.value
    if not isinstance(said, str) or not said or said in known.allowed:
        return None
    shown = [f"'{one}'" for one in known.allowed[:_LISTED]]
    more = ", …" if len(known.allowed) > _LISTED else ""
    near = did_you_mean(said, known.allowed)
    fix = f"It is one of {', '.join(shown)}{more}."
    if near:
        fix = f"Did you mean '{near.split('`')[1]}'? {fix}"
    return name, f"`{name}` is never '{said}'.", fix


def _reckoned(node: nodes.BinExpr, values: Mapping[str, Values]) -> Iterator[Misuse]:
    left, right = type_of(node.left, values), type_of(node.right, values)
    if left is None or right is None or {left, right} <= {*_COUNTED}:
        return
    if isinstance(node, nodes.Add) and left == right and left in ("text", "list"):
        return
    if isinstance(node, nodes.Mul) and "number" in (left, right) and "record" not in (left, right):
        return  # a text or a list, so many times
    fix = "`~` joins texts: `a ~ b`; `a | int` and `a | float` read a text as a number."
    ending = f"`{node.operator}` takes numbers"
    if {left, right} == {"text", "number"}:
        ending = f"`{node.operator}` cannot join them"
    elif "text" not in (left, right):
        fix = "`… | length` counts the items of a list; a field of a record is `record.field`."
    what = f"{_is(node.left, left, node.right, right)}: {ending}."
    name = read_first(node.left, node.right)
    yield Misuse(name, node.lineno, what, fix, fails=True, node=node)


def _signed(tree: nodes.Template, values: Mapping[str, Values]) -> Iterator[Misuse]:
    """Yield the signs before what is no number."""
    for sign in find_all(tree, (nodes.Neg, nodes.Pos)):
        assert isinstance(sign, nodes.UnaryExpr)
        kind = type_of(sign.node, values)
        if kind not in (None, *_COUNTED):
            is_ = f"{sentence(said(sign.node, 'this'))} is {WORDS[kind]}"
            fix = "`a | int` and `a | float` read a text as a number; `a | length` counts."
            what = f"{is_}, and the sign `{sign.operator}` stands before numbers."
            name = read_first(sign.node)
            yield Misuse(name, sign.lineno, what, fix, fails=True, node=sign)


def _divided(tree: nodes.Template, values: Mapping[str, Values]) -> Iterator[Misuse]:
    """Yield the divisions of a number by zero."""
    for node in find_all(tree, (nodes.Div, nodes.FloorDiv, nodes.Mod)):
        assert isinstance(node, nodes.BinExpr)
        if interval(node.right, {}) == (0, 0) and type_of(node.left, values) in _COUNTED:
            what = f"{sentence(said(node.left, 'this'))} is divided by zero, which always fails."
            name = read_first(node.left)
            yield Misuse(name, node.lineno, what, "Divide by another number.", True, node=node)


def _loops(tree: nodes.Template, values: Mapping[str, Values]) -> Iterator[Misuse]:
    """Yield what is read of `loop` that it has not."""
    own = [one.name for one in find_all(tree, nodes.Name) if one.ctx != "load"]
    if not has(tree, nodes.For) or "loop" in {*own, *values}:
        return
    for read in find_all(tree, (nodes.Getattr, nodes.Getitem)):
        assert isinstance(read, nodes.Getattr | nodes.Getitem)
        if path_of(read.node) == "loop" and (part := _asked(read)) not in _LOOP:
            what = f"`loop` has no `{part}`." if part else "`loop` has no items."
            fix = did_you_mean(part, _LOOP, otherwise=f"It has: {ticked(_LOOP)}.")
            yield Misuse("loop", read.lineno, what, fix, fails=True, node=read)


def _asked(read: nodes.Getattr | nodes.Getitem) -> str:
    if isinstance(read, nodes.Getattr):
        return read.attr
    return str(read.arg.value) if isinstance(read.arg, nodes.Const) else ""


def _part(read: nodes.Getattr | nodes.Getitem, values: Mapping[str, Values]) -> Iterator[Misuse]:
    """Yield the field of what has none, or the item of what has no items."""
    known = value_of(read.node, values)
    if known is None:
        return
    name = path_of(read.node)
    whole = f"`{name}`" if name else sentence(said(read.node, "this"))
    match read:
        case nodes.Getattr(attr=part) | nodes.Getitem(arg=nodes.Const(value=str(part))):
            told = _no_field(part, known, whole, name)
        case nodes.Getitem(arg=nodes.Const(value=int(part))) if not isinstance(part, bool):
            told = _no_item(part, known, whole)
        case _:
            return
    if told:
        what, fix = told
        yield Misuse(name or read_first(read.node), read.lineno, what, fix, fails=True, node=read)


def _no_field(part: str, known: Values, whole: str, name: str) -> tuple[str, str] | None:
    if any(may_read(cls(), part) for cls in CLASSES[known.type]):
        return None
    if known.type == "record":
        if not known.whole or part in known.fields:
            return None
        fix = f"{did_you_mean(part, known.fields)} It has: {ticked(sorted(known.fields))}."
        record = f"The record {whole}" if name else "This record"
        return f"{record} has no field `{part}`.", fix.lstrip()
    if any(hasattr(cls, part) for cls in CLASSES[known.type]):
        may = sorted({one for cls in CLASSES[known.type] for one in readable(cls)})
        what = f"{whole} is {WORDS[known.type]}, and templates cannot read its `{part}`."
        more = ", …" if len(may) > _LISTED else ""
        listed = f"They can read {ticked(may[:_LISTED])}{more}."
        return what, did_you_mean(part, may, otherwise=listed)
    what = f"{whole} is {WORDS[known.type]} and has no field `{part}`."
    word = {"len": "length", "size": "length"}.get(part, part)
    return (
        what,
        f"Write `{name} | {word}`." if name and word in MAKERS else "Only records have fields.",
    )


def _no_item(part: int, known: Values, whole: str) -> tuple[str, str] | None:
    if known.type in ("text", "list"):
        return None
    fix = "Only lists and texts have items with a number."
    if known.type == "record" and known.fields:
        fix = f"It has the fields {ticked(sorted(known.fields))}."
    return f"{whole} is {WORDS[known.type]} and has no item {part}.", fix


def _is(left: nodes.Expr, one: ValueType | None, right: nodes.Expr, two: ValueType | None) -> str:
    assert one is not None
    assert two is not None
    return f"{said(left, 'the left side')} is {WORDS[one]} and {said(right, 'the right one')} {WORDS[two]}"


def said(node: nodes.Expr, otherwise: str) -> str:
    """Return how an operand was written, where it is short; else ``otherwise``."""
    match node:
        case nodes.Const(value=str(text)):
            return f"'{text}'"
        case nodes.Const(value=value):
            return str(value).lower() if isinstance(value, bool) else str(value)
        case nodes.Filter(name=name, node=nodes.Node() as inner, args=[]):
            return f"`{path_of(inner)} | {name}`" if path_of(inner) else otherwise
    return f"`{path_of(node)}`" if path_of(node) else otherwise


def read_first(*operands: nodes.Expr) -> str:
    """Return the first column or `record.field` that operands read, "" where there is none."""
    for operand in operands:
        for node in (operand, *find_all(operand, (nodes.Name, nodes.Getattr, nodes.Getitem))):
            if name := path_of(node):
                return name
    return ""


def _fix(
    left: nodes.Expr,
    right: nodes.Expr,
    types: tuple[ValueType | None, ValueType | None],
    values: Mapping[str, Values],
) -> str:
    sides = dict(zip(types, (left, right), strict=True))
    text, number = sides.get("text"), sides.get("number")
    if text is not None and number is not None:
        if isinstance(text, nodes.Const):
            if _reads(text.value):
                return f"A number has no quotes: {text.value}."
            return f"Compare it with a number: `{path_of(number) or '…'} >= 3`."
        name = path_of(text) or "it"
        if isinstance(text, nodes.Filter):
            return f"Read the text as a number: `… | {text.name} | float`."
        known = values.get(name)
        if known and known.allowed and all(map(_reads, known.allowed)):
            return f"`{name} | float` is the number that it reads."
        return f"`{name} | length` counts its characters; `{name} | float` reads a number in it."
    if (list_ := sides.get("list")) is not None and number is not None and path_of(list_):
        return f"`{path_of(list_)} | length` counts its items."
    boolean = sides.get("boolean")
    if boolean is not None and path_of(boolean):
        name = path_of(boolean)
        return f"It stands by itself: `{name}`, or `not {name}`."
    return "Compare values of one type: texts, numbers, or true and false."


def _reads(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

"""What is known of the values of columns, and where an expression takes them for something else."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from jinja2 import nodes

from sofrito.problems import did_you_mean
from sofrito.recipe.template_nodes import find_all

ValueType = Literal["text", "number", "boolean", "list", "record"]

WORDS: Mapping[ValueType, str] = {
    "text": "a text",
    "number": "a number",
    "boolean": "true or false",
    "list": "a list",
    "record": "a record",
}

_CLASSES: Mapping[ValueType, tuple[type, ...]] = {
    "text": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "list": (list, tuple),
    "record": (dict,),
}
_FILTERS: Mapping[str, ValueType] = {
    **dict.fromkeys(("length", "count", "int", "float", "round", "wordcount"), "number"),
    **dict.fromkeys(("lower", "upper", "trim", "title", "capitalize", "replace"), "text"),
    **dict.fromkeys(("string", "join", "last_number", "tojson"), "text"),
    "list": "list",
}
_SIGNS = {"gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "eq": "==", "ne": "!="}
_ORDERS = ("gt", "gteq", "lt", "lteq")
_COUNTED = ("number", "boolean")
_LISTED = 8


@dataclass(frozen=True, slots=True)
class Values:
    """What is known of a column's values, null apart: their type and, of a closed list, which.

    ``items`` is the type of all items of lists, ``characters`` are the least and the most that a
    text has.
    """

    type: ValueType
    allowed: tuple[str, ...] = ()
    items: ValueType | None = None
    characters: tuple[float, float] = (0, math.inf)

    def sizes(self) -> Mapping[str, tuple[float, float]]:
        """Return the least and the most `characters` and `words` of a value that is a text."""
        texts = ("True", "False") if self.type == "boolean" else self.allowed
        if texts:
            characters = [*map(len, texts)]
            least = min(len(one.split()) for one in texts)
            # in scripts without spaces a letter is a word
            most = max(len(one.split() if one.isascii() else one) for one in texts)
            return {"characters": (min(characters), max(characters)), "words": (least, most)}
        if self.type != "text":
            return {}
        return {"characters": self.characters, "words": (0, self.characters[1])}


@dataclass(frozen=True, slots=True)
class Listed:
    """What a column must hold in words, lists of records for one, and what to do where it does not.

    Values of ``other`` types will do.
    """

    words: str
    fix: str
    other: tuple[ValueType, ...] = ()


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


def type_of_value(value: Any) -> ValueType | None:
    """Return the type of a value, None of null."""
    return next((name for name, types in _CLASSES.items() if isinstance(value, types)), None)


def misuses(tree: nodes.Template, values: Mapping[str, Values]) -> Iterator[Misuse]:
    """Yield where a parsed expression or template takes a value for what it is not.

    ``values`` are those known, by `column` or `record.field`; of others nothing is said, nor of those
    whose type the text itself asks for (`is number`).
    """
    asked = {dotted(test.node) for test in find_all(tree, nodes.Test)}
    known = {name: one for name, one in values.items() if name not in asked}
    for compare in find_all(tree, nodes.Compare):
        left = compare.expr
        for operand in compare.ops:
            found = _compared(left, operand.op, operand.expr, known)
            if found:
                name, what, fix, fails, never = found
                yield Misuse(name, compare.lineno, what, fix, fails, never, compare)
            left = operand.expr
    for sum_ in find_all(tree, (nodes.Add, nodes.Sub, nodes.Div)):
        assert isinstance(sum_, nodes.BinExpr)
        yield from _reckoned(sum_, known)
    for read in find_all(tree, nodes.Getattr):
        yield from _field(read, known)


def dotted(node: nodes.Node) -> str:
    """Return the column or `record.field` that a node reads, "" where it is something else."""
    match node:
        case nodes.Name(name=name):
            return str(name)
        case nodes.Getattr(node=nodes.Name(name=record), attr=field):
            return f"{record}.{field}"
        case nodes.Getitem(node=nodes.Name(name=record), arg=nodes.Const(value=str(field))):
            return f"{record}.{field}"
    return ""


def type_of(node: nodes.Expr, values: Mapping[str, Values]) -> ValueType | None:
    """Return the type of an expression's value, None where it cannot be told."""
    match node:
        case nodes.Const(value=value):
            return type_of_value(value)
        case nodes.Filter(name=name):
            return _FILTERS.get(name)
        case nodes.Concat():
            return "text"
        case nodes.Compare() | nodes.Test() | nodes.Not():
            return "boolean"
        case nodes.List() | nodes.Tuple():
            return "list"
        case nodes.Neg(node=inner):
            return "number" if type_of(inner, values) == "number" else None
        case nodes.BinExpr(left=left, right=right) if not isinstance(node, nodes.And | nodes.Or):
            both = {type_of(left, values), type_of(right, values)}
            return "number" if both == {"number"} else None
    known = values.get(dotted(node))
    return known.type if known else None


_Found = tuple[str, str, str, bool, bool]


def _compared(
    left: nodes.Expr, operator: str, right: nodes.Expr, values: Mapping[str, Values]
) -> _Found | None:
    if operator in ("in", "notin") and isinstance(right, nodes.List | nodes.Tuple):
        found = (_not_allowed(left, one, values) for one in right.items)
        fault = next((one for one in found if one), None)
        return (*fault, False, False) if fault else None
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


def _not_allowed(
    column: nodes.Expr, value: nodes.Expr, values: Mapping[str, Values]
) -> tuple[str, str, str] | None:
    name = dotted(column)
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
    if {left, right} == {"text", "number"}:
        what = f"{_is(node.left, left, node.right, right)}: `{node.operator}` cannot join them."
        fix = "`~` joins texts: `a ~ b`; `a | int` and `a | float` read a text as a number."
        name = read_first(node.left, node.right)
        yield Misuse(name, node.lineno, what, fix, fails=True, node=node)


def _field(read: nodes.Getattr, values: Mapping[str, Values]) -> Iterator[Misuse]:
    name, known = dotted(read.node), values.get(dotted(read.node))
    if known is None or known.type == "record":
        return
    if any(hasattr(cls, read.attr) for cls in _CLASSES[known.type]):
        return
    what = f"`{name}` is {WORDS[known.type]} and has no field `{read.attr}`."
    word = {"len": "length", "size": "length"}.get(read.attr, read.attr)
    fix = f"Write `{name} | {word}`." if word in _FILTERS else "Only records have fields."
    yield Misuse(name, read.lineno, what, fix, fails=True, node=read)


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
            return f"`{dotted(inner)} | {name}`" if dotted(inner) else otherwise
    return f"`{dotted(node)}`" if dotted(node) else otherwise


def read_first(*operands: nodes.Expr) -> str:
    """Return the first column or `record.field` that operands read, "" where there is none."""
    for operand in operands:
        for node in (operand, *find_all(operand, (nodes.Name, nodes.Getattr, nodes.Getitem))):
            if name := dotted(node):
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
            return f"Compare it with a number: `{dotted(number) or '…'} >= 3`."
        name = dotted(text) or "it"
        if isinstance(text, nodes.Filter):
            return f"Read the text as a number: `… | {text.name} | float`."
        known = values.get(name)
        if known and known.allowed and all(map(_reads, known.allowed)):
            return f"`{name} | float` is the number that it reads."
        return f"`{name} | length` counts its characters; `{name} | float` reads a number in it."
    if (list_ := sides.get("list")) is not None and number is not None and dotted(list_):
        return f"`{dotted(list_)} | length` counts its items."
    boolean = sides.get("boolean")
    if boolean is not None and dotted(boolean):
        name = dotted(boolean)
        return f"It stands by itself: `{name}`, or `not {name}`."
    return "Compare values of one type: texts, numbers, or true and false."


def _reads(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True

"""Conditions over numbers in the words of a recipe, as they may have been written."""

from jinja2 import nodes

from sofrito.recipe.intervals import path_of

_SIGNS = {"gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "eq": "==", "ne": "!="}
_SIGNS |= {"in": "in", "notin": "not in"}
_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _FILTER, _SIGN, _VALUE = range(9)
_LEVELS: dict[type[nodes.Node], int] = {
    nodes.Or: _OR,
    nodes.And: _AND,
    nodes.Not: _NOT,
    nodes.Compare: _COMPARE,
    nodes.Add: _SUM,
    nodes.Sub: _SUM,
    nodes.Mul: _PRODUCT,
    nodes.Div: _PRODUCT,
    nodes.Filter: _FILTER,
    nodes.Neg: _SIGN,
}
"""How tightly each binds what is beside it."""


def shown(node: nodes.Node) -> str:
    """Return a condition, or a number in one, as text; "" where it has what is neither."""
    level = _level(node)
    match node:
        case nodes.Const(value=int() | float() as number) if not isinstance(number, bool):
            return str(number)
        case nodes.Const(value=str(text)):
            return repr(text)
        case nodes.Not(node=inner):
            return _told("not {}", (inner, level))
        case nodes.Neg(node=inner):
            return _told("-{}", (inner, level))
        case nodes.BinExpr(left=left, right=right, operator=operator) if type(node) in _LEVELS:
            return _told(f"{{}} {operator} {{}}", (left, level), (right, level + 1))
        case nodes.Compare(expr=left, ops=ops) if all(one.op in _SIGNS for one in ops):
            signs = "".join(f" {_SIGNS[one.op]} {{}}" for one in ops)
            sides = ((one.expr, level + 1) for one in ops)
            return _told(f"{{}}{signs}", (left, level + 1), *sides)
        case nodes.List(items=items) if items:
            return _told(f"[{', '.join(['{}'] * len(items))}]", *((one, _OR) for one in items))
        case nodes.Filter(node=nodes.Node() as inner, name=name, args=args, kwargs=[]):
            called = f"({', '.join(['{}'] * len(args))})" if args else ""
            given = ((one, _OR) for one in args)
            return _told(f"{{}} | {name}{called}", (inner, level), *given)
    return path_of(node)


def _level(node: nodes.Node) -> int:
    return _LEVELS.get(type(node), _VALUE)


def _told(form: str, *parts: tuple[nodes.Node, int]) -> str:
    """Return the text of a form with its parts, in brackets where they bind less than is needed."""
    texts = [shown(part) for part, _ in parts]
    if not all(texts):
        return ""
    bound = (_level(part) >= needed for part, needed in parts)
    return form.format(
        *(text if tight else f"({text})" for text, tight in zip(texts, bound, strict=True))
    )

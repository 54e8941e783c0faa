"""Filters, tests, methods and macros that are given other options than they take."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from jinja2 import nodes

from sofrito.recipe.expressions import NAMING
from sofrito.recipe.inference import type_of, value_of
from sofrito.recipe.intervals import path_of
from sofrito.recipe.sandbox_words import may_read
from sofrito.recipe.signatures import Options, options_of_filter, options_of_method, options_of_test
from sofrito.recipe.template_nodes import find_all
from sofrito.recipe.template_tree import STAND_IN, guarded, stored
from sofrito.recipe.value_misuses import Misuse
from sofrito.recipe.value_types import CLASSES, Values, ValueType

Kind = Literal["filter", "test"]

_KINDS: Mapping[ValueType, type] = {"text": str, "list": list, "record": dict}
_BY_NAME = {"kwargs", "caller"}
_USING = (
    *(nodes.Output, nodes.Concat, nodes.Filter, nodes.BinExpr, nodes.Not, nodes.Compare),
    *(nodes.CondExpr, nodes.For, nodes.If),
)


def miscalled(tree: nodes.Template) -> Iterator[Misuse]:
    """Yield the filters, tests and macros of a template that get options which they do not take."""
    for node in find_all(tree, (nodes.Filter, nodes.Test)):
        assert isinstance(node, nodes.Filter | nodes.Test)
        if node.name != STAND_IN:
            yield from _named(node)
    for call, macro in _macro_calls(tree):
        options = _macro_options(macro)
        if why := _fault(options, call, call.args):
            what, fix = f"The macro `{macro.name}` {why}.", f"Write `{options.usage(macro.name)}`."
            yield Misuse(macro.name, call.lineno, what, fix, fails=True)


def wrong_methods(tree: nodes.Template, values: Mapping[str, Values]) -> Iterator[Misuse]:
    """Yield the methods of texts, lists and records that get options which they do not take."""
    for call in find_all(tree, nodes.Call):
        method = call.node
        if not isinstance(method, nodes.Getattr):
            continue
        kind = _KINDS.get(type_of(method.node, values) or "number")
        options = options_of_method(kind, method.attr) if kind else None
        if options and (why := _fault(options, call, call.args)):
            what, fix = f"`{method.attr}` {why}.", f"Write `.{options.usage(method.attr)}`."
            if not options.names:
                fix = f"Write `.{method.attr}()`."
            yield Misuse(method.attr, call.lineno, what, fix, fails=True, role="field")


def uncalled_methods(tree: nodes.Template, values: Mapping[str, Values]) -> Iterator[Misuse]:
    """Yield the methods of values that are printed, joined or compared instead of being called."""
    for used in _used(tree):
        if not isinstance(used, nodes.Getattr):
            continue
        known = value_of(used.node, values)
        if known is None or not _is_method(known.type, used.attr):
            continue
        kind = _KINDS.get(known.type)
        options = options_of_method(kind, used.attr) if kind else None
        usage = options.usage(used.attr) if options else used.attr
        called = usage if usage.endswith(")") and options and options.needed else f"{used.attr}()"
        what = f"`{used.attr}` is a method, and stands here without being called."
        said = path_of(used.node) or "…"
        fix = f"Write `{said}.{called}`."
        if used.attr in known.fields:
            fix = f"Write `{said}['{used.attr}']` for the field of this name."
        yield Misuse(used.attr, used.lineno, what, fix, fails=True, node=used, role="field")


def _is_method(kind: ValueType, name: str) -> bool:
    readable = (one() for one in CLASSES[kind] if may_read(one(), name))
    return any(callable(getattr(one, name, None)) for one in readable)


def _used(tree: nodes.Template) -> Iterator[nodes.Node | None]:
    """Yield what is wanted as a value: to be printed, reckoned with, gone over or asked if it is true."""
    for node in find_all(tree, _USING):
        match node:
            case nodes.Output(nodes=parts) | nodes.Concat(nodes=parts):
                yield from parts
            case nodes.Filter(node=inner) | nodes.Not(node=inner):
                yield inner
            case nodes.BinExpr(left=left, right=right):
                yield from (left, right)
            case nodes.Compare(expr=first, ops=ops):
                yield from (first, *(one.expr for one in ops))
            case nodes.CondExpr(test=test, expr1=one, expr2=other):
                yield from (test, one, other)
            case nodes.For(iter=several, test=test):
                yield from (several, test)
            case nodes.If(test=test):
                yield test


def _named(node: nodes.Filter | nodes.Test) -> Iterator[Misuse]:
    """Yield what is wrong with a filter or test, or with one that it names: `map('replace', 'a')`."""
    is_filter = isinstance(node, nodes.Filter)
    if misuse := _wrong("filter" if is_filter else "test", node.name, node, node.args):
        yield misuse
    if not is_filter or node.name not in NAMING:
        return
    kind, place = NAMING[node.name]
    match node.args[place : place + 1]:
        case [nodes.Const(value=str(name))]:
            if misuse := _wrong(kind, name, node, node.args[place + 1 :]):
                yield misuse


def _wrong(
    kind: Kind, name: str, node: nodes.Filter | nodes.Test, args: Sequence[nodes.Expr]
) -> Misuse | None:
    options = options_of_filter(name) if kind == "filter" else options_of_test(name)
    why = _fault(options, node, args) if options else ""
    if not options or not why:
        return None
    sign, what = ("|", "filter") if kind == "filter" else ("is", "test")
    fix = f"Write `… {sign} {options.usage(name)}`."
    role: Kind = "filter" if isinstance(node, nodes.Filter) else "test"
    return Misuse(node.name, node.lineno, f"The {what} `{name}` {why}.", fix, fails=True, role=role)


def _fault(
    options: Options, node: nodes.Filter | nodes.Test | nodes.Call, args: Sequence[nodes.Expr]
) -> str:
    named = [str(one.key) for one in node.kwargs]
    unpacked = node.dyn_args is not None or node.dyn_kwargs is not None
    return options.fault(len(args), named, unpacked=unpacked)


def _macro_calls(tree: nodes.Template) -> Iterator[tuple[nodes.Call, nodes.Macro]]:
    """Yield the calls of macros of a template that have a name to themselves."""
    macros: dict[str, list[nodes.Macro]] = {}
    for macro in find_all(tree, nodes.Macro):
        macros.setdefault(macro.name, []).append(macro)
    if not macros:
        return
    taken = {node.name for node in find_all(tree, nodes.Name) if node.ctx != "load"}
    for call in find_all(tree, nodes.Call):
        match call.node:
            case nodes.Name(name=name) if name not in taken and len(macros.get(name, ())) == 1:
                yield call, macros[name][0]


def _macro_options(macro: nodes.Macro) -> Options:
    """Return what a macro takes; needed are those of its arguments that it uses as they are."""
    names = tuple(one.name for one in macro.args)
    body = nodes.Template(macro.body, lineno=macro.lineno)
    read = {node.name for node in find_all(body, nodes.Name) if node.ctx == "load"}
    spared = guarded(body)[0] | stored(body)
    plain = names[: len(names) - len(macro.defaults)]
    needed = frozenset(plain) & (read - spared)
    return Options(names, needed, more="varargs" in read, others=bool(read & _BY_NAME))

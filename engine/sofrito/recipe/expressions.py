"""The one expression language: sandboxed Jinja, as bare expressions and in templates."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Literal

from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError
from jinja2.meta import find_undeclared_variables
from jinja2.parser import Parser

from sofrito.problems import did_you_mean
from sofrito.recipe.effort import begin
from sofrito.recipe.expression_filters import FILTERS, last_number
from sofrito.recipe.plain_templates import free_names, is_plain
from sofrito.recipe.runtime_words import failure_words
from sofrito.recipe.sandbox import Sandbox
from sofrito.recipe.template_nodes import find_all, shallow
from sofrito.recipe.values import plain

_NOT_THERE = re.compile(r"'(\w+)' is undefined")


@cache
def environment() -> Sandbox:
    """Return the environment in which every expression and template of every recipe is compiled."""
    return Sandbox(FILTERS, keep_trailing_newline=False, trim_blocks=True, lstrip_blocks=True)


class ExpressionError(Exception):
    """An expression or template failed on the values of one row; ``words`` say how."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


def failure(error: Exception, names: Iterable[str] = ()) -> ExpressionError:
    """Return what a compiled expression or template raised as an ExpressionError.

    ``names`` are those it could use: for one that is undefined, the nearest of them is suggested.
    """
    if isinstance(error, SecurityError):
        return ExpressionError(f"not allowed: {error}")
    if isinstance(error, UndefinedError) and (match := _NOT_THERE.fullmatch(str(error))):
        near = did_you_mean(match[1], names)
        return ExpressionError(f"{error}; {near[:1].lower()}{near[1:]}" if near else str(error))
    if isinstance(error, TemplateError):
        return ExpressionError(str(error) or type(error).__name__)
    if isinstance(error, RecursionError):
        return ExpressionError("it calls or includes itself without an end")
    return ExpressionError(failure_words(error))


class Expression:
    """A compiled expression: called with a row's values, it returns a value.

    Raises ``jinja2.TemplateSyntaxError`` when made from a text that is not one expression.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        try:
            self._run = environment().compile_expression(source, undefined_to_none=False)
        except RecursionError as error:
            raise TemplateSyntaxError("it is nested too deeply", 1) from error

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """Evaluate to plain data; raises :class:`ExpressionError` where the values do not allow it.

        Lazy sequences become lists.
        """
        try:
            begin()
            return plain(self._run(values))
        except MemoryError:
            raise  # says something of the machine, not of the values
        except Exception as error:
            raise failure(error, values) from error

    def truth(self, values: Mapping[str, Any]) -> bool:
        """Evaluate as a condition."""
        return bool(self(values))


@cache
def expression(source: str) -> Expression:
    """Return the compiled expression for a text; the same text is compiled once."""
    return Expression(source)


@cache
def expression_names(source: str) -> Mapping[str, frozenset[str]]:
    """Return the names an expression uses, each with the fields read from it.

    Raises ``jinja2.TemplateSyntaxError``.
    """
    tree = parsed_expression(source)
    if not is_plain(tree) or any(known_words(tree)):
        expression(source)  # raises where it cannot be compiled
    return names_used(tree)


@lru_cache(1024)
def parsed_expression(source: str) -> nodes.Template:
    """Return the tree of an expression, which is only to be read; raises as parse_expression does."""
    return parse_expression(source)


def parse_expression(source: str) -> nodes.Template:
    """Return an expression as a tree; raises TemplateSyntaxError if it is not one expression."""
    env = environment()
    parser = Parser(env, source, state="variable")
    try:
        node = parser.parse_expression()
    except RecursionError as error:
        raise TemplateSyntaxError("it is nested too deeply", 1) from error
    if not parser.stream.eos:
        rest = parser.stream.current
        raise TemplateSyntaxError(f"`{rest.value}` is not expected here", rest.lineno)
    tree = nodes.Template([nodes.Output([node], lineno=1)], lineno=1)
    tree.set_environment(env)
    return shallow(tree)


@lru_cache(1024)
def parsed(text: str) -> nodes.Template:
    """Return the tree of a template, which is only to be read: the same text is parsed once."""
    return environment().parse(text)


def names_used(tree: nodes.Template) -> dict[str, frozenset[str]]:
    """Return the free names of a parsed template, each with the fields read from it.

    A field is read by `.field` or by `['field']`.
    """
    free = free_names(tree) - environment().globals.keys() if is_plain(tree) else None
    free = find_undeclared_variables(tree) if free is None else free
    fields: dict[str, set[str]] = {name: set() for name in free}
    reads: list[nodes.Getattr | nodes.Getitem] = [*find_all(tree, nodes.Getattr)]
    for read in (*reads, *find_all(tree, nodes.Getitem)):
        field = read.attr if isinstance(read, nodes.Getattr) else _text(read.arg)
        if field is not None and isinstance(read.node, nodes.Name) and read.node.name in fields:
            fields[read.node.name].add(field)
    return {name: frozenset(found) for name, found in fields.items()}


def known_words(tree: nodes.Template) -> Iterator[tuple[str, str, int]]:
    """Yield (kind, name, line) of each filter and test that a parsed template uses but nobody has."""
    env = environment()
    known = {"filter": env.filters, "test": env.tests}
    for kind, name, line in _words(tree):
        if name not in known[kind]:
            yield kind, name, line


# Filters that take the name of a filter or test as text, and at which place.
NAMING: Mapping[str, tuple[Literal["filter", "test"], int]] = {
    "map": ("filter", 0),
    "select": ("test", 0),
    "reject": ("test", 0),
    "selectattr": ("test", 1),
    "rejectattr": ("test", 1),
}


def _words(tree: nodes.Template) -> Iterator[tuple[str, str, int]]:
    for node in find_all(tree, nodes.Filter):
        yield "filter", node.name, node.lineno
        if node.name in NAMING:
            kind, place = NAMING[node.name]
            named = _text(node.args[place]) if len(node.args) > place else None
            if named is not None:
                yield kind, named, node.lineno
    for test in find_all(tree, nodes.Test):
        yield "test", test.name, test.lineno


def _text(node: nodes.Expr) -> str | None:
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else None


__all__ = [
    "NAMING",
    "Expression",
    "ExpressionError",
    "TemplateSyntaxError",
    "environment",
    "expression",
    "expression_names",
    "failure",
    "known_words",
    "last_number",
    "names_used",
    "parse_expression",
    "parsed",
    "parsed_expression",
]

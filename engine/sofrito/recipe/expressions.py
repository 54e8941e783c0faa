"""The one expression language: sandboxed Jinja, as bare expressions and in templates."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")

# Filters of Jinja that build large texts from small ones, give other results on every run, or make
# HTML: a recipe has no use for them.
_REMOVED = ("center", "random", "pprint", "xmlattr", "urlize", "filesizeformat", "attr")


def last_number(text: Any) -> str:
    """Return the last number of a text without thousands separators, or "" where there is none."""
    found = _NUMBER.findall(str(text))
    return found[-1].replace(",", "").rstrip(".") if found else ""


@cache
def environment() -> ImmutableSandboxedEnvironment:
    """Return the environment in which every expression and template of every recipe is compiled."""
    env = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, keep_trailing_newline=False, trim_blocks=True, lstrip_blocks=True
    )
    for name in _REMOVED:
        env.filters.pop(name, None)
    for name in ("range", "lipsum", "cycler", "joiner", "namespace"):
        env.globals.pop(name, None)
    env.filters["last_number"] = last_number
    return env


class ExpressionError(Exception):
    """An expression or template failed on the values of one row; ``words`` say how."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


class Expression:
    """A compiled expression: called with a row's values, it returns a value.

    Raises ``jinja2.TemplateSyntaxError`` when made from a text that is not one expression.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self._run = environment().compile_expression(source, undefined_to_none=False)

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """Evaluate; raises :class:`ExpressionError` where the values do not allow it."""
        try:
            result = self._run(values)
            if isinstance(result, StrictUndefined):
                str(result)  # raises, and the message names what is missing
        except UndefinedError as error:
            raise ExpressionError(str(error)) from error
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise ExpressionError(f"{type(error).__name__}: {error}") from error
        return result

    def truth(self, values: Mapping[str, Any]) -> bool:
        """Evaluate as a condition."""
        return bool(self(values))


@cache
def expression(source: str) -> Expression:
    """Return the compiled expression for a text; the same text is compiled once."""
    return Expression(source)


def expression_names(source: str) -> dict[str, frozenset[str]]:
    """Return the names an expression uses, each with the fields read from it.

    Raises ``jinja2.TemplateSyntaxError``.
    """
    expression(source)
    return names_used(environment().parse("{{ (" + source + ") }}"))


def names_used(tree: nodes.Template) -> dict[str, frozenset[str]]:
    """Return the free names of a parsed template, each with the fields read from it by `.field`."""
    from jinja2.meta import find_undeclared_variables

    free = find_undeclared_variables(tree)
    fields: dict[str, set[str]] = {name: set() for name in free}
    for node in tree.find_all(nodes.Getattr):
        if isinstance(node.node, nodes.Name) and node.node.name in free:
            fields[node.node.name].add(node.attr)
    return {name: frozenset(found) for name, found in fields.items()}


def known_words(tree: nodes.Template) -> Iterator[tuple[str, str, int]]:
    """Yield (kind, name, line) of each filter and test that a parsed template uses but nobody has."""
    env = environment()
    for node in tree.find_all(nodes.Filter):
        if node.name not in env.filters:
            yield "filter", node.name, node.lineno
    for check in tree.find_all(nodes.Test):
        if check.name not in env.tests:
            yield "test", check.name, check.lineno


__all__ = [
    "Expression", "ExpressionError", "TemplateSyntaxError", "environment", "expression",
    "expression_names", "known_words", "last_number", "names_used",
]

"""Puts the values of a recipe's parameters into templates and expressions, as literals.

What a step renders and evaluates then has no parameters any more: rows need not carry them, and the
fingerprint, which covers the texts, changes with a parameter exactly where the parameter is used.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import TemplateSyntaxError
from jinja2.environment import Environment
from jinja2.lexer import Lexer, get_lexer

NAME = "params"
"""The name under which templates and expressions see the parameters."""

_Token = tuple[int, str, str]
_BEHIND = (".", "|")
_JOINING = ("and", "or", "not", "in", "if", "else")


def bound_template(text: str, values: Mapping[str, Any]) -> str:
    """Return the text of a template with its parameters as literals; line by line the same."""
    return _bound(text, values, None)


def bound_expression(source: str, values: Mapping[str, Any]) -> str:
    """Return an expression with its parameters as literals."""
    return _bound(source, values, "variable")


def unbracketed(source: str) -> str:
    """Return an expression as people read it: a number that stands for a parameter has no brackets."""
    try:
        tokens = [*_lexer().tokeniter(source, None, state="variable")]
    except TemplateSyntaxError:
        return source
    parts: list[str] = []
    at = 0
    while at < len(tokens):
        between = [two for _, _, two in tokens[at : at + 3 : 2]] == ["(", ")"]
        before = tokens[_next(tokens, at, -1)] if at else tokens[at]
        called = before[1] == "name" and before[2] not in _JOINING
        if between and not called and tokens[at + 1][1] in ("integer", "float"):
            parts.append(tokens[at + 1][2])
            at += 3
        else:
            parts.append(tokens[at][2])
            at += 1
    return "".join(parts)


@cache
def _lexer() -> Lexer:
    # Nothing is trimmed here, so that the tokens together are the text again.
    return get_lexer(Environment(keep_trailing_newline=True))


def _bound(text: str, values: Mapping[str, Any], state: str | None) -> str:
    if NAME not in text:
        return text
    try:
        tokens = [*_lexer().tokeniter(text, None, state=state)]
    except TemplateSyntaxError:
        return text  # the checks tell it
    parts: list[str] = []
    at = 0
    while at < len(tokens):
        if _is_params(tokens, at):
            literal, at = _taken(tokens, at, values)
            parts.append(literal)
        else:
            parts.append(tokens[at][2])
            at += 1
    return "".join(parts)


def _is_params(tokens: list[_Token], at: int) -> bool:
    """Say whether a token is the name of the parameters, and not a field, a filter or an argument."""
    if tokens[at][1:] != ("name", NAME):
        return False
    before, after = _next(tokens, at, -1), _next(tokens, at, 1)
    return tokens[before][2] not in _BEHIND and tokens[after][2] != "="


def _taken(tokens: list[_Token], at: int, values: Mapping[str, Any]) -> tuple[str, int]:
    """Return the literal for the parameters, or for one of them, and where the text goes on."""
    dot = _next(tokens, at, 1)
    name = _next(tokens, dot, 1)
    if tokens[dot][2] == "." and tokens[name][1] == "name" and tokens[name][2] in values:
        return _literal(values[tokens[name][2]]), name + 1
    inner = ", ".join(f"{_text(key)}: {_literal(one)}" for key, one in values.items())
    return f"({{{inner}}})", at + 1


def _next(tokens: list[_Token], at: int, by: int) -> int:
    """Return where the next token is that is no space; where there is none, ``at`` itself."""
    there = at + by
    while 0 <= there < len(tokens):
        if tokens[there][1] != "whitespace":
            return there
        there += by
    return at


def _literal(value: Any) -> str:
    match value:
        case bool() | None:
            return str(value).lower()
        case int() | float():
            return f"({value!r})"
        case list():
            return f"[{', '.join(map(_literal, value))}]"
    return _text(str(value))


def _text(value: str) -> str:
    escapes = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r"}
    return "'" + "".join(escapes.get(char, char) for char in value) + "'"

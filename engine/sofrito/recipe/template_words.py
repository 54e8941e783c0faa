"""Where the words of a template or an expression stand in it: names, fields, filters, tests, texts."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from jinja2 import nodes

from sofrito.recipe.expressions import environment
from sofrito.recipe.template_nodes import find_all

Role = Literal["name", "field", "filter", "test", "text"]

_BETWEEN = ("whitespace", "comment_begin", "comment", "comment_end", "data", "linecomment")


@dataclass(frozen=True, slots=True)
class Word:
    """A word with what it is for, its place (from 0) and its line (from 1).

    ``of`` is, for a field, the name in front of it.
    """

    role: Role
    text: str
    offset: int
    line: int
    of: str = ""


def words_of(source: str, *, expression: bool) -> list[Word]:
    """Return the words in the code of a template, or of an expression; it must be one that parses."""
    return list(_words(list(_tokens(source, expression=expression))))


def _tokens(source: str, *, expression: bool) -> Iterator[tuple[str, str, int, int]]:
    """Yield (kind, text, offset, line) of what is code."""
    state = "variable" if expression else None
    position = 0
    for line, kind, text in environment().lexer.tokeniter(source, None, state=state):
        offset = source.find(text, position)
        if offset < 0:
            continue
        if kind not in ("whitespace", "data") or not text.isspace():
            position = offset + len(text)
        if kind not in _BETWEEN:
            yield kind, text, offset, line


def _words(tokens: list[tuple[str, str, int, int]]) -> Iterator[Word]:
    for index, (kind, text, offset, line) in enumerate(tokens):
        before = tokens[index - 1][1] if index else ""
        earlier = tokens[index - 2][1] if index > 1 else ""
        if kind == "name":
            role: Role = "name"
            if before == ".":
                role = "field"
            elif before == "|" or (before == "filter" and earlier.startswith("{%")):
                role = "filter"
            elif before == "is" or (before == "not" and earlier == "is"):
                role = "test"
            yield Word(role, text, offset, line, earlier if role == "field" else "")
        elif kind == "string":
            of = earlier if before == "[" else ""
            yield Word("text", text[1:-1], offset + 1, line, of)


def first_free(tree: nodes.Template, name: str) -> tuple[int, int]:
    """Return the first use of a name that nothing in the template sets: its number and its line.

    The number counts from 0 and is among all places of the name that are no fields or filters.
    """
    same = [node for node in find_all(tree, nodes.Name) if node.name == name]
    free = next((node for node in _free(tree, set()) if node.name == name), None)
    for index, node in enumerate(same):
        if node is free:
            return index, node.lineno
    return 0, same[0].lineno if same else 1


def _free(node: nodes.Node, bound: set[str]) -> Iterator[nodes.Name]:
    """Yield the names that are read and not set before, in scopes as Jinja has them."""
    match node:
        case nodes.Name():
            if node.ctx != "load":
                bound.add(node.name)
            elif node.name not in bound:
                yield node
        case nodes.For():
            yield from _free(node.iter, bound)
            inside = (node.target, *filter(None, [node.test]), *node.body)
            yield from _all_free(inside, {*bound, "loop"})
            yield from _all_free(node.else_, bound)
        case nodes.Macro() | nodes.CallBlock():
            yield from _free_in_macro(node, bound)
        case nodes.Assign():
            yield from _all_free((node.node, node.target), bound)
        case nodes.With():
            yield from _all_free((*node.values, *node.targets, *node.body), set(bound))
        case nodes.Import() | nodes.FromImport():
            bound.update(imported(node))
        case _:
            yield from _all_free(node.iter_child_nodes(), bound)


def _all_free(parts: Iterable[nodes.Node], bound: set[str]) -> Iterator[nodes.Name]:
    for part in parts:
        yield from _free(part, bound)


def _free_in_macro(node: nodes.Macro | nodes.CallBlock, bound: set[str]) -> Iterator[nodes.Name]:
    if isinstance(node, nodes.Macro):
        bound.add(node.name)
    else:
        yield from _free(node.call, bound)
    inner = {*bound, "caller", "varargs", "kwargs", *(arg.name for arg in node.args)}
    yield from _all_free((*node.defaults, *node.body), inner)


def imported(node: nodes.Import | nodes.FromImport) -> Iterator[str]:
    """Yield the names that an import brings into a template."""
    if isinstance(node, nodes.Import):
        yield node.target
    else:
        yield from (one if isinstance(one, str) else one[1] for one in node.names)

"""What a parsed template or expression is made of: includes, names, fields, and what is sure."""

from collections.abc import Collection, Iterator
from functools import lru_cache

from jinja2 import nodes

from sofrito.recipe.expressions import environment, expression
from sofrito.recipe.plain_templates import is_plain
from sofrito.recipe.template_nodes import children, find_all
from sofrito.recipe.template_words import imported


class StandIn(str):
    """A name that nobody wrote."""


STAND_IN = StandIn("string")
"""The filter, and the test, that is looked at in place of one that does not exist."""

_INCLUDES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_NAMING = (nodes.Macro, nodes.Import, nodes.FromImport)
_DEFINED = ("defined", "undefined")

DEFAULT = ("default", "d")
"""Filters that stand for what is not there."""

Read = nodes.Getattr | nodes.Getitem


def compile_expression(source: str, tree: nodes.Template) -> None:
    """Compile an expression as a run does; raises TemplateSyntaxError where that cannot be."""
    if not is_plain(tree):
        expression(source)


def compile_template(text: str, tree: nodes.Template) -> None:
    """Compile a template as a run does; raises TemplateSyntaxError where that cannot be."""
    if not is_plain(tree):
        environment().compile(text)


def mended(tree: nodes.Template) -> nodes.Template:
    """Put a filter or test that exists for each that does not, so that the rest can be looked at."""
    env = environment()
    for node in find_all(tree, (nodes.Filter, nodes.Test)):
        assert isinstance(node, nodes.Filter | nodes.Test)
        if node.name not in (env.filters if isinstance(node, nodes.Filter) else env.tests):
            node.name = STAND_IN
    return tree


def included(tree: nodes.Template) -> Iterator[tuple[nodes.Node, str]]:
    """Yield the templates that a template includes, imports or extends, each with the statement.

    Where the name is an expression, each text in it that could be a template's is one.
    """
    for node in find_all(tree, _INCLUDES):
        assert isinstance(node, _INCLUDES)
        sure: list[nodes.Node | None] = [node.template]
        if isinstance(node.template, nodes.CondExpr):
            sure += [node.template.expr1, node.template.expr2]
        for part in (node.template, *find_all(node.template, nodes.Const)):
            name = part.value if isinstance(part, nodes.Const) else None
            if isinstance(name, str) and (part in sure or name.endswith(".j2")):
                yield node, name


def replaced(tree: nodes.Template) -> frozenset[str]:
    """Return the blocks of a template that show nothing of what they replace in one it extends."""
    return frozenset(
        block.name
        for block in find_all(tree, nodes.Block)
        if all(one.name != "super" for one in find_all(block, nodes.Name))
    )


def without_blocks(tree: nodes.Template, names: Collection[str]) -> nodes.Template:
    """Empty the blocks of a freshly parsed template that have one of these names."""
    for block in [*tree.find_all(nodes.Block)] if names else ():
        block.body = [] if block.name in names else block.body
    return tree


def includes_by_value(tree: nodes.Template) -> bool:
    """Say whether a template includes one whose name is neither a text nor a choice of texts."""
    for node in find_all(tree, _INCLUDES):
        assert isinstance(node, _INCLUDES)
        texts = (nodes.Const, nodes.CondExpr, nodes.List, nodes.Tuple)
        if not isinstance(node.template, texts):
            return True
    return False


@lru_cache(1024)
def stored(tree: nodes.Template) -> frozenset[str]:
    """Return the names that a template sets itself: by `set`, `for`, a macro, an import."""
    names = {node.name for node in find_all(tree, nodes.Name) if node.ctx != "load"}
    return frozenset(names.union(*(_named(node) for node in find_all(tree, _NAMING))))


def exported(tree: nodes.Template) -> set[str]:
    """Return the names that others may import from a template: its macros, and what it sets."""
    names: set[str] = set()
    for node in tree.body:
        names.update(_named(node))
        if isinstance(node, nodes.Assign | nodes.AssignBlock):
            targets = (node.target, *find_all(node.target, nodes.Name))
            names.update(one.name for one in targets if isinstance(one, nodes.Name))
        elif isinstance(node, nodes.If):
            branches = (*node.body, *node.elif_, *node.else_)
            names |= exported(nodes.Template(list(branches)))
    return {name for name in names if not name.startswith("_")}


def _named(node: nodes.Node) -> Iterator[str]:
    match node:
        case nodes.Macro(name=name):
            yield name
        case nodes.Import() | nodes.FromImport():
            yield from imported(node)


def guarded(tree: nodes.Template) -> tuple[set[str], set[str]]:
    """Return the names, and the fields, that a template can do without.

    They are those that it asks for with `is defined`, or gives a `default`.
    """
    names: set[str] = set()
    fields: set[str] = set()
    for node in find_all(tree, (nodes.Test, nodes.Filter)):
        assert isinstance(node, nodes.Test | nodes.Filter)
        if node.name in (_DEFINED if isinstance(node, nodes.Test) else DEFAULT):
            if isinstance(node.node, nodes.Name):
                names.add(node.node.name)
            elif isinstance(node.node, Read):
                fields.add(field_of(node.node) or "")
    return names, fields


def field_of(node: Read) -> str | None:
    """Return the field that is read by `.field` or `['field']`, None where it is computed."""
    if isinstance(node, nodes.Getattr):
        return node.attr
    text = node.arg.value if isinstance(node.arg, nodes.Const) else None
    return text if isinstance(text, str) else None


def certain(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield the parts that are evaluated whatever the values are, and that must be there.

    They are those of no branch, loop or macro, that get no `default` and are not asked for.
    """
    yield node
    match node:
        case nodes.If(test=part) | nodes.CondExpr(test=part) | nodes.For(iter=part):
            parts = [part]
        case nodes.And(left=part) | nodes.Or(left=part):
            parts = [part]
        case nodes.Macro():
            parts = []
        case nodes.CallBlock(call=part):
            parts = [part]
        case nodes.Filter(name=name, node=nodes.Node() as part) if name in DEFAULT:
            parts = [*children(part), *node.args]
        case nodes.Test(name=name, node=part) if name in _DEFINED:
            parts = [*children(part)]
        case _:
            parts = children(node)
    for part in parts:
        yield from certain(part)

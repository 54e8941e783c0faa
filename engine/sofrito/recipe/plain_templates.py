"""What nearly all templates are made of: texts, values, branches and loops, known without compiling."""

from functools import lru_cache

from jinja2 import nodes

from sofrito.recipe.template_nodes import children, depth, find_all

_DEEPEST = 18
"""Levels of nesting below which neither Jinja nor Python comes near a limit of its own."""

_LEAVES = (nodes.TemplateData, nodes.Const, nodes.Name)
_SURE = (
    *_LEAVES,
    nodes.Output,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Slice,
    nodes.Compare,
    nodes.Operand,
    nodes.BinExpr,
    nodes.UnaryExpr,
    nodes.CondExpr,
    nodes.Concat,
    nodes.List,
    nodes.Tuple,
    nodes.Dict,
    nodes.Keyword,
)


@lru_cache(1024)
def is_plain(tree: nodes.Node) -> bool:
    """Say whether a parsed template or expression is sure to compile, if it has no unknown filter or test.

    There is more that compiles: blocks, macros, what is nested deeply, arguments that are unpacked.
    """
    return depth(tree) < _DEEPEST and all(map(_is_part, find_all(tree, nodes.Node)))


def free_names(tree: nodes.Node) -> set[str]:
    """Return the names that a plain template or expression reads and does not set itself."""
    if isinstance(tree, nodes.Name):
        return {tree.name} if tree.ctx == "load" else set()
    if isinstance(tree, nodes.For):
        return _free_in_loop(tree)
    return set().union(*map(free_names, children(tree)))


def _free_in_loop(loop: nodes.For) -> set[str]:
    own = {loop.target.name} if isinstance(loop.target, nodes.Name) else set[str]()
    own.update(one.name for one in find_all(loop.target, nodes.Name))
    body = set().union(*map(free_names, loop.body)) - own - {"loop"}
    test = free_names(loop.test) - own if loop.test else set[str]()
    return set().union(free_names(loop.iter), body, test, *map(free_names, loop.else_))


def _is_part(node: nodes.Node) -> bool:
    if isinstance(node, _SURE):
        return True
    match node:
        case nodes.Call() | nodes.Filter() | nodes.Test():
            keywords = [one.key for one in node.kwargs]
            unpacked = node.dyn_args or node.dyn_kwargs
            return node.node is not None and not unpacked and len({*keywords}) == len(keywords)
        case nodes.If(elif_=more):
            return len(more) <= _DEEPEST  # each is nested in the one before
        case nodes.Pair(key=key):
            return isinstance(key, _LEAVES)  # a list, for one, cannot be a key
        case nodes.For():
            named = (node.target, *find_all(node.target, nodes.Name))
            return not node.recursive and all(getattr(one, "name", "") != "loop" for one in named)
    return False

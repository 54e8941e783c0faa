"""Parts of templates and expressions that read nothing: they can be computed before any run."""

from jinja2 import TemplateSyntaxError, nodes

from sofrito.recipe.check_types import CODE
from sofrito.recipe.effort import begin
from sofrito.recipe.expressions import environment, failure
from sofrito.recipe.places import Problems
from sofrito.recipe.template_nodes import children
from sofrito.recipe.template_tree import Read
from sofrito.recipe.text_place import TextPlace

_COMPUTED = (
    nodes.Dict,
    nodes.BinExpr,
    nodes.UnaryExpr,
    nodes.Compare,
    nodes.Concat,
    nodes.Filter,
    nodes.Test,
    nodes.Call,
    nodes.Getattr,
    nodes.Getitem,
)
_MISSING = ("defined", "undefined", "default", "d")


def check_constants(problems: Problems, tree: nodes.Template, place: TextPlace) -> None:
    """Note parts that read no column and cannot be computed: they fail wherever they are reached."""
    for node, above in _constant(tree, tree)[1]:
        # a template prints what an expression only computes; what is not there can only be looked at
        prints = not place.expression and isinstance(above, nodes.Output)
        prints = prints or (isinstance(node, Read) and not _may_lack(above))
        if words := _failure(node, prints=prints):
            told = f"`{_shown(node)}`" if _shown(node) else "A part of it that reads no column"
            what, fix = f"{told} always fails: {words}.", "Correct it, or remove it."
            where = place.said(_shown(node), node.lineno)
            problems.add(CODE, place.path, what, fix, where=where)


def _may_lack(above: nodes.Node) -> bool:
    return isinstance(above, nodes.Test | nodes.Filter) and above.name in _MISSING


def is_constant(node: nodes.Node) -> bool:
    """Say whether a part computes something and reads no name."""
    return isinstance(node, _COMPUTED) and node.find(nodes.Name) is None


def _constant(
    node: nodes.Node, above: nodes.Node
) -> tuple[bool, list[tuple[nodes.Expr, nodes.Node]]]:
    """Say whether a part reads a name; return the largest of its parts that compute and read none.

    Each of them comes with what it is a part of.
    """
    reads, found = isinstance(node, nodes.Name), list[tuple[nodes.Expr, nodes.Node]]()
    for one in node.body if isinstance(node, nodes.FilterBlock) else children(node):
        inner, more = _constant(one, node)
        if isinstance(node, nodes.Call) and one is node.node and isinstance(one, Read):
            # a method is no value by itself, and what it is called with may read a column
            more = [pair for pair in more if pair[0] is not one]
        reads, found = reads or inner, found + more
    if not reads and isinstance(node, nodes.Expr) and isinstance(node, _COMPUTED):
        return False, [(node, above)]
    return reads, found


def _failure(node: nodes.Expr, *, prints: bool) -> str:
    env = environment()
    use = nodes.Output([node]) if prints else nodes.Assign(nodes.Name("unused", "store"), node)
    tree = nodes.Template([use.set_lineno(1)], lineno=1)
    tree.set_environment(env)
    try:
        code = env.compile(tree)
        begin()
        env.template_class.from_code(env, code, {}).render()
    except TemplateSyntaxError:
        return ""  # told where the whole is compiled
    except MemoryError:
        raise  # says something of the machine, not of the template
    except Exception as error:  # as a run has it, whatever it is
        return failure(error).words
    return ""


def _shown(node: nodes.Node) -> str:
    """Return a sum, a list or an item of one as it may have been written, "" of anything else."""
    match node:
        case nodes.Const(value=value):
            return repr(value)
        case nodes.BinExpr(left=left, right=right) if _shown(left) and _shown(right):
            return f"{_shown(left)} {node.operator} {_shown(right)}"
        case nodes.List(items=items) if all(map(_shown, items)):
            return f"[{', '.join(map(_shown, items))}]"
        case nodes.Getitem(node=inner, arg=arg) if _shown(inner) and _shown(arg):
            return f"{_shown(inner)}[{_shown(arg)}]"
    return ""

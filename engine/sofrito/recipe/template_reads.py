"""What a template with its includes reads of the names that it is given."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from jinja2 import TemplateError, nodes

from sofrito.recipe.expressions import names_used, parsed
from sofrito.recipe.sources import TemplateSources
from sofrito.recipe.template_nodes import find_all
from sofrito.recipe.template_tree import Read, field_of, included, includes_by_value

_AS_IT_IS = ("trim", "untag", "string", "indent", "upper", "lower", "capitalize", "e", "escape")
_COUNTED = ("length", "count")


@dataclass(frozen=True)
class Reads:
    """The names that are read, each with the fields read from it; those read ``whole``, too.

    ``open`` where a template includes another one whose name only a row tells, or one that cannot be
    read. ``texts`` are those of the files by name.
    """

    fields: Mapping[str, frozenset[str]] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()
    texts: Mapping[str, str] = field(default_factory=dict)
    open: bool = False

    def has(self, path: str) -> bool:
        """Say whether a name is read, or a field of one: `name.field`, or the name as a whole."""
        name, _, one = path.partition(".")
        return name in self.whole or (
            one in self.fields.get(name, ()) if one else name in self.fields
        )


def template_reads(sources: TemplateSources, name: str) -> Reads:
    """Return what a template file reads, by itself and by all that it includes or extends."""
    fields: dict[str, frozenset[str]] = {}
    whole, texts = set[str](), dict[str, str]()
    is_open = False
    for file, text, tree in _files(sources, name, texts):
        if tree is None:
            is_open = True
            continue
        texts[file] = text
        is_open = is_open or includes_by_value(tree)
        for one, read in names_used(tree).items():
            fields[one] = fields.get(one, frozenset()) | read
        whole |= _whole(tree)
    return Reads(fields, frozenset(whole & fields.keys()), texts, is_open)


def printed_whole(texts: Mapping[str, str], name: str) -> tuple[str, int, int] | None:
    """Return where templates print a name as it is, if that is all they do with it.

    That is the file, the number of the place among those of the name, from 0, and the line.
    None where one goes over what it stands for: by a loop, an index, a macro, `join`.
    """
    first: tuple[str, int, int] | None = None
    for file, text in texts.items():
        tree = parsed(text)
        uses = [one for one in find_all(tree, nodes.Name) if one.name == name]
        printed = [one for one in _printed(tree) if one.name == name]
        counted = [one for one in find_all(tree, nodes.Filter) if one.name in _COUNTED]
        counts = sum(isinstance(one.node, nodes.Name) and one.node.name == name for one in counted)
        if len(uses) > len(printed) + counts:
            return None
        if printed and first is None:
            number = next(at for at, one in enumerate(uses) if one is printed[0])
            first = file, number, printed[0].lineno
    return first


def _files(
    sources: TemplateSources, name: str, seen: Mapping[str, str]
) -> Iterator[tuple[str, str, nodes.Template | None]]:
    """Yield the files that see the row, each with its text and its tree, None if it has none."""
    waiting = [name]
    while waiting:
        file = waiting.pop(0)
        if file in seen:
            continue
        try:
            text = sources.read(file)[0]
            tree = parsed(text)
        except (TemplateError, OSError, UnicodeDecodeError, RecursionError):
            yield file, "", None
            continue
        yield file, text, tree
        found = [sources.included(one, file) for node, one in included(tree) if _sees(node)]
        waiting += filter(None, found)


def _sees(node: nodes.Node) -> bool:
    """Whether what an include or import brings sees the row's names."""
    return getattr(node, "with_context", True)


def _whole(tree: nodes.Template) -> set[str]:
    """Return the names that are read otherwise than by a field."""
    reads: list[Read] = [*find_all(tree, nodes.Getattr), *find_all(tree, nodes.Getitem)]
    by_field = {id(read.node) for read in reads if field_of(read) is not None}
    uses = find_all(tree, nodes.Name)
    return {one.name for one in uses if one.ctx == "load" and id(one) not in by_field}


def _printed(tree: nodes.Template) -> Iterator[nodes.Name]:
    """Yield the names that are printed as they are, or nearly so."""
    for output in find_all(tree, nodes.Output):
        for node in output.nodes:
            inner: nodes.Node | None = node
            while isinstance(inner, nodes.Filter) and inner.name in _AS_IT_IS:
                inner = inner.node
            if isinstance(inner, nodes.Name):
                yield inner

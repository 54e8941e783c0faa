"""The least size of a prompt, from its template alone and from what is known of its columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jinja2 import TemplateError, TemplateSyntaxError, nodes

from sofrito.recipe.expressions import parsed
from sofrito.recipe.sources import TemplateSources, is_file
from sofrito.recipe.template_tree import included

_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class PromptSize:
    """Counts words, each of which is at least one token.

    ``longest`` has the words of the longest value known of a column, ``shots`` is the number of
    shots that a prompt is sure to have. With ``least`` they are those of the shortest value, and
    the shortest prompt is meant.
    """

    sources: TemplateSources
    longest: Mapping[str, int]
    shots: int = 0
    least: bool = False

    def words(self, template: str) -> int:
        """Return the words that the longest prompt of a template has at least; 0 if it is broken."""
        try:
            return self._text(
                self.sources.text(template), template.strip() if is_file(template) else "", 0
            )
        except (TemplateError, OSError, UnicodeDecodeError, RecursionError):
            return 0

    def _text(self, text: str, name: str, depth: int) -> int:
        return self._all(parsed(text).body, name, depth)

    def _all(self, parts: Iterable[nodes.Node], name: str, depth: int) -> int:
        return sum(self._node(part, name, depth) for part in parts)

    def _node(self, node: nodes.Node, name: str, depth: int) -> int:
        match node:
            case nodes.Output():
                return self._all(node.nodes, name, depth)
            case nodes.TemplateData(data=text) | nodes.Const(value=str(text)):
                return len(text.split())
            case nodes.Name(name=column):
                return self.longest.get(column, 0)
            case nodes.Filter(node=nodes.Node() as inner, name="trim" | "untag"):
                return self._node(inner, name, depth)
            case nodes.If():
                branches = (node.body, *(one.body for one in node.elif_), node.else_)
                sizes = (self._all(branch, name, depth) for branch in branches)
                return min(sizes) if self.least else max(sizes)
            case nodes.For(iter=nodes.Name(name="shots")):
                return self.shots * self._all(node.body, name, depth)
            case nodes.Include():
                return self._include(node, name, depth)
            case nodes.With() | nodes.Scope():
                return self._all(node.body, name, depth)
        return 0

    def _include(self, node: nodes.Include, name: str, depth: int) -> int:
        found = list(included(nodes.Template([node])))
        target = self.sources.included(found[0][1], name) if len(found) == 1 else None
        if target is None or depth >= _DEEPEST:
            return 0
        try:
            return self._text(self.sources.read(target)[0], target, depth + 1)
        except (TemplateSyntaxError, OSError, UnicodeDecodeError):
            return 0

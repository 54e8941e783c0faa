"""A YAML file as plain data, with the place of every key and value."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sofrito.problems import Problem, RecipeError, Span
from sofrito.recipe.file_text import read_text
from sofrito.recipe.hidden import hidden
from sofrito.recipe.yaml_grammar import compose
from sofrito.recipe.yaml_tokens import TooMuch
from sofrito.recipe.yaml_tree import Broken, Child, Finding, Node, Place

_MENDED_CHARACTERS = 400_000


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file: its text (with line feeds), its plain ``data``, and where each part stands.

    ``line_end`` is what most lines of the file end with.

    Keys are texts as written. Values that are written once and used through an alias are shared, so
    the data must not be changed. ``warnings`` are the problems that did not stop the reading.
    A ``path`` into the data is a tuple of keys and list positions; the empty one is the whole.
    """

    path: Path
    text: str
    data: Any
    warnings: tuple[Problem, ...]
    _root: Node = field(repr=False, compare=False)
    line_end: str = "\n"

    def span(self, path: tuple[str | int, ...] = ()) -> Span:
        """Return the place of the value at a path, or of the nearest value around it."""
        return self._span(self._nearest(path)[0].value)

    def key_span(self, path: tuple[str | int, ...] = ()) -> Span:
        """Return the place of the key at a path (a list's item has none: its value's place).

        Where nothing is at the path, the place of the nearest key around it.
        """
        return self._span(self._nearest(path)[0].key)

    def source(self, path: tuple[str | int, ...]) -> str:
        """Return a scalar as it was written, ``1.10`` for 1.1; quotes and escapes are resolved.

        Raises KeyError where there is none: no such path, or a mapping or list.
        """
        child, exact = self._nearest(path)
        if not exact or child.node.source is None:
            raise KeyError(path)
        return child.node.source

    def _nearest(self, path: tuple[str | int, ...]) -> tuple[Child, bool]:
        child = Child(self._root.place, self._root.place, self._root)
        for part in path:
            inner = child.node.children.get(part)
            if inner is None:
                return child, False
            child = inner
        return child, True

    def _span(self, place: Place) -> Span:
        return Span(self.path, *place)


def load_document(path: Path, *, mapping: bool = True) -> Document:
    """Read a YAML file, or the ``recipe.yaml`` of a folder.

    ``mapping``: the top level must be a mapping. Raises :class:`RecipeError` with every problem
    that can be told, among them that the file cannot be read, is larger than 10 MB, or holds more
    than 100,000 values.
    """
    return parse_document(*read_text(path), mapping=mapping)


def parse_document(path: Path, text: str, *, mapping: bool = True) -> Document:
    """Read YAML from the text of a file; otherwise as :func:`load_document`."""
    line_end = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    root, findings = _compose(text)
    if root is not None and not any(each.code == "SOF002" for each in findings):
        findings += _top_level(path, root) if mapping else []
    problems = tuple(_problems(path, [*findings, *hidden(text)]))
    if root is None or any(problem.severity == "error" for problem in problems):
        raise RecipeError(problems)
    return Document(path, text, root.data, problems, root, line_end)


def _compose(text: str) -> tuple[Node | None, list[Finding]]:
    """Read a text; where a line is no YAML, mend it if its sense is clear and look further."""
    errors: list[Finding] = []
    budget = _MENDED_CHARACTERS
    while True:
        try:
            root, findings = compose(text)
        except TooMuch as much:
            place = Place(much.mark.line + 1, much.mark.column + 1, 1)
            what = f"The file holds {much.what}."
            fix = "Keep rows in a seed file (.jsonl), which has no such limit."
            if "levels" in much.what:
                fix = "Is a bracket not closed? No recipe needs so many."
            return None, [*errors, Finding("SOF007", place, what, fix)]
        except Broken as broken:
            from sofrito.recipe.yaml_syntax import explain

            verdict = explain(text, broken)
            if errors and verdict.finding.place <= errors[-1].place:
                return None, errors
            errors.append(verdict.finding)
            budget -= len(text)
            if verdict.mended is None or budget < 0:
                return None, errors
            text = verdict.mended
        else:
            return root, [*errors, *findings]


def _top_level(path: Path, root: Node) -> list[Finding]:
    if isinstance(root.data, dict):
        return []
    fix = "Begin with `recipe: NAME`, then `seeds:`, `steps:`, `output:`."
    if root.data is None:
        return [Finding("SOF004", root.place, "The file is empty.", fix)]
    kind = "a list" if isinstance(root.data, list) else "plain text"
    if path.suffix not in (".yaml", ".yml"):
        fix = f"`{path.name}` does not look like a recipe: pass its .yaml file."
    what = f"The file is {kind}; a recipe is a mapping of keys."
    return [Finding("SOF004", root.place, what, fix)]


def _problems(path: Path, findings: Iterable[Finding]) -> Iterable[Problem]:
    for code, place, what, fix, warning in sorted(findings, key=lambda each: each.place):
        yield Problem(code, Span(path, *place), what, fix, "warning" if warning else "error")

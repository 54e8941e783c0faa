"""Templates and expressions: whether they parse, and whether the names they use are there."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from jinja2 import TemplateSyntaxError, nodes
from jinja2.parser import Parser

from sofrito.problems import Span, did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.expressions import environment, names_used
from sofrito.recipe.jinja_words import syntax_words
from sofrito.recipe.places import Problems
from sofrito.recipe.sources import TemplateSources, is_file
from sofrito.recipe.words import quoted, ticked

_INCLUDES = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)
_LISTED = 12
_HINTS = (
    (re.compile(r"\{\{|\{%"), "An expression has no braces: it stands by itself."),
    (re.compile(r"&&|\|\|"), "Write `and` and `or`."),
    (re.compile(r"!(?!=)"), "Write `not`."),
    (re.compile(r"(?<![=!<>])=(?!=)"), "`==` compares; one `=` does nothing here."),
    (re.compile(r"[“”‘’]"), "Use plain quotes: ' or \"."),
)


@dataclass(frozen=True)
class Names:
    """The names known at some place, each with who makes it.

    ``open`` where something broken may have made more, so that an unknown name proves nothing;
    ``later`` are the names that steps further down make, with the step. ``shots`` are the fields
    that the rows drawn as shots have, None if nobody can tell.
    """

    known: Mapping[str, str]
    open: bool = False
    later: Mapping[str, str] = field(default_factory=dict)
    shots: frozenset[str] | None = None

    def having(self, more: Iterable[str], who: str) -> "Names":
        """Return these names and more."""
        known = {**self.known, **dict.fromkeys(more, who)}
        return Names(known, self.open, self.later, self.shots)

    def fix(self, name: str) -> str:
        """Return what to do about a name that is not among these."""
        if name == "shots":
            return "Draw them in this step: `shots: [{draw: 3, from: POOL}]`."
        near = did_you_mean(name, self.known)
        later = name if name in self.later else did_you_mean(name, self.later)[14:-2]
        if later and not near:
            guess = "" if later == name else f"did you mean `{later}`? "
            return f"{guess}It is made later, by `{self.later[later]}`: move this below that step."
        listed = ticked(sorted(self.known)[:_LISTED]) or "nothing"
        more = ", …" if len(self.known) > _LISTED else ""
        return f"{near} Known here: {listed}{more}.".lstrip()


def parsed_expression(source: str) -> nodes.Template:
    """Return an expression as a tree; raises TemplateSyntaxError if it is not one expression."""
    env = environment()
    parser = Parser(env, source, state="variable")
    node = parser.parse_expression()
    if not parser.stream.eos:
        rest = parser.stream.current
        raise TemplateSyntaxError(f"`{rest.value}` is not expected here", rest.lineno)
    tree = nodes.Template([nodes.Output([node], lineno=1)], lineno=1)
    tree.set_environment(env)
    return tree


class NameCheck:
    """Checks templates and expressions, and adds what is wrong to a recipe's problems."""

    def __init__(self, problems: Problems, sources: TemplateSources) -> None:
        self._problems, self._sources = problems, sources

    def expression(self, source: str, path: Key, names: Names) -> set[str]:
        """Check an expression of the recipe, and return the names that it uses."""
        try:
            tree = parsed_expression(source)
        except TemplateSyntaxError as error:
            hint = next((words for pattern, words in _HINTS if pattern.search(source)), "")
            what = f"The expression {quoted(source)} cannot be read: {syntax_words(error)}."
            self._problems.add("SOF208", path, what, hint)
            return set()
        place = _Place(path, None, source)
        return self._check(tree, place, names)

    def template(self, source: str, path: Key, names: Names) -> set[str]:
        """Check a template of the recipe, inline or a file, and return the names that it uses."""
        if not is_file(source):
            if re.fullmatch(r"[^\s{}]+", source.strip()):
                self._one_word(source.strip(), path, names)
                return set()
            return self._text(_Place(path, None, source), names, ())
        name = source.strip()
        file = self._sources.path(name)
        if file is None:
            fix = _nearest(name, self._sources.names())
            self._problems.add("SOF202", path, f"There is no template `{name}`.", fix)
            return set()
        return self._file(file, path, names, ())

    def _one_word(self, word: str, path: Key, names: Names) -> None:
        stem = PurePosixPath(word).stem
        files = [one for one in self._sources.names() if PurePosixPath(one).stem == stem]
        fix = "A template file ends in .j2; a text may have spaces and columns: {{ column }}."
        if word in names.known:
            fix = f"For the column, write {{{{ {word} }}}}."
        elif files:
            fix = f"did you mean `{files[0]}`?"
        what = f"The template {quoted(word)} is one word: neither a file nor a text with a column."
        self._problems.add("SOF207", path, what, fix)

    def _file(self, file: Path, path: Key, names: Names, seen: tuple[Path, ...]) -> set[str]:
        shown = self._shown(file)
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            what, fix = "The template is not UTF-8 text.", "Save it as UTF-8."
            self._problems.add("SOF207", path, what, fix, where=Span(shown))
            return set()
        except OSError as error:
            what = f"The template `{shown}` cannot be read: {error.strerror}."
            self._problems.add("SOF202", path, what)
            return set()
        return self._text(_Place(path, shown, text), names, (*seen, file))

    def _shown(self, file: Path) -> Path:
        """Return a template's file as the recipe's own file is named."""
        if file.is_relative_to(self._sources.folder):
            return self._problems.places.folder / file.relative_to(self._sources.folder)
        return file

    def _text(self, place: "_Place", names: Names, seen: tuple[Path, ...]) -> set[str]:
        try:
            tree = environment().parse(place.text)
        except TemplateSyntaxError as error:
            what = f"The template cannot be read: {syntax_words(error)}."
            where = place.line(error.lineno)
            self._problems.add("SOF207", place.path, what, where=where)
            return set()
        used = self._check(tree, place, names)
        inner = names.having(_stored(tree), "the template")
        for include, target in _included(tree):
            used |= self._include(include, target, place, inner, seen)
        return used

    def _include(
        self, node: nodes.Node, name: str, place: "_Place", names: Names, seen: tuple[Path, ...]
    ) -> set[str]:
        file = self._sources.path(name) or self._sources.path(f"prompts/{name}")
        if file in seen:
            what = f"The template includes itself, by `{name}`."
            where = place.word(node.lineno, name)
            self._problems.add("SOF207", place.path, what, "End the circle.", where=where)
        elif file is not None:
            own = isinstance(node, nodes.Include) and not node.with_context
            macros = isinstance(node, nodes.Import | nodes.FromImport)
            inner = Names({}, open=True) if own or macros else names
            return self._file(file, place.path, inner, seen)
        elif not getattr(node, "ignore_missing", False):
            fix = _nearest(name, self._sources.names())
            where = place.word(node.lineno, name)
            self._problems.add(
                "SOF202", place.path, f"There is no template `{name}`.", fix, where=where
            )
        return set()

    def _check(self, tree: nodes.Template, place: "_Place", names: Names) -> set[str]:
        env = environment()
        self._words(tree, place)
        used = set(names_used(tree))
        for name in sorted(used - names.known.keys() - env.globals.keys()):
            if not names.open:
                line = next((n.lineno for n in tree.find_all(nodes.Name) if n.name == name), 1)
                what = f"`{name}` is not known here."
                where = place.word(line, name)
                self._problems.add("SOF201", place.path, what, names.fix(name), where=where)
        if names.shots is not None:
            self._shots(tree, place, names.shots)
        return used

    def _words(self, tree: nodes.Template, place: "_Place") -> None:
        """Check the filters and tests that are used, and mend those that do not exist."""
        env = environment()
        for node in tree.find_all((nodes.Filter, nodes.Test)):
            is_filter = isinstance(node, nodes.Filter)
            known = env.filters if is_filter else env.tests
            if node.name not in known:
                kind = "filter" if is_filter else "test"
                what = f"`{node.name}` is not a {kind} that templates and expressions have."
                fix = did_you_mean(node.name, known, otherwise=_some(known))
                where = place.word(node.lineno, node.name)
                self._problems.add("SOF201", place.path, what, fix, where=where)
                node.name = "string"

    def _shots(self, tree: nodes.Template, place: "_Place", fields: frozenset[str]) -> None:
        """Check what is read from the shots in a loop over them."""
        for node in _fields_of(tree, "shots"):
            if node.attr not in fields and not hasattr(dict, node.attr):
                what = f"The rows drawn as shots have no column `{node.attr}`."
                fix = did_you_mean(node.attr, fields)
                fix = f"{fix} They have: {ticked(sorted(fields)[:_LISTED])}.".lstrip()
                where = place.word(node.lineno, node.attr)
                self._problems.add("SOF201", place.path, what, fix, where=where)


@dataclass(frozen=True)
class _Place:
    """A text that is checked: the path in the recipe that leads to it, and its own file, if any."""

    path: Key
    file: Path | None
    text: str

    def line(self, number: int) -> Span | None:
        """Return a line of the file; None for a text that stands in the recipe."""
        return Span(self.file, max(1, number)) if self.file else None

    def word(self, number: int, word: str) -> Span | None:
        """Return the first place of a word on a line of the file or below it."""
        if self.file is None:
            return None
        for index, line in enumerate(self.text.splitlines()[number - 1 :], start=number):
            if match := re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line):
                return Span(self.file, index, match.start() + 1, len(word))
        return self.line(number)


def _some(known: Iterable[str]) -> str:
    return f"Some of them: {ticked(sorted(one for one in known if one.isidentifier())[:8])}, …"


def _nearest(name: str, names: Iterable[str]) -> str:
    """Return the template whose file has the name, or one like it."""
    by_name = {PurePosixPath(one).stem: one for one in names}
    near = did_you_mean(PurePosixPath(name).stem, by_name)
    if near:
        return f"did you mean `{by_name[near.split('`')[1]]}`?"
    return "A template is looked for in the recipe's folder, then among the shared prompts."


def _included(tree: nodes.Template) -> Iterator[tuple[nodes.Node, str]]:
    for node in tree.find_all(_INCLUDES):
        assert isinstance(node, _INCLUDES)
        # an include's name is an expression: each text in it may be the file
        for part in (node.template, *node.template.find_all(nodes.Const)):
            name = part.value if isinstance(part, nodes.Const) else None
            if isinstance(name, str) and (part is node.template or name.endswith(".j2")):
                yield node, name


def _stored(tree: nodes.Template) -> set[str]:
    return {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}


def _fields_of(tree: nodes.Template, rows: str) -> Iterator[nodes.Getattr]:
    """Yield what is read from each row in the loops over a list of rows."""
    for loop in tree.find_all(nodes.For):
        source, target = _whole(loop.iter), loop.target
        if not isinstance(source, nodes.Name) or source.name != rows:
            continue
        for node in (one for part in loop.body for one in part.find_all(nodes.Getattr)):
            row = node.node
            if isinstance(row, nodes.Name) and row.name == getattr(target, "name", None):
                yield node


def _whole(source: nodes.Node) -> nodes.Node:
    """Return the list that a loop goes over, or over a part of which."""
    match source:
        case nodes.Filter(name="reverse" | "list", node=nodes.Node() as inner):
            return _whole(inner)
        case nodes.Getitem(arg=nodes.Slice(), node=inner):
            return _whole(inner)
    return source

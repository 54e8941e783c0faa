"""Templates and expressions: whether they parse, and whether the names they use are there."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from jinja2 import TemplateSyntaxError, nodes

from sofrito.problems import Span, did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.expressions import environment, known_words, names_used
from sofrito.recipe.jinja_words import syntax_words
from sofrito.recipe.places import Problems
from sofrito.recipe.sources import TemplateSources, is_file
from sofrito.recipe.template_tree import (
    compile_expression,
    compile_template,
    fields_read,
    guarded,
    included,
    mend_words,
    parsed_expression,
    stored,
)
from sofrito.recipe.words import quoted, ticked

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


class NameCheck:
    """Checks templates and expressions, and adds what is wrong to a recipe's problems."""

    def __init__(self, problems: Problems, sources: TemplateSources) -> None:
        self._problems, self._sources = problems, sources

    def expression(self, source: str, path: Key, names: Names) -> set[str]:
        """Check an expression of the recipe, and return the names that it uses."""
        place = _Place(path, None, source)
        try:
            tree = parsed_expression(source)
            if not self._words(tree, place):
                compile_expression(source)
            return self._check(tree, place, names)
        except TemplateSyntaxError as error:
            hint = next((words for pattern, words in _HINTS if pattern.search(source)), "")
            what = f"The expression {quoted(source)} cannot be read: {syntax_words(error)}."
            self._problems.add("SOF208", path, what, hint)
            return set()

    def template(self, source: str, path: Key, names: Names) -> set[str]:
        """Check a template of the recipe, inline or a file, and return the names that it uses."""
        if not is_file(source):
            if re.fullmatch(r"[^\s{}]+", source.strip()):
                self._one_word(source.strip(), path, names)
                return set()
            return self._text(_Place(path, None, source), names, ())
        name = source.strip()
        if self._sources.path(name) is None:
            fix = _nearest(name, self._sources.names())
            self._problems.add("SOF202", path, f"There is no template `{name}`.", fix)
            return set()
        return self._file(name, path, names, ())

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

    def _file(self, name: str, path: Key, names: Names, seen: tuple[str, ...]) -> set[str]:
        file = self._shown(self._sources.path(name) or Path(name))
        try:
            text, _ = self._sources.read(name)
        except UnicodeDecodeError:
            what, fix = "The template is not UTF-8 text.", "Save it as UTF-8."
            self._problems.add("SOF207", path, what, fix, where=Span(file))
            return set()
        except OSError as error:
            what = f"The template `{name}` cannot be read: {error.strerror}."
            self._problems.add("SOF202", path, what)
            return set()
        return self._text(_Place(path, file, text), names, (*seen, name))

    def _shown(self, file: Path) -> Path:
        """Return a template's file as the recipe's own file is named."""
        if file.is_relative_to(self._sources.folder):
            return self._problems.places.folder / file.relative_to(self._sources.folder)
        return file

    def _text(self, place: "_Place", names: Names, seen: tuple[str, ...]) -> set[str]:
        try:
            tree = environment().parse(place.text)
            if not self._words(tree, place):
                compile_template(place.text)
            used = self._check(tree, place, names)
        except TemplateSyntaxError as error:
            what = f"The template cannot be read: {syntax_words(error)}."
            where = place.line(error.lineno)
            self._problems.add("SOF207", place.path, what, where=where)
            return set()
        inner = names.having(stored(tree), "the template")
        for statement, name in included(tree):
            used |= self._include(statement, name, place, inner, seen)
        return used

    def _include(
        self, node: nodes.Node, name: str, place: "_Place", names: Names, seen: tuple[str, ...]
    ) -> set[str]:
        target = self._sources.included(name, seen[-1] if seen else "")
        where = place.word(node.lineno, name)
        if target in seen:
            what = f"The template includes itself, by `{name}`."
            self._problems.add("SOF207", place.path, what, "End the circle.", where=where)
        elif target is not None:
            # a macro's file, or one without context, sees none of the names
            apart = isinstance(node, nodes.Import | nodes.FromImport)
            apart = apart or not getattr(node, "with_context", True)
            inner = Names({}, open=True) if apart else names
            return self._file(target, place.path, inner, seen)
        elif not getattr(node, "ignore_missing", False):
            fix = _nearest(name, self._sources.names())
            what = f"There is no template `{name}`."
            self._problems.add("SOF202", place.path, what, fix, where=where)
        return set()

    def _check(self, tree: nodes.Template, place: "_Place", names: Names) -> set[str]:
        try:
            used = set(names_used(tree))
        except RecursionError as error:
            raise TemplateSyntaxError("it is nested too deeply", 1) from error
        unneeded, fields = guarded(tree)
        known = names.known.keys() | unneeded | environment().globals.keys()
        for name in sorted(() if names.open else used - known):
            line = next((node.lineno for node in tree.find_all(nodes.Name) if node.name == name), 1)
            what = f"`{name}` is not known here."
            where = place.word(line, name)
            self._problems.add("SOF201", place.path, what, names.fix(name), where=where)
        if names.shots is not None:
            self._shots(tree, place, names.shots | fields)
        return used

    def _words(self, tree: nodes.Template, place: "_Place") -> bool:
        """Check the filters and tests that are used, and say whether any does not exist."""
        env, unknown = environment(), list(known_words(tree))
        for kind, word, line in unknown:
            known = env.filters if kind == "filter" else env.tests
            what = f"`{word}` is not a {kind} that templates and expressions have."
            fix = did_you_mean(word, known, otherwise=_some(known))
            self._problems.add("SOF201", place.path, what, fix, where=place.word(line, word))
        mend_words(tree)
        return bool(unknown)

    def _shots(self, tree: nodes.Template, place: "_Place", fields: frozenset[str]) -> None:
        """Check what is read from the shots in a loop over them."""
        for name, line in fields_read(tree, "shots"):
            if name not in fields and not hasattr(dict, name):
                what = f"The rows drawn as shots have no column `{name}`."
                fix = did_you_mean(name, fields)
                fix = f"{fix} They have: {ticked(sorted(fields)[:_LISTED])}.".lstrip()
                self._problems.add("SOF201", place.path, what, fix, where=place.word(line, name))


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

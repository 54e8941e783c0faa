"""Templates and expressions: whether they parse, and whether the names they use are there."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from jinja2 import TemplateSyntaxError, nodes

from sofrito.problems import Span, did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.binding import NAME as PARAMS
from sofrito.recipe.check_types import CODE as MISUSED
from sofrito.recipe.check_types import misused, severity
from sofrito.recipe.expressions import environment, known_words, names_used
from sofrito.recipe.hidden import hidden
from sofrito.recipe.jinja_words import syntax_words
from sofrito.recipe.name_hints import NULLS, meant, single_braced, unreadable
from sofrito.recipe.places import Places, Problems
from sofrito.recipe.sources import TemplateSources, is_file
from sofrito.recipe.syntax_fixes import expression_fix, template_fix
from sofrito.recipe.template_tree import (
    compile_expression,
    compile_template,
    exported,
    fields_read,
    guarded,
    included,
    includes_by_value,
    mend_words,
    parsed_expression,
    stored,
)
from sofrito.recipe.template_words import Role, Word, first_free, words_of
from sofrito.recipe.value_places import span_inside
from sofrito.recipe.value_types import Values
from sofrito.recipe.words import quoted, ticked

_LISTED = 12
_APART = "who imports it"
_OTHER_SUFFIXES = (".txt", ".md", ".jinja", ".jinja2", ".tmpl")


@dataclass(frozen=True)
class Names:
    """The names known at some place, each with who makes it.

    ``open`` where something broken may have made more, so that an unknown name proves nothing;
    ``later`` are the names that steps further down make, with the step. ``shots`` are the fields
    that the rows drawn as shots have, None if nobody can tell. ``records`` are the fields of those
    names whose value is a record. ``gone`` ended with their siblings at a step. ``unset`` would be
    there if the step said what their value is. In those ``apart``, the siblings that are compared
    differ. ``odd`` are columns that cannot be named, by a name that would do. ``values`` is what is
    known of values, by `column` or `record.field`.
    """

    known: Mapping[str, str]
    open: bool = False
    later: Mapping[str, str] = field(default_factory=dict)
    shots: frozenset[str] | None = None
    records: Mapping[str, frozenset[str]] = field(default_factory=dict)
    gone: Mapping[str, str] = field(default_factory=dict)
    unset: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    values: Mapping[str, Values] = field(default_factory=dict)
    odd: Mapping[str, str] = field(default_factory=dict)

    def having(self, more: Iterable[str], who: str) -> "Names":
        """Return these names and more."""
        added = dict.fromkeys(more, who)
        kept = {name: one for name, one in self.values.items() if name.split(".")[0] not in added}
        return replace(self, known={**self.known, **added}, values=kept)

    def fix(self, name: str) -> str:
        """Return what to do about a name that is not among these."""
        if name == "shots":
            return "Draw them in this step: `shots: [{draw: 3, from: POOL}]`."
        if name == PARAMS:
            return "The recipe declares no parameters: `params: {NAME: DEFAULT}`."
        if name in self.unset:
            return self.unset[name]
        if name in self.apart:
            return "Siblings that are compared differ in it. What is judged of them is in `judged`."
        if name in self.gone:
            step = self.gone[name]
            return f"It ended with its siblings, at `{step}`: `collect` takes along what is needed."
        if name in self.odd:
            called = self.odd[name]
            return f"The column is called `{called}`, which cannot be named: rename it in the file."
        having = next((one for one in self.records if name in self.records[one]), "")
        near = f"did you mean `{having}.{name}`?" if having else did_you_mean(name, self.known)
        if self.later.get(name) == _APART:
            return "An imported template sees none of the row: pass it, or import `with context`."
        later = name if name in self.later else did_you_mean(name, self.later)[14:-2]
        if later and not near:
            guess = "" if later == name else f"did you mean `{later}`? "
            return f"{guess}It is made later, by `{self.later[later]}`: move this below that step."
        listed = ticked(sorted(self.known)[:_LISTED]) or "nothing"
        more = ", …" if len(self.known) > _LISTED else ""
        return f"{near} Known here: {listed}{more}.".lstrip()


class NameCheck:
    """Checks templates and expressions, and adds what is wrong to a recipe's problems.

    ``params`` are the recipe's parameters that they were seen to use.
    """

    def __init__(self, problems: Problems, sources: TemplateSources) -> None:
        self._problems, self._sources = problems, sources
        self.params: set[str] = set()
        self._checked: dict[tuple[str, Key, frozenset[str]], set[str]] = {}
        self.dynamic = False
        """Whether a template includes another one whose name only a row tells."""

    def expression(self, source: str, path: Key, names: Names) -> set[str]:
        """Check an expression of the recipe, and return the names that it uses."""
        place = _Place(self._problems.places, path, None, source, expression=True)
        try:
            tree = parsed_expression(source)
            if not self._words(tree, place):
                compile_expression(source)
            return self._check(tree, place, names)
        except TemplateSyntaxError as error:
            what = f"The expression {quoted(source)} cannot be read: {unreadable(source, error)}."
            self._problems.add("SOF208", path, what, expression_fix(source, error))
            return set()

    def template(self, source: str, path: Key, names: Names) -> set[str]:
        """Check a template of the recipe, inline or a file, and return the names that it uses."""
        if not is_file(source):
            if re.fullmatch(r"[^\s{}]+", source.strip()):
                self._one_word(source.strip(), path, names)
                return set()
            return self._text(self._place(path, None, source), names, ())
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
        if PurePosixPath(word).suffix in _OTHER_SUFFIXES:
            fix = f"A template file ends in .j2: rename it to `{PurePosixPath(word).with_suffix('.j2')}`."
        if word in names.known:
            fix = f"For the column, write {{{{ {word} }}}}."
        elif files:
            fix = f"did you mean `{files[0]}`?"
        what = f"The template {quoted(word)} is one word: neither a file nor a text with a column."
        self._problems.add("SOF207", path, what, fix)

    def _file(self, name: str, path: Key, names: Names, seen: tuple[str, ...]) -> set[str]:
        key = name, path, frozenset(names.known)  # includes can double from file to file
        if key in self._checked:
            return self._checked[key]
        file = self._shown(self._sources.path(name) or Path(name))
        try:
            text, _ = self._sources.read(name)
        except UnicodeDecodeError:
            what, fix = "The template is not UTF-8 text.", "Save it as UTF-8."
            self._problems.add("SOF207", path, what, fix, where=Span(file))
            return set()
        except OSError as error:
            what = f"The template `{name}` cannot be read: {error.strerror}."
            fix = "Check that it is a file and that you may read it."
            self._problems.add("SOF202", path, what, fix)
            return set()
        for _, where, words, fix, _ in hidden(text):
            span = Span(file, *where)
            self._problems.add("SOF010", path, words, fix, where=span, severity="warning")
        used = self._text(self._place(path, file, text), names, (*seen, name))
        self._checked[key] = used
        return used

    def _place(self, path: Key, file: Path | None, text: str) -> "_Place":
        return _Place(self._problems.places, path, file, text)

    def _shown(self, file: Path) -> Path:
        """Return a template's file as the recipe's own file is named."""
        roots = (self._sources.folder, *self._sources.bases)
        for folder, root in zip(self._problems.places.folders, roots, strict=True):
            if file.is_relative_to(root):
                return folder / file.relative_to(root)
        return file

    def _text(self, place: "_Place", names: Names, seen: tuple[str, ...]) -> set[str]:
        try:
            tree = environment().parse(place.text)
            if not self._words(tree, place):
                compile_template(place.text)
            used = self._check(tree, place, names)
        except TemplateSyntaxError as error:
            what = f"The template cannot be read: {syntax_words(error)}."
            where, fix = place.line(error.lineno), template_fix(place.text, error)
            self._problems.add("SOF207", place.path, what, fix, where=where)
            return set()
        self.dynamic = self.dynamic or includes_by_value(tree)
        if PARAMS in stored(tree):
            what = f"`{PARAMS}` is taken: it means the recipe's parameters."
            where = place.of(PARAMS, 1, "name")
            self._problems.add("SOF206", place.path, what, "Choose another name.", where=where)
        self._half_braced(place, names)
        inner = names.having(stored(tree), "the template")
        for statement, name in included(tree):
            used |= self._include(statement, name, place, inner, seen)
        return used

    def _half_braced(self, place: "_Place", names: Names) -> None:
        """Warn of a column in single braces, which stays as it is written."""
        for name, offset, length in single_braced(place.text):
            if name in names.known:
                what = f"`{{{name}}}` stays as it is: a column has two braces."
                fix = (
                    f"Write {{{{ {name} }}}}; or, if the braces are meant, {{{{ '{{{name}}}' }}}}."
                )
                where = place.at(offset, length)
                self._problems.add("SOF207", place.path, what, fix, where=where, severity="warning")

    def _include(
        self, node: nodes.Node, name: str, place: "_Place", names: Names, seen: tuple[str, ...]
    ) -> set[str]:
        target = self._sources.included(name, seen[-1] if seen else "")
        where = place.of(name, node.lineno, "text")
        if target in seen:
            what = f"The template includes itself, by `{name}`."
            self._problems.add("SOF207", place.path, what, "End the circle.", where=where)
        elif target is not None:
            if isinstance(node, nodes.Import | nodes.FromImport):
                self._imported(node, target, place)
            if getattr(node, "with_context", True):
                return self._file(target, place.path, names, seen)
            # without context it sees none of the row's names
            alone = Names({}, names.open, dict.fromkeys(names.known, _APART))
            self._file(target, place.path, alone, seen)
        elif not getattr(node, "ignore_missing", False):
            fix = _nearest(name, self._sources.names())
            what = f"There is no template `{name}`."
            self._problems.add("SOF202", place.path, what, fix, where=where)
        return set()

    def _imported(
        self, node: nodes.Import | nodes.FromImport, target: str, place: "_Place"
    ) -> None:
        """Check the macros that a template takes from another one."""
        try:
            there = exported(environment().parse(self._sources.read(target)[0]))
        except (TemplateSyntaxError, OSError, UnicodeDecodeError):
            return  # told where the file itself is looked at
        for name, line in _taken(node, place):
            if name not in there:
                what = f"The template `{target}` has no macro `{name}`."
                fix = did_you_mean(
                    name, there, otherwise=f"It has: {ticked(sorted(there)) or 'none'}."
                )
                where = place.of(name, line, "field", "name")
                self._problems.add("SOF201", place.path, what, fix, where=where)

    def _check(self, tree: nodes.Template, place: "_Place", names: Names) -> set[str]:
        try:
            reads = names_used(tree)
        except RecursionError as error:
            raise TemplateSyntaxError("it is nested too deeply", 1) from error
        unneeded, fields = guarded(tree)
        params = self._params()
        known = names.known.keys() | unneeded | environment().globals.keys()
        known |= {PARAMS} if params else set()
        for name in sorted(() if names.open else reads.keys() - known):
            number, line = first_free(tree, name)
            what = f"`{name}` is not known here."
            where = place.name(name, number, line)
            if name in names.unset:  # the step is at fault, not a file that others use too
                what, where = f"The template uses `{name}`, and the step has none.", None
            text = place.expression and place.path[-1:] == ("to",) and _is_name(tree)
            text = text and not did_you_mean(name, names.known)
            fix = meant(name, tree, names.values, text=text) if name not in names.later else ""
            self._problems.add("SOF201", place.path, what, fix or names.fix(name), where=where)
        records = {**names.records, **({PARAMS: params} if params else {})}
        for name in sorted(reads.keys() & records):
            for one in sorted(reads[name] - records[name] - fields):
                self._no_field(name, one, place, records[name])
        if PARAMS in reads:
            self.params |= params if reads[PARAMS] - params or not reads[PARAMS] else reads[PARAMS]
        if names.shots is not None:
            self._shots(tree, place, names.shots | fields)
        self._types(tree, place, names)
        return set(reads)

    def _types(self, tree: nodes.Template, place: "_Place", names: Names) -> None:
        """Check what columns are used as, where their values are known."""
        known = {k: one for k, one in names.values.items() if k.split(".")[0] in names.known}
        for one in misused(tree, known):
            worst = severity(tree, one, place.path if place.expression else ())
            where = place.of(one.name.split(".")[0], one.line, "name") if one.name else None
            self._problems.add(MISUSED, place.path, one.what, one.fix, severity=worst, where=where)

    def _params(self) -> frozenset[str]:
        """Return the names of the recipe's parameters."""
        declared = self._problems.places.at((PARAMS,))
        return frozenset(declared) if isinstance(declared, dict) else frozenset()

    def _no_field(self, name: str, one: str, place: "_Place", there: frozenset[str]) -> None:
        if not hasattr(dict, one):
            what = f"The record `{name}` has no field `{one}`."
            fix = f"{did_you_mean(one, there)} It has: {ticked(sorted(there))}.".lstrip()
            where = place.field(name, one)
            self._problems.add("SOF201", place.path, what, fix, where=where)

    def _words(self, tree: nodes.Template, place: "_Place") -> bool:
        """Check the filters and tests that are used, and say whether any does not exist."""
        env, unknown = environment(), list(known_words(tree))
        for kind, word, line in unknown:
            known = env.filters if kind == "filter" else env.tests
            what = f"`{word}` is not a {kind} that templates and expressions have."
            fix = did_you_mean(word, known, otherwise=_some(known))
            if kind == "test" and word in NULLS:
                fix = "did you mean `none`?"
            role: Role = "filter" if kind == "filter" else "test"
            where = place.of(word, line, role, "text")
            self._problems.add("SOF201", place.path, what, fix, where=where)
        mend_words(tree)
        return bool(unknown)

    def _shots(self, tree: nodes.Template, place: "_Place", fields: frozenset[str]) -> None:
        """Check what is read from the shots in a loop over them."""
        for name, line in fields_read(tree, "shots"):
            if name not in fields and not hasattr(dict, name):
                what = f"The rows drawn as shots have no column `{name}`."
                fix = did_you_mean(name, fields)
                fix = f"{fix} They have: {ticked(sorted(fields)[:_LISTED])}.".lstrip()
                where = place.of(name, line, "field", "text")
                self._problems.add("SOF201", place.path, what, fix, where=where)


def _taken(node: nodes.Import | nodes.FromImport, place: "_Place") -> Iterator[tuple[str, int]]:
    """Yield the names that an import takes of its file, with the lines."""
    if isinstance(node, nodes.FromImport):
        for one in node.names:
            yield (one if isinstance(one, str) else one[0]), node.lineno
    else:
        for word in place.words:
            if word.role == "field" and word.of == node.target:
                yield word.text, word.line


@dataclass(frozen=True)
class _Place:
    """A text that is checked: the path in the recipe that leads to it, and its own file, if any."""

    places: Places
    path: Key
    file: Path | None
    text: str
    expression: bool = False

    @cached_property
    def words(self) -> list[Word]:
        """The words of the text; none where it does not parse."""
        try:
            return words_of(self.text, expression=self.expression)
        except (TemplateSyntaxError, RecursionError):
            return []

    def line(self, number: int | None) -> Span | None:
        """Return a line of the text; None where it cannot be told or says nothing."""
        if self.file is not None:
            return Span(self.file, max(1, number or 1))
        lines = self.text.split("\n")
        if number is None or len(lines) < 2 or not 1 <= number <= len(lines):
            return None
        text = lines[number - 1]
        before = sum(len(line) + 1 for line in lines[: number - 1])
        return self._span(before + len(text) - len(text.lstrip()), len(text.strip()))

    def name(self, name: str, number: int, line: int) -> Span | None:
        """Return the place of a name: that of the given number among its places."""
        same = [word for word in self.words if word.role == "name" and word.text == name]
        if number < len(same) and same[number].line == line:
            return self._at(same[number])
        return self.of(name, line, "name")

    def field(self, name: str, one: str) -> Span | None:
        """Return the first place where a field of a name is read."""
        found = (word for word in self.words if word.text == one and word.of == name)
        word = next(found, None)
        return self._at(word) if word else self.line(None)

    def of(self, text: str, line: int, *roles: Role) -> Span | None:
        """Return the first place, on a line or below it, of a word that has one of these roles."""
        for word in self.words:
            if word.text == text and word.role in roles and word.line >= line:
                return self._at(word)
        return self.line(line)

    def _at(self, word: Word) -> Span | None:
        return self.at(word.offset, len(word.text))

    def at(self, offset: int, length: int) -> Span | None:
        """Return the place of some characters of the text."""
        return self._span(offset, length)

    def _span(self, offset: int, length: int) -> Span | None:
        if self.file is None:
            return span_inside(self.places, self.path, self.text, offset, length)
        line = self.text.count("\n", 0, offset) + 1
        return Span(self.file, line, offset - self.text.rfind("\n", 0, offset), max(1, length))


def _is_name(tree: nodes.Template) -> bool:
    """Say whether an expression is one name alone."""
    output = tree.body[0] if tree.body else None
    inner = output.nodes if isinstance(output, nodes.Output) else []
    return len(inner) == 1 and isinstance(inner[0], nodes.Name)


def _some(known: Iterable[str]) -> str:
    return f"Some of them: {ticked(sorted(one for one in known if one.isidentifier())[:8])}, …"


def _nearest(name: str, names: Iterable[str]) -> str:
    """Return the template whose file has the name, or one like it."""
    by_name = {PurePosixPath(one).stem: one for one in names}
    near = did_you_mean(PurePosixPath(name).stem, by_name)
    if near:
        return f"did you mean `{by_name[near.split('`')[1]]}`?"
    return "A template is looked for in the recipe's folder, then among the shared prompts."

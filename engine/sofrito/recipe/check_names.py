"""Templates and expressions: whether they parse, and whether the names they use are there."""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path, PurePosixPath

from jinja2 import TemplateSyntaxError, nodes

from sofrito.problems import Span, did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.binding import NAME as PARAMS
from sofrito.recipe.check_constants import check_constants, is_constant
from sofrito.recipe.check_guards import check_guards
from sofrito.recipe.check_nulls import check_nulls
from sofrito.recipe.check_shots import check_shots
from sofrito.recipe.check_types import CODE as MISUSED
from sofrito.recipe.check_types import misused, severity
from sofrito.recipe.expressions import (
    environment,
    known_words,
    names_used,
    parse_expression,
    parsed,
    parsed_expression,
)
from sofrito.recipe.hidden import hidden
from sofrito.recipe.inference import value_of
from sofrito.recipe.jinja_words import syntax_words
from sofrito.recipe.name_hints import NULLS, meant, single_braced, unreadable
from sofrito.recipe.names import APART, Names
from sofrito.recipe.places import Problems
from sofrito.recipe.sources import TemplateSources, is_file
from sofrito.recipe.syntax_fixes import expression_fix, template_fix
from sofrito.recipe.template_tree import (
    certain,
    compile_expression,
    compile_template,
    exported,
    guarded,
    included,
    includes_by_value,
    mended,
    replaced,
    stored,
    without_blocks,
)
from sofrito.recipe.template_words import Role, first_free
from sofrito.recipe.text_place import TextPlace
from sofrito.recipe.value_types import Values
from sofrito.recipe.words import quoted, ticked

_OTHER_SUFFIXES = (".txt", ".md", ".jinja", ".jinja2", ".tmpl")


class NameCheck:
    """Checks templates and expressions, and adds what is wrong to a recipe's problems.

    ``params`` are the recipe's parameters that they were seen to use; ``spliced`` are the paths of
    expressions that a parameter was put into as text, of which nothing else is said.
    """

    def __init__(self, problems: Problems, sources: TemplateSources) -> None:
        self._problems, self._sources = problems, sources
        self.params: set[str] = set()
        self.spliced: set[Key] = set()
        self._checked: dict[tuple[str, Key, frozenset[str], frozenset[str]], set[str]] = {}
        self.dynamic = False
        """Whether a template includes another one whose name only a row tells."""

    def expression(self, source: str, path: Key, names: Names) -> set[str]:
        """Check an expression of the recipe, and return the names that it uses."""
        if path in self.spliced:
            return set()
        place = TextPlace(self._problems.places, path, None, source, expression=True)
        try:
            tree = parsed_expression(source)
            if self._words(tree, place):
                tree = mended(parse_expression(source))
            else:
                compile_expression(source, tree)
                check_constants(self._problems, tree, place)
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
            fix = f"Did you mean `{files[0]}`?"
        what = f"The template {quoted(word)} is one word: neither a file nor a text with a column."
        self._problems.add("SOF207", path, what, fix)

    def _file(self, name: str, path: Key, names: Names, seen: tuple[str, ...]) -> set[str]:
        # includes can double from file to file
        key = name, path, frozenset(names.known), names.replaced
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

    def _place(self, path: Key, file: Path | None, text: str) -> TextPlace:
        return TextPlace(self._problems.places, path, file, text)

    def place_in(self, name: str, path: Key) -> TextPlace | None:
        """Return a template file as a place, None where it is no file of the recipe's folders."""
        file, roots = self._sources.path(name), (self._sources.folder, *self._sources.bases)
        if file is None or not any(map(file.is_relative_to, roots)):
            return None
        return self._place(path, self._shown(file), self._sources.read(name)[0])

    def _shown(self, file: Path) -> Path:
        """Return a template's file as the recipe's own file is named."""
        roots = (self._sources.folder, *self._sources.bases)
        for folder, root in zip(self._problems.places.folders, roots, strict=True):
            if file.is_relative_to(root):
                return folder / file.relative_to(root)
        return file

    def _text(self, place: TextPlace, names: Names, seen: tuple[str, ...]) -> set[str]:
        try:
            tree = _shown(place.text, names.replaced)
            if self._words(tree, place):
                tree = mended(without_blocks(environment().parse(place.text), names.replaced))
            else:
                compile_template(place.text, tree)
                check_constants(self._problems, tree, place)
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
        perhaps, others = replace(inner, drawn=inner.drawn and 0, nulls={}), [*included(tree)]
        sure = set(certain(tree)) if others else set[nodes.Node]()
        for statement, name in others:
            seeing = inner if statement in sure else perhaps
            extends = isinstance(statement, nodes.Extends)
            blocks = names.replaced | replaced(tree) if extends else frozenset[str]()
            seeing = replace(seeing, replaced=blocks)
            used |= self._include(statement, name, place, seeing, seen)
        return used

    def _half_braced(self, place: TextPlace, names: Names) -> None:
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
        self, node: nodes.Node, name: str, place: TextPlace, names: Names, seen: tuple[str, ...]
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
            alone = Names({}, names.open, dict.fromkeys(names.known, APART))
            self._file(target, place.path, alone, seen)
        elif not getattr(node, "ignore_missing", False):
            fix = _nearest(name, self._sources.names())
            what = f"There is no template `{name}`."
            self._problems.add("SOF202", place.path, what, fix, where=where)
        return set()

    def _imported(
        self, node: nodes.Import | nodes.FromImport, target: str, place: TextPlace
    ) -> None:
        """Check the macros that a template takes from another one."""
        try:
            there = exported(parsed(self._sources.read(target)[0]))
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

    def _check(self, tree: nodes.Template, place: TextPlace, names: Names) -> set[str]:
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
            fix = ""
            if name not in {*names.later, *names.gone, *names.making}:
                fix = meant(name, tree, names.values, text=text)
            told = fix or name in names.unset or name in names.gone
            missing: Key = () if told else ("columns", name)
            fix = fix or names.fix(name)
            self._problems.add("SOF201", place.path, what, fix, where=where, missing=missing)
        records = {**names.records, **({PARAMS: params} if params else {})}
        for name in sorted(reads.keys() & records):
            for one in sorted(reads[name] - records[name] - fields):
                self._no_field(name, one, place, records[name])
        asked = {name: reads[name] for name in reads if name in unneeded or name in names.records}
        check_guards(self._problems, tree, place, names, asked, fields)
        if PARAMS in reads:
            self.params |= reads[PARAMS] & params if reads[PARAMS] else params
        check_shots(self._problems, tree, place, names, fields)
        check_nulls(self._problems, tree, place, names, unneeded, fields)
        self._types(tree, place, names, reads.keys() & {*names.known, PARAMS})
        return set(reads)

    def _types(
        self, tree: nodes.Template, place: TextPlace, names: Names, read: AbstractSet[str]
    ) -> None:
        """Check what the columns that are read are used as, where their values are known."""
        known = {**names.typed(read), **(self._values_of_params() if PARAMS in read else {})}
        for one in misused(tree, known):
            if one.fails and one.node is not None and is_constant(one.node):
                continue  # told as such
            worst = severity(tree, one, place.path if place.expression else ())
            where = (
                place.of(one.name.split(".")[0], one.line, one.role)
                if one.name
                else place.line(one.line)
            )
            self._problems.add(MISUSED, place.path, one.what, one.fix, severity=worst, where=where)

    def _params(self) -> frozenset[str]:
        """Return the names of the recipe's parameters."""
        declared = self._problems.places.at((PARAMS,))
        return frozenset(declared) if isinstance(declared, dict) else frozenset()

    def _values_of_params(self) -> dict[str, Values]:
        """Return what is known of the parameters' values: of those that have one, its type."""
        found = {PARAMS: Values("record")}
        for name in self._params():
            declared = self._problems.places.at((PARAMS, name))
            value = declared.get("default") if isinstance(declared, dict) else declared
            if known := value_of(nodes.Const(value), {}):
                found[f"{PARAMS}.{name}"] = known
        return found

    def _no_field(self, name: str, one: str, place: TextPlace, there: frozenset[str]) -> None:
        if not hasattr(dict, one):
            what = f"The record `{name}` has no field `{one}`."
            fix = f"{did_you_mean(one, there)} It has: {ticked(sorted(there))}.".lstrip()
            where = place.field(name, one)
            missing: Key = (PARAMS, one) if name == PARAMS else ()
            self._problems.add("SOF201", place.path, what, fix, where=where, missing=missing)

    def _words(self, tree: nodes.Template, place: TextPlace) -> bool:
        """Check the filters and tests that are used, and say whether any does not exist."""
        env, unknown = environment(), list(known_words(tree))
        for kind, word, line in unknown:
            known = env.filters if kind == "filter" else env.tests
            what = f"`{word}` is not a {kind} that templates and expressions have."
            fix = did_you_mean(word, known, otherwise=_some(known))
            if kind == "test" and word in NULLS:
                fix = "Did you mean `none`?"
            role: Role = "filter" if kind == "filter" else "test"
            where = place.of(word, line, role, "text")
            self._problems.add("SOF201", place.path, what, fix, where=where)
        return bool(unknown)


def _taken(node: nodes.Import | nodes.FromImport, place: TextPlace) -> Iterator[tuple[str, int]]:
    """Yield the names that an import takes of its file, with the lines."""
    if isinstance(node, nodes.FromImport):
        for one in node.names:
            yield (one if isinstance(one, str) else one[0]), node.lineno
    else:
        for word in place.words:
            if word.role == "field" and word.of == node.target:
                yield word.text, word.line


def _shown(text: str, replaced: frozenset[str]) -> nodes.Template:
    """Return the tree of a template without those of its blocks that are replaced."""
    return without_blocks(environment().parse(text), replaced) if replaced else parsed(text)


def _is_name(tree: nodes.Template) -> bool:
    """Say whether an expression is one name alone."""
    output = tree.body[0] if tree.body else None
    inner = output.nodes if isinstance(output, nodes.Output) else []
    return len(inner) == 1 and isinstance(inner[0], nodes.Name)


def _some(known: Iterable[str]) -> str:
    return f"Some of them: {ticked(sorted(one for one in known if one.isidentifier())[:8])}, …"


def _nearest(name: str, names: Iterable[str]) -> str:
    """Return the template whose file has the name, or one like it; else where templates are."""
    by_name = {PurePosixPath(one).stem: one for one in names}
    near = did_you_mean(PurePosixPath(name).stem, by_name)
    if near:
        return f"Did you mean `{by_name[near.split('`')[1]]}`?"
    if ".." in PurePosixPath(name).parts or name.startswith("/"):
        return (
            "A template stands in the recipe's folder or below: neither `..` nor an absolute path "
            "leads out of it. Copy the file into the folder."
        )
    return "A template is looked for in the recipe's folder, then among the shared prompts."

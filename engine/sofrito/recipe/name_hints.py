"""What may be meant by an expression that cannot be read, or by a name in it that nobody knows."""

import re
from collections.abc import Iterator, Mapping

from jinja2 import TemplateSyntaxError, nodes

from sofrito.recipe.expressions import environment
from sofrito.recipe.intervals import path_of
from sofrito.recipe.jinja_words import ENDS, syntax_words
from sofrito.recipe.template_nodes import find_all
from sofrito.recipe.value_types import Values

_DANGLING = re.compile(r"(?:^|\s)(?P<word>==|!=|[<>]=?|[-+*/%~|,]|and|or|not|in|is|if|else)\s*$")
_WORDS = re.compile(r"[\w,.!?’-]+(?:\s+[\w,.!?’-]+)+")
_KEYWORDS = frozenset(("and", "or", "not", "in", "is", "if", "else"))
_FUNCTIONS = {"len": "length", "str": "string", "strip": "trim"}
_TEXT_OR_CODE = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|(?<![\w\\{}^_])\{\s*(?P<name>[^\W\d]\w*)\s*\}(?!\})",
    re.DOTALL,
)
NULLS = ("null", "Null", "NULL", "nil", "None_", "None")


def unreadable(source: str, error: TemplateSyntaxError) -> str:
    """Return why an expression cannot be read, without capital and full stop."""
    words = syntax_words(error)
    if words == ENDS and (word := dangling(source)):
        return f"something is missing after `{word}`"
    return words


def dangling(source: str) -> str:
    """Return the operator that an expression ends in, "" where it ends in none."""
    found = _DANGLING.search(source)
    return found["word"] if found else ""


def plain_words(source: str) -> str:
    """Return what to do about an expression that is a plain text, "" where it is none."""
    said = source.strip()
    if not _WORDS.fullmatch(said) or _KEYWORDS.intersection(said.split()):
        return ""
    return f"""A text takes quotes, within those of YAML: "'{said}'"."""


def half_braced(text: str) -> str:
    """Return what to do about a template in which a column has one brace too few."""
    if text.count("{{") == text.count("}}"):
        return ""
    found = re.search(r"\{\{\s*([\w.]+)\s*\}(?!\})|(?<!\{)\{\s*([\w.]+)\s*\}\}", text)
    found = found or re.search(r"\{\{\s*([\w.]+)\s*($)", text)
    name = (found[1] or found[2]) if found else "column"
    return f"Two braces stand on both sides: {{{{ {name} }}}}."


def single_braced(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (name, offset, length) of each word of a template that stands in single braces.

    Not within code, nor behind a letter or a sign, as arguments of LaTeX's commands stand.
    """
    if "{% raw" in text:
        return
    for part in _TEXT_OR_CODE.finditer(text):
        if part["name"]:
            yield part["name"], part.start(), len(part[0])


def meant(name: str, tree: nodes.Template, values: Mapping[str, Values], *, text: bool) -> str:
    """Return what an unknown name is meant for: a function, null, a text without its quotes; or "".

    ``values`` are those that columns are known to have; ``text`` says that a text may stand here.
    """
    for call in find_all(tree, nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == name:
            return _as_filter(name, call)
    if name in NULLS:
        return "Did you mean `none`?"
    having = [column for column, known in values.items() if name in known.allowed]
    if having or text:
        return f"A text takes quotes: '{name}'."
    return ""


def _as_filter(name: str, call: nodes.Call) -> str:
    word = _FUNCTIONS.get(name, name)
    if word not in environment().filters:
        return ""
    about = (path_of(call.args[0]) if call.args else "") or "…"
    return f"There are no functions, but filters: `{about} | {word}`."

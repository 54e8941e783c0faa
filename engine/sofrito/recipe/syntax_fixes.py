"""What to do about a template or an expression that cannot be parsed."""

import re

from jinja2 import TemplateSyntaxError

from sofrito.problems import did_you_mean
from sofrito.recipe.expressions import environment
from sofrito.recipe.name_hints import dangling, half_braced, plain_words

_TAGS = ("if", "elif", "else", "for", "set", "macro", "call", "filter", "with", "raw", "block",
         "include", "import", "from", "extends")  # fmt: skip
_OPENERS = {"elif": "if", "else": "if"}
_HINTS = (
    (re.compile(r"\{\{|\{%"), "An expression has no braces: it stands by itself."),
    (re.compile(r"&&|\|\|"), "Write `and` and `or`."),
    (re.compile(r"!(?!=)"), "Write `not`."),
    (re.compile(r"(?<![=!<>])=(?!=)"), "`==` compares; one `=` does nothing here."),
    (re.compile(r"[“”‘’]"), "Use plain quotes: ' or \"."),
)
_VALUE = "One value stands there: `~` joins two, `|` goes before a filter, a text has quotes."
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


def expression_fix(source: str, error: TemplateSyntaxError) -> str:
    """Return what to do about an expression that cannot be read."""
    hint = next((words for pattern, words in _HINTS if pattern.search(source)), "")
    return hint or plain_words(source) or _unfinished(source) or _of_tokens(error) or _VALUE


def template_fix(source: str, error: TemplateSyntaxError) -> str:
    """Return what to do about a template that cannot be read."""
    message = error.message or ""
    if found := re.search(r"innermost block that needs to be closed is '(\w+)'", message):
        return _unclosed(found[1], message)
    if found := re.search(r"Encountered unknown tag '(\w+)'", message):
        return _unknown_tag(found[1])
    if source.count("{%") != source.count("%}"):
        return "A tag begins with `{%` and ends with `%}`."
    if source.count("{#") > source.count("#}"):
        return "Close the comment by `#}`."
    return half_braced(source) or _of_tokens(error) or _spoken(source) or _VALUE


def _unclosed(tag: str, message: str) -> str:
    if found := re.search(r"Encountered unknown tag '(\w+)'", message):
        return f"Write `{{% end{tag} %}}` before `{{% {found[1]} %}}`: the innermost ends first."
    return f"Add `{{% end{tag} %}}` where what belongs to it ends."


def _unknown_tag(tag: str) -> str:
    opener = _OPENERS.get(tag) or tag.removeprefix("end")
    if tag != opener and opener in _TAGS:
        return f"No `{{% {opener} %}}` is open there: add it above, or remove `{{% {tag} %}}`."
    listed = ", ".join(f"`{one}`" for one in _TAGS[:5])
    return did_you_mean(tag, _TAGS, otherwise=f"Tags are {listed} and a few more.")


def _of_tokens(error: TemplateSyntaxError) -> str:
    message = error.message or ""
    if found := re.search(r"got '(\w+)'", message):
        word = found[1]
        if word in environment().filters:
            return f"A `|` goes before a filter: `… | {word}`."
        if word in ("string", "integer", "float"):
            return "Two values stand side by side: `~` joins them, a comparison needs a sign."
    if re.search(r"unexpected char '[’‘“”]'", message):
        return "Use plain quotes: ' or \"."
    return ""


def _spoken(source: str) -> str:
    """Return what to do about words in braces that are no code at all."""
    if found := re.search(r"\{\{([^{}]{1,200})\}\}", source):
        words = found[1].strip()
        if re.fullmatch(r"[\w,.!?’'-]+(?:\s+[\w,.!?’'-]+)+", words):
            return "A column is one word: `{{ column }}`; for the words themselves leave out the braces."
    return ""


def _unfinished(source: str) -> str:
    if word := dangling(source):
        return f"Write what comes after `{word}`, or remove it."
    text = re.sub(r"'[^']*'|\"[^\"]*\"", "", source)
    for quote in ("'", '"'):
        if quote in text:
            return f"Close the quote: {quote}."
    for opening, closing in _BRACKETS.items():
        if text.count(opening) > text.count(closing):
            return f"Close the `{opening}` by `{closing}`."
        if text.count(opening) < text.count(closing):
            return f"Remove the `{closing}`, or open it by `{opening}`."
    return ""

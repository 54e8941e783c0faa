"""What Jinja says of a text that it cannot parse, in the words of who wrote the text."""

import re
from ast import literal_eval
from collections.abc import Callable

from jinja2 import TemplateSyntaxError

_TOKENS = {
    "end of print statement": "}}",
    "end of statement block": "%}",
    "begin of print statement": "{{",
    "begin of statement block": "{%",
}
ENDS = "it ends too early: a bracket or a quote is not closed"
_RULES: tuple[tuple[str, Callable[[re.Match[str]], str]], ...] = (
    (
        r"Unexpected end of template.*needs to be closed is '(\w+)'",
        lambda m: f"`{{% {m[1]} %}}` is not closed: `{{% end{m[1]} %}}` is missing",
    ),
    (
        r"Encountered unknown tag '(\w+)'.*innermost block that needs to be closed is '(\w+)'",
        lambda m: f"`{{% {m[1]} %}}` stands there, and `{{% {m[2]} %}}` is not closed",
    ),
    (r"Encountered unknown tag '(end\w+)'", lambda m: f"`{{% {m[1]} %}}` ends nothing"),
    (
        r"unexpected '(.+)', expected '(.+)'",
        lambda m: f"`{_token(m[1])}` stands where `{_token(m[2])}` must be",
    ),
    (r"unexpected end of template|unexpected 'end of template'", lambda _: ENDS),
    (r"expected token '(.+)', got 'end of template'", lambda _: ENDS),
    (
        r"expected token '(.+)', got '(.+)'",
        lambda m: f"`{_token(m[2])}` stands where `{_token(m[1])}` must be",
    ),
    (r"unexpected char (.+) at \d+", lambda m: _character(literal_eval(m[1]))),
    (r"unexpected '(.+)'", lambda m: f"`{_token(m[1])}` is not expected here"),
    (r"Encountered unknown tag '(\w+)'", lambda m: f"there is no tag `{{% {m[1]} %}}`"),
)


def syntax_words(error: TemplateSyntaxError) -> str:
    """Return what is wrong with a template or an expression, without capital and full stop."""
    message = error.message or "it has an error"
    for pattern, words in _RULES:
        if match := re.search(pattern, message):
            return words(match)
    return message.rstrip(".").replace("'", "`")


def _character(char: str) -> str:
    return f"the quote {char} is not closed" if char in "'\"" else f"`{char}` means nothing here"


def _token(name: str) -> str:
    return _TOKENS.get(name, name)

"""What to do about a regular expression that cannot be used."""

import re

from sofrito.recipe.regex import TOO_LARGE

_HINTS = (
    (
        r"\(\?<?[=!]",
        "There is no look-around: search for the text itself, or list two patterns, one under "
        "`must` and one under `never`.",
    ),
    (
        r"\(\?>|[*+?}]\+",
        "There are no atomic groups and no possessive counts: drop the `>` or `+`.",
    ),
    (r"\\[1-9]|\(\?P=", "There are no back-references: write out the texts that may stand there."),
    (r"\\Z", r"The end of the text is `$` or `\z`."),
    (r"\\G", "Leave it out: every text is searched from its beginning."),
    (r"\(\?#", "There are no comments in it: leave it out."),
    (r"\(\?R|\(\?\d|\(\?\(", "There are no recursions and no conditions: use several patterns."),
)
_UNCLOSED = {"(": r"\(", "[": r"\["}


def mended(source: str, why: str) -> str:
    """Return what to do about an expression of which the engine says ``why`` it cannot be read."""
    for pattern, words in _HINTS:
        if re.search(pattern, source):
            return words
    if why == TOO_LARGE:
        return (
            "Write smaller counts; how long a text may be, `max_length` says in a `schema`, and the "
            "filter `length`."
        )
    if "unclosed" in why and (found := re.search(r"[\[(]", source)):
        return f"Close it; to find the character itself, write `{_UNCLOSED[found[0]]}`."
    if "unopened" in why:
        return r"Remove the `)`; to find the character itself, write `\)`."
    if "repetition" in why:
        return r"A count follows what it counts; to find `*`, `+`, `?` or `{` itself, write `\` before it."
    if "escape" in why:
        return r"A backslash stands twice to find itself: `\\`; in double quotes YAML needs four."
    return r"A character that means something there has a backslash before it: `\.`, `\(`, `\[`."

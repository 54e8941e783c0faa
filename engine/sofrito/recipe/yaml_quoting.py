"""Values and keys that YAML cannot read bare, and how to write them."""

import re

from sofrito.recipe.yaml_tokens import Mark
from sofrito.recipe.yaml_tree import Finding, Place

GLUED = re.compile(r"(?P<key>[A-Za-z_][\w-]*):(?P<value>(?!//)[^\s:].*)")
"""A key and its value without a space between; YAML reads them as one word."""

LINE = re.compile(r"(?P<lead>[ ]*(?:- +)*)(?:(?P<key>[\w.-]+):[ ]+)?(?P<value>\S.*)")
"""A line: its indentation and dashes, its key if any, its value."""

_SHOWN = 100
_EXPRESSIONS = frozenset(("keep", "when", "where", "to", "by", "exclude"))
_COMMENT = re.compile(r"""(?:[^"'#]|"[^"]*"|'[^']*'|(?<!\s)#|["'])*?(?P<comment>\s+#.*)""")
_BRACES = re.compile(r"\{\{\s*(.*?)\s*\}\}")


def glued_key(text: str, place: Place) -> Finding:
    """Say what is wrong with ``key:value``, which YAML reads as one word."""
    key, _, value = text.partition(":")
    what = f"`{short(text)}` has no space behind its colon, so YAML reads it as one word."
    return Finding("SOF002", place, what, f"Write `{key}: {short(value)}`.")


def odd_key(text: str, start: Mark, place: Place) -> Finding:
    """Say what is wrong with a key that is a mapping or a list, as in ``keep: {{ x }}``."""
    if text[start.offset - 1 : start.offset + 1] != "{{":
        what = "A key must be plain text; this one is a list or a mapping."
        return Finding("SOF009", place, what, "If it is meant as text, put it in double quotes.")
    line = text.split("\n")[start.line]
    shown = line[start.column - 1 :]
    shown = shown[: shown.find("}}") + 2] if "}}" in shown else shown
    what = f"YAML reads `{short(shown)}` as a mapping in a mapping."
    found = LINE.fullmatch(line)
    key, value = (found["key"], bare(found["value"])) if found else (None, shown)
    place = Place(start.line + 1, start.column, len(shown))
    if key in _EXPRESSIONS and value == shown:
        inner = shown.strip("{}").strip()
        return Finding("SOF002", place, what, f"An expression takes no braces: `{key}: {inner}`.")
    return Finding("SOF002", place, what, quote_fix(key, value))


def quote_fix(key: str | None, value: str) -> str:
    """Return how to write a value so that YAML takes it for text."""
    lead = f"{key}: " if key else "- "
    if (inner := inner_quoted(value)) and len(value) <= _SHOWN and key not in _EXPRESSIONS:
        return _quotes_within(lead, inner)
    kind = "expression" if key in _EXPRESSIONS else "value"
    hint = ""
    if key in _EXPRESSIONS and "{{" in value:
        value, hint = _BRACES.sub(r"\1", value), "An expression takes no braces. "
    elif kind == "value" and len(value) > 2 and value[0] == value[-1] == "'":
        value = value[1:-1]
    if '"' in value and "'" not in value and kind == "expression":
        value = value.replace('"', "'")
    if len(value) > _SHOWN:
        return f"{hint}Put the whole {kind} in quotes."
    if "\\" not in value and '"' not in value:
        return f'{hint}Put the whole {kind} in double quotes: `{lead}"{value}"`.'
    doubled = value.replace("'", "''")
    return f"{hint}Put the whole {kind} in single quotes: `{lead}'{doubled}'`."


def inner_quoted(value: str) -> str:
    """Return what stands in double quotes that others within close too early, "" otherwise."""
    inner = value[1:-1]
    closed = len(value) > 2 and value[0] == value[-1] == '"'
    return inner if closed and '"' in inner else ""


def _quotes_within(lead: str, inner: str) -> str:
    if "'" not in inner:
        single = inner.replace('"', "'")
        return f'Use single quotes within: `{lead}"{single}"`.'
    if "\\" in inner:
        return 'Write \\" for each quote within.'
    doubled = inner.replace("'", "''")
    return f"Put the whole value in single quotes: `{lead}'{doubled}'`."


def alias_fix(name: str) -> str:
    """Return what to do about ``*name`` where nothing above is marked ``&name``."""
    if not re.fullmatch(r"[\w-]+", name):
        return "Put the whole expression in double quotes."
    return (
        f"Write `&{name}` before the value above that it repeats, or declare a parameter: "
        f"`${{params.{name}}}`. A text has double quotes."
    )


def short(value: str) -> str:
    """Return a value cut to what fits a message."""
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]} ..."


def bare(value: str) -> str:
    """Return a value without the comment behind it."""
    comment = _COMMENT.match(value)
    return (value[: comment.start("comment")] if comment else value).rstrip()

"""What Python says of an expression that fails on a row's values, in the words of a recipe."""

import re
from collections.abc import Callable

from sofrito.recipe.option_words import option_words

_TYPES = {
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "dict": "a record",
    "NoneType": "null",
    "None": "null",
    "Undefined": "nothing",
    "builtin_function_or_method": "a function",
    "method": "a function",
}
_JOINS = "`~` joins texts, `a | int` reads a number in one"

_Rule = tuple[str, Callable[[re.Match[str]], str]]
_RULES: tuple[_Rule, ...] = (
    (
        r"'(\S+)' not supported between instances of '(\w+)' and '(\w+)'",
        lambda m: f"`{m[1]}` cannot compare {_type(m[2])} with {_type(m[3])}",
    ),
    (
        r"unsupported operand type\(s\) for (\S+?)(?: or pow\(\))?: '(\w+)' and '(\w+)'",
        lambda m: f"`{m[1]}` cannot join {_type(m[2])} and {_type(m[3])}; {_JOINS}",
    ),
    (
        r"can only concatenate (\w+) \(not \"(\w+)\"\) to \w+",
        lambda m: f"`+` cannot join {_type(m[1])} and {_type(m[2])}; {_JOINS}",
    ),
    (
        r"can't multiply sequence by non-int of type '(\w+)'",
        lambda m: f"a text or list cannot be multiplied by {_type(m[1])}",
    ),
    (r"bad operand type for (?:unary )?(\S+?):? '(\w+)'", lambda m: _cannot(m[1], m[2])),
    (
        r"argument of type '(\w+)' is not (?:iterable|a container or iterable)",
        lambda m: f"`in` looks into a text or a list, and {_type(m[1])} is neither",
    ),
    (
        r"'in <string>' requires string as left operand, not (\w+)",
        lambda m: f"a text has no {_type(m[1]).removeprefix('a ')} in it: `{_READ}`",
    ),
    (r"'(\w+)' object is not iterable", lambda m: f"{_type(m[1])} is no list"),
    (r"object of type '(\w+)' has no len\(\)", lambda m: f"{_type(m[1])} has no length"),
    (r"'(\w+)' object is not callable", lambda m: f"{_type(m[1])} cannot be called: no `()`"),
    (r"unhashable type: '(\w+)'", lambda m: f"{_type(m[1])} cannot be looked up or counted"),
    (
        r"(?:list|tuple|string) indices must be integers.*, not '?(\w+)'?",
        lambda m: f"items have numbers, and {_type(m[1])} is none",
    ),
    (
        r"(?:float|int)\(\) argument must be .*, not '(\w+)'",
        lambda m: f"{_type(m[1])} cannot be read as a number",
    ),
    (r"(?:division|modulo) by zero|division by zero", lambda _: "something is divided by 0"),
)
_READ = "a | string"


def missing_words(message: str) -> str:
    """Return what Jinja says of what is not there; a name that is not there is told as it is."""
    if found := re.fullmatch(r"'(\w+)(?: object)?' has no attribute '(.+)'", message):
        return f"{_type(found[1])} has no field `{found[2]}`"
    if found := re.fullmatch(r"(\w+)(?: object)? has no element (.+)", message):
        return f"{_type(found[1])} has no item {found[2]}"
    return message


def failure_words(error: Exception) -> str:
    """Return what went wrong, without capital and full stop."""
    said = str(error)
    for pattern, words in _RULES:
        if found := re.search(pattern, said):
            return words(found)
    if wrong := option_words(said):
        return wrong
    if isinstance(error, ZeroDivisionError):
        return "something is divided by 0"
    if isinstance(error, OverflowError):
        return "a number is too large"
    return said or "it fails on these values"


def _type(name: str) -> str:
    return _TYPES.get(name, "this value")


def _cannot(sign: str, name: str) -> str:
    return f"`{sign.rstrip(':').removesuffix('()')}` needs a number, not {_type(name)}"

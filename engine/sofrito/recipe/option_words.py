"""What Python and Jinja say of a call with other options than are taken, in the words of a recipe."""

import re
from collections.abc import Callable

_CALLED = r"(?:[\w.<>]*\.)?(?:sync_do_|do_|test_|_)?(\w+)(?:\(\))?"
_OTHERWISE = {"len": "length", "text_of": "string", "d": "default"}

_Rule = tuple[str, Callable[[re.Match[str]], str]]
_RULES: tuple[_Rule, ...] = (
    (
        r"macro '(\w+)' takes not more than (\d+) argument",
        lambda m: f"the macro `{m[1]}` takes at most {m[2]} option{'s' * (m[2] != '1')}",
    ),
    (
        r"macro '(\w+)' takes no keyword argument '(\w+)'",
        lambda m: f"the macro `{m[1]}` has no option `{m[2]}`",
    ),
    (
        rf"{_CALLED} missing \d+ required [\w-]+(?: [\w-]+)? arguments?: (.+)",
        lambda m: f"`{_name(m[1])}` lacks {m[2].replace(chr(39), '`')}",
    ),
    (
        rf"{_CALLED} takes (?:from \d+ to )?(\d+) positional arguments? but (\d+) w",
        lambda m: f"`{_name(m[1])}` has {_many(int(m[3]) - int(m[2]))} too many",
    ),
    (
        rf"{_CALLED} takes no arguments \((\d+) given\)",
        lambda m: f"`{_name(m[1])}` has {_many(int(m[2]))} too many",
    ),
    (
        rf"{_CALLED} (?:expected|takes) (?:at least |at most |exactly )?(\d+|one) (?:positional )?"
        r"arguments?,? \(?(?:got )?(\d+)",
        lambda m: _compared(_name(m[1]), {"one": 1}.get(m[2]) or int(m[2]), int(m[3])),
    ),
    (
        rf"{_CALLED} got (?:an unexpected keyword argument|some positional-only arguments passed as "
        r"keyword arguments:) '(\w+)",
        lambda m: f"`{_name(m[1])}` has no option `{m[2]}`",
    ),
    (
        rf"'(\w+)' is an invalid keyword argument for {_CALLED}",
        lambda m: f"`{_name(m[2])}` has no option `{m[1]}`",
    ),
    (
        rf"{_CALLED} takes no keyword arguments",
        lambda m: f"`{_name(m[1])}` takes no options by name",
    ),
    (
        rf"{_CALLED} got multiple values for argument '(\w+)'",
        lambda m: f"`{_name(m[1])}` has its option `{m[2]}` twice",
    ),
    (r"(?:missing|takes|unexpected).*argument", lambda _: "a filter or function got wrong options"),
)


def option_words(message: str) -> str:
    """Return what was wrong with a call's options and of which function, "" if it was none of that."""
    for pattern, words in _RULES:
        if found := re.search(pattern, message):
            return words(found)
    return ""


def _name(called: str) -> str:
    return _OTHERWISE.get(called, called)


def _many(count: int) -> str:
    return f"{count} option{'s' * (count != 1)}"


def _compared(name: str, takes: int, given: int) -> str:
    word = "too many" if given > takes else "too few"
    return f"`{name}` has {_many(abs(given - takes))} {word}"

"""How many options the filters, tests and methods of templates take, by their own signatures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from inspect import Parameter, signature
from typing import Any

from sofrito.recipe.expressions import environment
from sofrito.recipe.sandbox_words import may_read
from sofrito.recipe.words import ticked


@dataclass(frozen=True, slots=True)
class Options:
    """What a function takes beside the value it is about: ``names`` in order, those ``needed`` at least.

    ``by_name``: they may be given by name. ``more``: any number may follow; ``others``: any may be
    given by other names.
    """

    names: tuple[str, ...] = ()
    needed: frozenset[str] = frozenset()
    by_name: bool = True
    more: bool = False
    others: bool = False

    def fault(self, given: int, named: Sequence[str] = (), *, unpacked: bool = False) -> str:
        """Return what is wrong with so many options in order and those by name, "" if nothing is.

        ``unpacked``: more are given by a list or a record that is unpacked.
        """
        most = len(self.names)
        if given > most and not self.more:
            takes = f"at most {most} option{'s' * (most > 1)}" if most else "no options"
            return f"takes {takes}, and has {given}"
        known = self.names if self.by_name else ()
        if odd := [name for name in named if name not in known and not self.others]:
            return f"has no option `{odd[0]}`"
        if twice := [name for name in named if name in self.names[:given]]:
            return f"has its option `{twice[0]}` twice"
        missing = [n for n in self.names[given:] if n in self.needed and n not in named]
        if missing and not unpacked:
            return f"lacks its option{'s' * (len(missing) > 1)} {ticked(missing)}"
        return ""

    def usage(self, name: str) -> str:
        """Return how a call of it is written: `replace(old, new, count=…)`, `upper`."""
        free = "{}=…" if self.by_name else "[{}]"
        inner = ", ".join(one if one in self.needed else free.format(one) for one in self.names)
        return f"{name}({inner})" if inner else name


_WITHIN = Options(("text", "start", "end"), frozenset({"text"}), by_name=False)
_UNTOLD: Mapping[type, Mapping[str, Options]] = {
    str: dict.fromkeys(
        ("count", "find", "index", "rfind", "rindex", "startswith", "endswith"), _WITHIN
    ),
    dict: dict.fromkeys(("copy", "items", "keys", "values"), Options(by_name=False)),
}
"""Methods whose signature Python does not tell."""


@cache
def options_of_filter(name: str) -> Options | None:
    """Return what a filter of templates takes, None where that cannot be told."""
    return _options(environment().filters.get(name))


@cache
def options_of_test(name: str) -> Options | None:
    """Return what a test of templates takes, None where that cannot be told."""
    return _options(environment().tests.get(name))


@cache
def options_of_method(kind: type, name: str) -> Options | None:
    """Return what a method of a text, list or record takes, None where there is none to be told."""
    if not may_read(kind(), name):
        return None
    return _UNTOLD.get(kind, {}).get(name) or _options(getattr(kind, name, None))


def _options(function: Any) -> Options | None:
    if not callable(function):
        return None
    try:
        parameters = [*signature(function).parameters.values()]
    except ValueError:  # a builtin that says nothing of itself
        return None
    hidden = 2 if hasattr(function, "jinja_pass_arg") else 1
    taken = [one for one in parameters[hidden:] if one.kind not in _OPEN]
    kinds = {one.kind for one in parameters}
    return Options(
        tuple(one.name for one in taken),
        frozenset(one.name for one in taken if one.default is Parameter.empty),
        all(one.kind != Parameter.POSITIONAL_ONLY for one in taken),
        Parameter.VAR_POSITIONAL in kinds,
        Parameter.VAR_KEYWORD in kinds,
    )


_OPEN = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)

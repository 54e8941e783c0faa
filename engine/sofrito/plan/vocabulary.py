"""The verbs, filters, formats and backends there are: built in, and from installed packages."""

from collections.abc import Sequence
from functools import cache

from sofrito.filters import FILTERS
from sofrito.formats import FORMATS
from sofrito.recipe.plugins import Plugin, Words, installed
from sofrito.recipe.vocabulary import Vocabulary
from sofrito.steps import VERBS
from sofrito.teachers.backends import BACKENDS, backends, packaged_backend
from sofrito.teachers.llama.gbnf import inexpressible
from sofrito.teachers.scripted.pattern import unwritable

_INEXPRESSIBLE = {"llama.cpp": inexpressible, "scripted": unwritable}

BUILT_IN = Vocabulary(VERBS, FILTERS, FORMATS, BACKENDS, _INEXPRESSIBLE)
"""What a recipe may use wherever Sofrito is installed."""


@cache
def vocabulary() -> Vocabulary:
    """Return everything a recipe may use here."""
    return extended(installed())


def extended(plugins: Sequence[Plugin]) -> Vocabulary:
    """Return what is built in and what packages bring; nothing of theirs is imported yet."""
    if not plugins:
        return BUILT_IN
    from sofrito.plan.contracts import filter_fault, format_fault, verb_fault

    return Vocabulary(
        Words("verb", VERBS, plugins, verb_fault),
        Words("filter", FILTERS, plugins, filter_fault),
        Words("format", FORMATS, plugins, format_fault),
        backends(plugins),
        BUILT_IN.inexpressible,
        BUILT_IN,
    )


def usable(plugin: Plugin) -> None:
    """Import what a package brings as a recipe would; raises Trouble where it cannot be used."""
    known = vocabulary()
    classes = {"verb": known.verbs, "filter": known.filters, "format": known.formats}
    if plugin.kind == "backend":
        packaged_backend(plugin.name)
    else:
        classes[plugin.kind][plugin.name]

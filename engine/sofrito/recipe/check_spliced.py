"""Parameters in expressions: there they are names, and no text that is put in."""

import re
from collections.abc import Iterator

from sofrito.problems import Span
from sofrito.recipe.bound_recipe import expressions
from sofrito.recipe.params import REFERENCE
from sofrito.recipe.places import Origin, Places
from sofrito.recipe.scene import Scene
from sofrito.recipe.value_places import span_inside

_QUOTES = ("''", '""')


def check_spliced(scene: Scene) -> None:
    """Refuse `${params.NAME}` in an expression, where the value's text would be read as code."""
    if not scene.places.params:
        return
    for path, source in expressions(scene.recipe):
        if not source or scene.places.at(path) is None:
            continue
        for name, quoted, where in _references(scene.places.written(path)):
            what = f"In an expression `${{params.{name}}}` is code, and not the value as it is."
            fix = f"Write `params.{name}`{', without quotes around it' if quoted else ''}."
            scene.problems.add("SOF234", path, what, fix, where=where)
            scene.names.spliced.add(path)


def _references(origin: Origin) -> Iterator[tuple[str, bool, Span]]:
    """Yield the parameters that a text refers to, whether in quotes, with the places."""
    try:
        text = origin.document.source(origin.path)
    except KeyError:
        return
    whole = origin.at or origin.document.span(origin.path)
    for one in REFERENCE.finditer(text):
        if not one[1]:
            quoted = _around(text, one) in _QUOTES
            at = None
            if origin.at is None:
                places = Places(origin.document)
                at = span_inside(places, origin.path, text, one.start(), len(one[0]))
            yield one[2], quoted, at or whole


def _around(text: str, reference: re.Match[str]) -> str:
    """Return the characters before and behind a reference."""
    return text[: reference.start()][-1:] + text[reference.end() :][:1]

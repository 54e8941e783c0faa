"""What a template reads from the shots: columns that their pools have, of rows that are drawn."""

from collections.abc import Iterable

from jinja2 import nodes

from sofrito.problems import did_you_mean
from sofrito.recipe.names import LISTED, Names
from sofrito.recipe.places import Problems
from sofrito.recipe.template_shots import fields_read, rows_read
from sofrito.recipe.template_tree import stored
from sofrito.recipe.text_place import TextPlace
from sofrito.recipe.words import ticked

_SHOTS = "shots"


def check_shots(
    problems: Problems,
    tree: nodes.Template,
    place: TextPlace,
    names: Names,
    guarded: Iterable[str],
) -> None:
    """Note columns that the shots lack, and shots beyond those drawn; the guarded ones may lack."""
    if names.drawn is None or _SHOTS in stored(tree):
        return
    fields = frozenset() if names.shots is None else names.shots.union(guarded)
    for name, line in fields_read(tree, _SHOTS) if fields else ():
        if name not in fields and not hasattr(dict, name):
            what = f"The rows drawn as shots have no column `{name}`."
            fix = did_you_mean(name, fields)
            fix = f"{fix} They have: {ticked(sorted(fields)[:LISTED])}.".lstrip()
            where = place.of(name, line, "field", "text")
            problems.add("SOF201", place.path, what, fix, where=where)
    for index, line in rows_read(tree, _SHOTS) if names.drawn else ():
        if not -names.drawn <= index < names.drawn:
            rows = "1 row" if names.drawn == 1 else f"{names.drawn} rows, counted from 0"
            what = f"There is no `{_SHOTS}[{index}]`: the step draws {rows}."
            first = f"`{_SHOTS}[0]` is the first. "
            need = index + 1 if index >= 0 else -index
            fix = f"{first if names.drawn == 1 else ''}Draw {need} rows, or read one that is drawn."
            where = place.said(f"{_SHOTS}[{index}]", line)
            problems.add("SOF201", place.path, what, fix, where=where)

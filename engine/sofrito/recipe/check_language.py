"""Checks that a recipe is written in the version of the language that is read here."""

import shlex
from collections.abc import Iterable

from sofrito.problems import Problem, Span
from sofrito.recipe.base import Key
from sofrito.recipe.migrate import KEY, of_another_version
from sofrito.recipe.migrations import MIGRATIONS
from sofrito.recipe.overrides import COMMAND_LINE
from sofrito.recipe.places import Found, Places
from sofrito.recipe.version import VERSION


def check_language(places: Places) -> list[Problem]:
    """Return the problem (SOF108) of each file that says that it is of another version."""
    said = [(one.data.get(KEY), one.span((KEY,))) for one in places.documents()]
    return [
        of_another_version(version, where)
        for version, where in said
        if isinstance(version, int) and version >= 1 and version is not True and version != VERSION
    ]


def with_migrations(found: Iterable[Found]) -> list[Found]:
    """Return problems of structure; of an unknown key that an older version had, this is said."""
    told = [_in_time(one) if one.problem.code == "SOF101" else one for one in found]
    old = [one.problem for one in told if one.problem.code == "SOF108"]
    first = {one.where: one for one in reversed(old)}  # what is aliased stands at one place
    return [
        Found(one.path, first[one.problem.where]) if one.problem in old else one for one in told
    ]


def _in_time(found: Found) -> Found:
    for migration in MIGRATIONS:
        for change in migration.changes:
            if told := change.told(found.path):
                where = found.problem.where
                what = f"Since version {migration.version} of the language, {told}."
                fix = _fix(where, change.instead(found.path))
                return Found(found.path, Problem("SOF108", where, what, fix))
    return found


def _fix(where: Span, path: Key) -> str:
    written = ".".join(map(str, path))
    if where.file == COMMAND_LINE:
        return f"Write --set {written}=…"
    rewrites = (
        f"`sofrito migrate {shlex.quote(where.file.name)}` rewrites the recipe; comments stay."
    )
    return f"Write `{written}`: {rewrites}"

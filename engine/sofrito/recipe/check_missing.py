"""Names that are used and not there: whether what is wrong is their definition rather than the use."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from sofrito.problems import Problem, did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.binding import NAME as PARAMS
from sofrito.recipe.check_use import used_names
from sofrito.recipe.params import refers_to
from sofrito.recipe.places import Found, Origin, Places
from sofrito.recipe.scene import Scene
from sofrito.recipe.seed_values import unnameable
from sofrito.recipe.words import either

_NEAR = 0.6


def check_missing(scene: Scene, read: set[str]) -> None:
    """Say of each missing name that this recipe removes it, or that its definition is misspelt.

    ``read`` are the columns that something reads, not counting what is written with all of a row.
    """
    missing = scene.problems.missing
    if not missing:
        return
    _without_from(scene)
    defined = _Defined(scene, read)
    uses = list(missing.values())
    for index, found in enumerate(scene.problems.found):
        if key := missing.get(found):
            better = _removed(scene.places, found, key)
            better = better or defined.mended(found.problem, key, uses.count(key))
            scene.problems.found[index] = Found(found.path, better or found.problem)


def _without_from(scene: Scene) -> None:
    """Say once that this recipe removes what candidates start from, if columns of it are needed."""
    places, problems = scene.places, scene.problems
    for (kind, pool), origin in places.removed.items():
        if kind != "from" or scene.recipe.from_ or pool not in scene.pools:
            continue
        columns = scene.pools[str(pool)].columns or ()
        lacking = [
            found
            for found, key in problems.missing.items()
            if key[0] == "columns"
            and key[1] in columns
            and found in problems.found
            and _behind(places, places.written(found.path), origin)
        ]
        if not lacking:
            continue
        users = list(dict.fromkeys(_user(places, found.path) for found in lacking))
        what = (
            f"This recipe removes `from`; {either(users, 'and')} of the recipe that it extends "
            f"{'needs' if len(users) == 1 else 'need'} columns of `{pool}`."
        )
        fix = f"Leave out this line, or name a pool with these columns: `from: {pool}`."
        where = origin.at or origin.document.key_span(origin.path)
        told = Found(("from",), replace(lacking[0].problem, where=where, what=what, fix=fix))
        problems.found[problems.found.index(lacking[0])] = told
        for found in lacking[1:]:
            problems.found.remove(found)


def _removed(places: Places, found: Found, key: Key) -> Problem | None:
    """Return the problem told of the line that removes a name, where an extended recipe needs it."""
    origin = places.removed.get(key)
    if origin is None or not _behind(places, places.written(found.path), origin):
        return None
    name, where = key[-1], origin.at or origin.document.key_span(origin.path)
    user = _user(places, found.path)
    said = f"`{name}`" if origin.path[-1] == name else f"`{name}`, by `{origin.path[-1]}`"
    what = f"This recipe removes {said}; {user} of the recipe that it extends needs it."
    fix = f"Remove or change {user} as well, or leave out this line."
    return replace(found.problem, where=where, what=what, fix=fix)


def _behind(places: Places, user: Origin, remover: Origin) -> bool:
    """Say whether a document is one that the document of what removes something extends."""
    files = [one.path for one in places.documents()]
    if user.document.path not in files or remover.document.path not in files:
        return False
    return files.index(user.document.path) > files.index(remover.document.path)


def _user(places: Places, path: Key) -> str:
    """Return what to call what stands at a path: its step, or its key."""
    step = places.at(path[:2]) if path[:1] == ("steps",) else None
    if isinstance(step, dict) and step:
        verb, about = next(iter(step.items()))
        columns = "+".join(map(str, about if isinstance(about, list) else [about]))
        return f"the step `{step.get('name') or f'{verb} {columns}'}`"
    return f"`{path[0]}`" if path else "something"


class _Defined:
    """What a recipe defines, and what of it nothing uses."""

    def __init__(self, scene: Scene, read: set[str]) -> None:
        self._scene = scene
        recipe, used = scene.recipe, used_names(scene)
        self._places: dict[str, Mapping[str, Key]] = {
            kind: {name: (kind, name) for name in getattr(recipe, kind)}
            for kind in ("models", "seeds", "chains")
        }
        self._places["columns"] = {**dict(_seed_columns(scene)), **dict(_columns(scene))}
        self._places[PARAMS] = {name: (PARAMS, name) for name in recipe.params}
        params = scene.names.params | scene.places.params
        params |= {name for name in recipe.params if refers_to(scene.places, name)}
        self._used = {**used, "columns": read, PARAMS: params}

    def mended(self, problem: Problem, key: Key, uses: int) -> Problem | None:
        """Return the problem with a fix that names the definition which seems to be misspelt."""
        kind, name = str(key[0]), str(key[1])
        defined = self._places[kind]
        spare = [one for one in defined if one not in self._used[kind]]
        near = get_close_matches(name, spare, n=2, cutoff=_NEAR)
        if len(near) != 1 or did_you_mean(name, defined) != f"Did you mean `{near[0]}`?":
            return None
        if "made later" in problem.fix:
            return None
        places, path = self._scene.places, defined[near[0]]
        where = places.key_span(path) if path[-1] == near[0] else places.span(path)
        line = "the file of " if path[-1] in ("file", "files") and path[:1] == ("seeds",) else ""
        line += f"line {where.line}" + (
            f" of {where.file.name}" if where.file != problem.where.file else ""
        )
        if uses > 1:
            fix = f"Nothing uses `{near[0]}`, which {line} defines: call it `{name}` there."
        else:
            fix = (
                f"Did you mean `{near[0]}`? Or else call that `{name}`, in {line}: nothing uses it."
            )
        return replace(problem, fix=fix)


def _seed_columns(scene: Scene) -> Iterator[tuple[str, Key]]:
    """Yield the columns of the pool that candidates start from, each with the path that brings it."""
    pool = scene.recipe.from_
    known = scene.pools[pool].columns if pool in scene.pools else None
    for name in sorted({*(known or ())} - {*unnameable(known or ()).values()}):
        at: Key = ("seeds", pool)
        ways: tuple[Key, ...] = (("columns", name), ("rows", 0, name), ("file",), ("files",))
        path = next((one for way in ways if scene.places.at(one := (*at, *way)) is not None), None)
        if path:
            yield name, path


def _columns(scene: Scene) -> Iterator[tuple[str, Key]]:
    """Yield the axes and the columns of steps, each with the path that names it."""
    for axis in scene.recipe.axes:
        yield axis, ("axes", axis)
    for index, step in scene.steps():
        for name in (*step.makes(), *step.rewrites()):
            path = scene.places.find(("steps", index), name)
            if scene.places.at(path) == name:
                yield name, path

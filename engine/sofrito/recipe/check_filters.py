"""The filters of a step: what they look at, their files, what passes them."""

import math

from sofrito.recipe.base import Key
from sofrito.recipe.check_alike import check_unequal
from sofrito.recipe.check_asked import check_filter_model
from sofrito.recipe.check_chain import check_chain, check_pool_columns
from sofrito.recipe.check_heads import head_facts
from sofrito.recipe.check_library import check_library_file
from sofrito.recipe.check_size import check_size, learn_sizes
from sofrito.recipe.entries import Check
from sofrito.recipe.known import Known
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Scene
from sofrito.recipe.verb import Verb
from sofrito.recipe.words import ticked


def check_used(scene: Scene, name: str, path: Key, names: Names, chain: str = "") -> None:
    """Note a column that a step reads by its name, which may stand in a ``chain``, and lacks."""
    scene.used.add(name)
    if name not in names.known and not names.open:
        at = scene.places.find(path, name)
        what = f"`{name}` is not known here."
        if chain:
            what = f"The chain `{chain}` looks at `{name}`, which is not known here."
        scene.problems.add("SOF201", at, what, names.fix(name), missing=("columns", name))


def check_filters(
    scene: Scene, path: Key, step: Verb, before: Names, known: Known, *, unclear: bool
) -> None:
    """Check the filters of a step's chain, and learn what is sure of the rows that they let through.

    ``unclear``: a broken step before this one may have made siblings.
    """
    together, come = [], bool(known.opened) or unclear
    names = before.having(step.chain_names(), "the step")
    for index, check in enumerate(step.filters()):
        entry: Key = (*path, step.chain_key, index)
        _check_filter(scene, check, entry, names, alone=step.chain_alone, siblings_come=come)
        if type(check) is not Check:  # a stand-in for a broken entry
            opened = scene.expanded(check)
            together += [((*entry, check.filter), one) for one in opened]
    check_chain(scene, together)
    known.settle(step.object if together and not step.when else ())
    for entry, one in together if not step.rewrites() else ():
        check_unequal(scene, entry, one, step.object, known)
        check_size(scene, entry[:-1], one, step.object, known)
    for _, one in together if not step.rewrites() and not step.when else ():
        learn_sizes(one, step.object, step.label, known)
    for _, one in together:
        most = one.bounds().get("words", (0, math.inf))[1]
        for name in step.object if most < math.inf else ():
            known.longest[name] = min(known.longest.get(name, 0), int(most))


def _check_filter(
    scene: Scene, check: Check, path: Key, before: Names, *, alone: bool, siblings_come: bool
) -> None:
    chain = ", ".join(check.chains())
    for name in check.pools():
        scene.declared("seeds", name, scene.places.find(path, name))
        check_pool_columns(scene, check, name, path)
    for name in check.chains():
        scene.declared("chains", name, scene.places.find(path, name))
    check_filter_model(scene, path, check)
    siblings = []
    for one in scene.expanded(check):
        if alone and (one.siblings or one.remembers):
            what = f"`{one.filter}` looks at more than one row: it cannot stand here."
            fix = "Put it into a step `filter` below this one."
            scene.problems.add("SOF212", path, what, fix, at_key=True)
            continue
        _check_files(scene, path, one, before, own=one is check)
        siblings += [one.filter] if one.siblings else []
        for name in one.uses():
            check_used(scene, name, path, before, chain)
    if siblings and not siblings_come:
        what = f"{ticked(siblings)} looks at siblings, and no earlier step makes any."
        fix = "It does nothing here: remove it, or move it below such a step."
        scene.problems.warn("SOF212", path, what, fix)


def _check_files(scene: Scene, path: Key, check: Check, before: Names, *, own: bool) -> None:
    """Check the library's files that a filter names; ``own`` says that it stands at the path."""
    if not check.library_files():
        return
    path = (*path, check.filter) if own else path
    names = before.having(check.extra_names(), "the filter")
    for key, (folder, name) in check.library_files().items():
        at = (*path, *key) if scene.places.at((*path, *key)) is not None else path
        found = check_library_file(scene, at, folder, name)
        if found:
            scene.used.update(scene.names.template(found, at, names))
    head_facts(scene, path, check)

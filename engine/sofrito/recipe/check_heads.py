"""What the heads of the library's files tell of the steps that name them."""

from collections.abc import Mapping

from sofrito.problems import RecipeError
from sofrito.recipe.base import HeadFacts, Key, Part
from sofrito.recipe.entries import Check
from sofrito.recipe.library import HEADS, Library
from sofrito.recipe.scene import Scene
from sofrito.recipe.verb import Verb


def head_facts(scene: Scene, path: Key, step: Verb | Check) -> HeadFacts:
    """Return what the heads of a step's or filter's library files tell of it; note what cannot be.

    Of a head that is not sound nothing is told here: the check of the file does.
    """
    facts = step.facts(heads_of(scene, step))
    for key, (what, fix) in facts.faults.items():
        scene.problems.add("SOF212", (*path, *key), what, fix)
    return facts


def heads_of(scene: Scene, step: Verb | Check) -> Mapping[Key, Part]:
    """Return the heads of a step's or filter's library files that are sound, by their keys."""
    library, heads = Library(scene.sources), {}
    for key, (folder, name) in step.library_files().items():
        found = library.find(folder, name) if folder in HEADS else None
        if found is not None:
            try:
                heads[key] = library.head(folder, found)
            except (RecipeError, OSError, UnicodeDecodeError):
                continue
    return heads

"""Siblings that are all the same, and steps and filters to which they must differ."""

from collections.abc import Iterable

from sofrito.recipe.base import Check, Key, Verb
from sofrito.recipe.known import Known
from sofrito.recipe.scene import Scene
from sofrito.recipe.words import either, ticked


def check_ranked(scene: Scene, path: Key, ranked: Iterable[str], known: Known) -> None:
    """Note the score of siblings that is the same for all; ``ranked`` are the columns it reads."""
    if makers := _makers(ranked, known):
        what = f"Nothing passes: {_same(makers)}, so that none is better."
        scene.problems.add("SOF211", path, what, _FIX)


def check_unequal(
    scene: Scene, path: Key, check: Check, columns: Iterable[str], known: Known
) -> None:
    """Warn of a filter that keeps one of siblings which are the same in these columns."""
    if check.unequal and (makers := _makers(columns, known)):
        what = f"`{check.filter}` always keeps one: {_same(makers)}."
        scene.problems.warn("SOF212", path, what, _FIX)


def learn_alike(step: Verb, reads: Iterable[str], known: Known) -> None:
    """Remember the columns in which all siblings are the same; ``reads`` are all that the step reads."""
    made = (*step.makes(), *step.rewrites())
    if step.fans_out():
        shared = dict.fromkeys(known.opened[-1].makers.keys() - {*made}, "")
        known.alike = shared | (dict.fromkeys(made, step.label) if step.twins() else {})
    elif known.opened and step.repeats():
        makers = _makers(reads, known)
        if makers is not None:
            known.alike.update(dict.fromkeys(made, next(iter(makers), "")))


_FIX = "Let them differ: raise its `temperature`, or ask in several ways with `vary`."


def _same(makers: Iterable[str]) -> str:
    return (
        f"the rows that {either((ticked([one]) for one in makers), 'and')} makes are all the same"
    )


def _makers(reads: Iterable[str], known: Known) -> list[str] | None:
    """Return the steps whose siblings are the same in what is read; None where some may differ."""
    names = dict.fromkeys(reads)
    if not all(name in known.alike for name in names):
        return None
    return [*filter(None, dict.fromkeys(known.alike[name] for name in names))]

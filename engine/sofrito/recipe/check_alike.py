"""Siblings that are all the same, and steps and filters to which they must differ."""

from collections.abc import Iterable

from jinja2 import TemplateSyntaxError, nodes

from sofrito.recipe.base import Key
from sofrito.recipe.binding import NAME as PARAMS
from sofrito.recipe.entries import Check
from sofrito.recipe.expressions import names_used, parsed_expression
from sofrito.recipe.inference import type_of
from sofrito.recipe.known import Known
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Scene
from sofrito.recipe.template_nodes import find_all
from sofrito.recipe.verb import Verb
from sofrito.recipe.words import either, ticked


def check_ranked(scene: Scene, path: Key, step: Verb, names: Names, known: Known) -> None:
    """Note siblings of which none is better: their score is the same for all, or what is ranked is.

    The score is the expression at ``path``, over one of them.
    """
    try:
        tree = parsed_expression(step.expressions()[step.ranks_by()])
    except TemplateSyntaxError:
        return  # told where expressions are read
    twins = _makers(step.object, known) if known.opened else None
    if twins is not None:
        same = _same(twins) if twins else f"siblings do not differ in {ticked(step.object)}"
        fix = _FIX if twins else "Name the column in which they do."
        scene.problems.add("SOF211", path, f"Nothing passes: {same}, so that none is better.", fix)
        return
    makers = _makers(names_used(tree).keys() - {PARAMS}, known)
    if makers is None or not known.opened or path in scene.names.spliced:
        return
    what = f"Nothing passes: {_same(makers)}, so that none is better." if makers else _TIE
    if makers or _may_be_score(tree, names):
        scene.problems.add("SOF211", path, what, _FIX if makers else _RANK)


def _may_be_score(tree: nodes.Template, names: Names) -> bool:
    (output,) = find_all(tree, nodes.Output)
    return type_of(output.nodes[0], names.values) in ("number", "boolean", None)


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


_TIE = "Nothing passes: this reads nothing in which siblings differ, so that none is better."
_RANK = "Let a step score each of them first: `judge`, then `by: verdict.score`."
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

"""Compiles a recipe into the program that runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any

from sofrito.filters.base import Filter
from sofrito.filters.chain import Chain
from sofrito.formats import Format, Unfit
from sofrito.plan.axes import Records
from sofrito.plan.cells import cells
from sofrito.plan.estimate import calls_of_candidate
from sofrito.plan.fingerprint import fingerprint
from sofrito.plan.inputs import Inputs
from sofrito.plan.program import Program, segmented
from sofrito.prompts import Templates
from sofrito.recipe.entries import Check
from sofrito.recipe.library import Library
from sofrito.recipe.model import Recipe
from sofrito.recipe.read import Read
from sofrito.recipe.sources import TemplateSources
from sofrito.steps.base import Bench, Step
from sofrito.steps.grow import Grow
from sofrito.steps.work import Join, Operation, Pooled, Values


def program_of(
    read: Read,
    given: Inputs,
    identities: Mapping[str, Mapping[str, Any]] | None = None,
    recipe: Recipe | None = None,
) -> Program:
    """Compile a recipe with what it reads, for models of these identities.

    ``recipe`` is another one to compile in its place, which differs in its steps alone.
    """
    return compiled(
        recipe or read.recipe,
        folder=read.folders,
        pools=given.pools,
        axes=given.axes,
        records=given.records,
        source=given.source,
        hashes=given.hashes,
        identities=identities,
    )


def compiled(
    recipe: Recipe,
    *,
    folder: Path | Sequence[Path],
    pools: Mapping[str, Sequence[Pooled]],
    axes: Mapping[str, Mapping[str, float]],
    records: Mapping[str, Records] | None = None,
    source: Callable[[], Iterator[Values]] | None = None,
    hashes: Mapping[str, str] | None = None,
    identities: Mapping[str, Mapping[str, Any]] | None = None,
) -> Program:
    """Return the program of a recipe that was checked, in ``folder`` and those that it extends.

    ``pools`` are the rows of the seed pools that steps draw from, ``axes`` the values of each axis
    with their weights, ``records`` what rows have in place of those of generated axes; ``source``
    starts anew an iterator over the rows that candidates start from.
    ``hashes`` (of pools) and ``identities`` (of models) go into the fingerprint.
    """
    sources = TemplateSources(folder, params=recipe.values())
    grid = cells(axes, recipe.cover.design, recipe.cover.exclude, recipe.rows, records)
    once = recipe.rows is None and source is None and bool(grid)
    return Program(
        name=recipe.recipe,
        seed=recipe.seed,
        fingerprint=fingerprint(
            recipe,
            sources,
            hashes=hashes or {},
            axes=axes,
            records=records,
            identities=identities or {},
        ),
        steps=recipe.labels(),
        segments=segmented([*_operations(recipe, sources, pools)]),
        cells=grid,
        rows=recipe.rows,
        round=recipe.round,
        lag=recipe.lag,
        pools=pools,
        templates=Templates(sources),
        grows=any(isinstance(step, Grow) for step in recipe.steps),
        source=(lambda: repeat({}, len(grid))) if once else source,
        start=recipe.from_,
        once=once,
        calls=max(1, calls_of_candidate(recipe)),
        unfit=partial(_unfit, [one for one in recipe.output.write if isinstance(one, Format)]),
    )


def _unfit(formats: Sequence[Format], values: Mapping[str, Any]) -> str:
    """Return why a row cannot be written in any format, "" if it can or `where` leaves it out of all."""
    reasons = []
    for one in formats:
        try:
            if one.written(values):
                return ""
        except Unfit as error:
            reasons.append(f"{one.format}: {error.words}")
    return "; ".join(reasons)


def _operations(
    recipe: Recipe, sources: TemplateSources, pools: Mapping[str, Sequence[Pooled]]
) -> Iterator[Operation]:
    """Yield what the steps do, in their order; those that close siblings know which step opened them."""
    openers: list[int] = []
    for index, label in enumerate(recipe.labels()):
        step = recipe.steps[index]
        assert isinstance(step, Step)
        operations = step.compiled(_bench(recipe, index, label, step, sources, pools))
        if step.closes():
            depth, opener = len(openers) + 1, openers.pop()
            operations = [closing(one, opener, depth) for one in operations]
        elif step.fans_out():
            openers.append(index)
        yield from operations


def _bench(
    recipe: Recipe,
    index: int,
    label: str,
    step: Step,
    sources: TemplateSources,
    pools: Mapping[str, Sequence[Pooled]],
) -> Bench:
    return Bench(
        index,
        label,
        recipe.seed,
        recipe.model_for(step.asks() or ""),
        pools,
        tuple(expanded(step.filters(), recipe.chains)),
        Library(sources),
        recipe.model_for(""),
    )


def closing(operation: Operation, opener: int, depth: int) -> Operation:
    """Return an operation of a step that closes siblings, told which."""
    if isinstance(operation, Join):
        return replace(operation, opener=opener, depth=depth)
    return operation


def expanded(checks: Sequence[Check], chains: Mapping[str, Sequence[Check]]) -> Iterator[Filter]:
    """Yield the filters of a chain, with the named chains in it opened."""
    for check in checks:
        if isinstance(check, Chain):
            yield from expanded(chains[check.chain], chains)
        else:
            assert isinstance(check, Filter)
            yield check

"""The dataset is a function of recipe, seeds and answers, and of nothing else."""

import os
import random
from dataclasses import replace

import pytest
from storm import calm, random_recipe, stormy

from sofrito.plan.program import Program
from sofrito.run.candidate import PoolView, Root
from sofrito.run.engine import Engine, Sink
from sofrito.run.source import Candidates

RECIPES = int(os.environ.get("SOFRITO_RECIPES", "60"))


@pytest.mark.parametrize("number", range(RECIPES))
def test_pace_failures_kills_and_concurrency_do_not_change_the_dataset(number: int) -> None:
    recipe = random_recipe(random.Random(number))
    reference = calm(recipe)
    assert reference.engine.ledger.balances, reference.engine.ledger.as_rows()
    for luck in range(3):
        end, asked_again, _ = stormy(recipe, random.Random(f"{number} {luck}"))
        assert asked_again == 0
        assert end.digest == reference.digest
        assert end.engine.ledger.balances


class ByArrival(Engine):
    """Lets candidates through a barrier in the order in which they come."""

    def _head(self, at: int) -> Root | None:
        queue = self._queues[at]
        return queue.pop(next(iter(queue))) if queue else None


class LivePools(Candidates):
    """Shows a round what grew since it began."""

    def _view(self, round_: int) -> PoolView:
        class Now(dict[str, int]):
            def get(self, name, default=None):  # type: ignore[no-untyped-def, override]
                return len(grown[name])

        grown = self.grown
        return PoolView(self._program.pools, grown, Now())


class LiveCells(Candidates):
    """Gives a candidate the cell that is furthest behind right now."""

    def _place(self) -> tuple[int, int] | None:
        place = super()._place()
        if place is None or not self._program.quotas:
            return place
        shares = {i: self.accepted[i] / (c.quota or 1) for i, c in enumerate(self._program.cells)}
        return min(shares, key=lambda i: (shares[i], i)), place[1]


def rounds_by_luck(program: Program, sink: Sink, *, window: int) -> Engine:
    """Sizes rounds by how far this life happens to run ahead."""
    return Engine(replace(program, round=max(4, window)), sink, window=window)


class SkipsFull(Engine):
    """Skips a candidate of a round whose cell has filled up, as only recipes without rounds may."""

    def __init__(self, *args, **options):  # type: ignore[no-untyped-def]
        super().__init__(*args, **options)
        self._may_skip = self.program.quotas


def engine_with(candidates: type[Candidates]):  # type: ignore[no-untyped-def]
    return lambda program, sink, **options: Engine(
        program, sink, candidates=candidates(program), **options
    )


MUTANTS = {
    "arrival order": ByArrival,
    "live pools": engine_with(LivePools),
    "live cells": engine_with(LiveCells),
    "rounds sized by luck": rounds_by_luck,
    "skipping in rounds": SkipsFull,
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_broken_rule_is_caught(mutant: str) -> None:
    """Each rule's opposite makes datasets differ, so the test above can fail."""
    for number in range(200):
        recipe = random_recipe(random.Random(number))
        ends = set()
        for luck in range(4):
            try:
                end, _, _ = stormy(recipe, random.Random(luck), make=MUTANTS[mutant])
            except AssertionError as error:
                if "stuck" in str(error):
                    return  # the engine noticed by itself
                raise
            except KeyError:
                return  # a round was closed by one that is not its last
            ends.add(end.digest)
        if len(ends) > 1:
            return
    pytest.fail(f"no recipe showed the mutant {mutant}")

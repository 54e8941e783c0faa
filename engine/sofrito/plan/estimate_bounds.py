"""What a run can cost at the most, whatever the answers are."""

from collections.abc import Sequence
from dataclasses import dataclass

from sofrito.plan.estimate import Expected
from sofrito.plan.program import Program
from sofrito.recipe.base import Load


@dataclass(frozen=True, slots=True)
class Bound:
    """The most rows that a step works on, calls it makes and tokens they write; None is without bound."""

    rows: int | None
    calls: int | None
    written: int | None


def bounds(
    program: Program,
    steps: Sequence[Expected],
    *,
    seeds: int | None,
    calls: int | None,
    tokens: int | None,
) -> tuple[Bound, ...]:
    """Return the bound of each step: each list as long, each answer tried as often as the recipe allows.

    ``seeds`` are the rows that candidates start from, ``calls`` and ``tokens`` the budget's, which
    counts no runs of programs and no comparisons of mathematics.
    """
    rows = _least(seeds, program.tries * program.rows if program.rows else None)
    parents: list[int | None] = []
    found = []
    for step in steps:
        if step.closes:
            rows = parents.pop()
        load = step.load
        asked = _least(None if step.checks else calls, _times(rows, load.most_calls))
        longest = load.most_written if asked else 0
        found.append(Bound(rows, asked, _least(tokens, _times(asked, longest)) if asked else asked))
        if step.opens:
            parents.append(rows)
        rows = _times(rows, load.rows[1] if load.rows else None)
    return tuple(found)


def bound_of(load: Load, calls: int | None, tokens: int | None) -> Bound:
    """Return the bound of what has such a load once, ``calls`` and ``tokens`` being the budget's."""
    asked = _least(calls, load.most_calls)
    return Bound(1, asked, _least(tokens, _times(asked, load.most_written)))


def _times(one: int | None, other: int | None) -> int | None:
    if one == 0 or other == 0:
        return 0
    return None if one is None or other is None else one * other


def _least(*numbers: int | None) -> int | None:
    return min((number for number in numbers if number is not None), default=None)

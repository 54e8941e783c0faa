"""Few-shot examples: drawn from seed pools, the same for the same row."""

import heapq
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Annotated

import xxhash
from pydantic import Field

from sofrito.recipe.base import Part
from sofrito.recipe.expressions import ExpressionError, expression
from sofrito.steps.work import Candidate, Pooled, Row, mix


class Draw(Part):
    """So many rows of a seed pool."""

    draw: Annotated[int, Field(ge=1)]
    """How many; fewer where the pool has fewer."""

    from_: str = Field(alias="from")
    """The seed pool."""

    where: str = ""
    """An expression over the pool's rows; only those for which it is true are drawn."""

    grown: bool = False
    """Draw from the rows that `grow` added in earlier rounds, instead of the pool's own."""

    fill: bool = False
    """With `grown`: while there are too few grown rows, the pool's own take the missing places."""

    fixed: bool = False
    """Draw once for the whole dataset: every row sees the same examples, before any others, and a \
teacher reads them once."""

    def source(self, candidate: Candidate, *, grown: bool) -> Sequence[Pooled]:
        """Return the pool's grown or own rows to draw from, as this candidate's round sees them."""
        pool = candidate.pool(self.from_)
        rows = pool.grown_rows() if grown else pool.seeds
        return [row for row in rows if self._fits(row)] if self.where else rows

    @cached_property
    def _known(self) -> dict[bytes, bool]:
        return {}

    def _fits(self, row: Pooled) -> bool:
        """Say whether a row is one of those asked for; each content is looked at once."""
        known = self._known.get(row.hash)
        if known is None:
            try:
                known = expression(self.where).truth(row.values)
            except ExpressionError:
                known = False  # a row without the column is not one of those asked for
            self._known[row.hash] = known
        return known


def drawn(
    draws: Sequence[Draw], candidate: Candidate, row: Row, step: str, seed: int
) -> list[Pooled]:
    """Return the shots of a row: all draws together, no content twice, shuffled.

    A row is drawn by rank, the smallest hash of the draw's seed and the content, so that a pool
    that changes a little changes few draws. A row that came from the pool is no example for itself.
    ``seed`` is the recipe's, for what is drawn once for all rows; those come first.
    """
    groups: dict[bool, list[Pooled]] = {True: [], False: []}
    # The fixed ones first: what they draw must not depend on what others took.
    for number, draw in sorted(enumerate(draws), key=lambda one: not one[1].fixed):
        who = seed if draw.fixed else row.key
        rank = mix(who, step, "shots", number)
        missing = draw.draw
        for grown in (True, False) if draw.fill else (draw.grown,):
            taken = [*groups[True], *groups[False]]
            got = _ranked(draw.source(candidate, grown=grown), missing, rank, taken, row)
            missing -= len(got)
            groups[draw.fixed] += got
    return _shuffled(groups[True], mix(seed, step, "order")) + _shuffled(
        groups[False], mix(row.key, step, "order")
    )


def _shuffled(shots: Sequence[Pooled], order: int) -> list[Pooled]:
    return sorted(shots, key=lambda shot: xxhash.xxh3_64_intdigest(shot.hash, order))


def _ranked(
    source: Iterable[Pooled], most: int, seed: int, taken: Sequence[Pooled], row: Row
) -> list[Pooled]:
    hashes = {shot.hash for shot in taken}
    distinct = {one.hash: one for one in source if one.hash not in hashes}
    while True:
        ranked = heapq.nsmallest(
            most, distinct, key=lambda content: xxhash.xxh3_64_intdigest(content, seed)
        )
        own = [content for content in ranked if _is(row, distinct[content])]
        if not own:
            return [distinct[content] for content in ranked]
        for content in own:
            del distinct[content]


def _is(row: Row, pooled: Pooled) -> bool:
    return pooled.values.items() <= row.values.items()

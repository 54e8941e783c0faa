"""Few-shot examples: drawn from seed pools, the same for the same row."""

import heapq
from collections.abc import Iterable, Sequence
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

    def source(self, candidate: Candidate) -> Sequence[Pooled]:
        """Return the rows to draw from, as this candidate's round sees them."""
        pool = candidate.pool(self.from_)
        return self._those(pool.grown_rows() if self.grown else pool.seeds)

    def _those(self, rows: Sequence[Pooled]) -> Sequence[Pooled]:
        if not self.where:
            return rows
        condition = expression(self.where)
        kept = []
        for row in rows:
            try:
                if condition.truth(row.values):
                    kept.append(row)
            except ExpressionError:
                continue  # a pool row without the column is not one of those asked for
        return kept


def drawn(draws: Sequence[Draw], candidate: Candidate, row: Row, step: str) -> list[Pooled]:
    """Return the shots of a row: all draws together, no content twice, shuffled.

    A row is drawn by rank, the smallest hash of the draw's seed and the content, so that a pool
    that changes a little changes few draws.
    """
    shots: list[Pooled] = []
    for number, draw in enumerate(draws):
        seed = mix(row.key, step, "shots", number)
        got = _ranked(draw.source(candidate), draw.draw, seed, shots)
        if draw.fill and len(got) < draw.draw:
            seeds = draw.model_copy(update={"grown": False}).source(candidate)
            got += _ranked(seeds, draw.draw - len(got), seed, [*shots, *got])
        shots += got
    order = mix(row.key, step, "order")
    return sorted(shots, key=lambda shot: xxhash.xxh3_64_intdigest(shot.hash, order))


def _ranked(
    source: Iterable[Pooled], most: int, seed: int, taken: Sequence[Pooled]
) -> list[Pooled]:
    hashes = {shot.hash for shot in taken}
    distinct = {row.hash: row for row in source if row.hash not in hashes}
    return heapq.nsmallest(
        most, distinct.values(), key=lambda row: xxhash.xxh3_64_intdigest(row.hash, seed)
    )

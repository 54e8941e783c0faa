"""Real rows among those that were made: drawn from a seed pool, at a share of all rows."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import orjson
import xxhash

from sofrito.export.rows import Accepted
from sofrito.recipe.model_output import Mix

RealRows = Callable[[], Iterator[Mapping[str, Any]]]
"""Begins anew to read the rows of the pool that is mixed in."""


def wanted(made: int, share: float) -> int:
    """Return how many real rows make up ``share`` of all, beside so many that were made."""
    exact = Fraction(str(share))
    return round(made * exact / (1 - exact))


def drawn(mix: Mix, rows: RealRows, made: int, seed: int) -> tuple[list[Accepted], list[str]]:
    """Return the real rows, in the pool's order, and what the user should know.

    Which ones: those with the smallest hash of seed, content and place among equal ones, so that
    more of them contain the fewer. Holds the rows that it returns.
    """
    count = wanted(made, mix.share)
    seen: dict[int, int] = {}

    def ranked() -> Iterator[tuple[int, int, Mapping[str, Any]]]:
        for number, values in enumerate(rows()):
            content = xxhash.xxh3_64_intdigest(orjson.dumps(values, option=orjson.OPT_SORT_KEYS))
            again = seen[content] = seen.get(content, -1) + 1
            parts = [str(seed), "mix", str(content), again]
            yield xxhash.xxh3_64_intdigest(orjson.dumps(parts)), number, values

    best = heapq.nsmallest(count, ranked(), key=lambda one: one[:2])
    found = [_real(mix, number, values) for _, number, values in sorted(best, key=lambda b: b[1])]
    notes = []
    if len(found) < count:
        share = len(found) / (made + len(found)) if found else 0
        notes.append(
            f"mix: `{mix.real}` has {len(found):,} of the {count:,} rows that a share of "
            f"{mix.share:g} takes: it is {share:.1%}."
        )
    return found, notes


def _real(mix: Mix, number: int, values: Mapping[str, Any]) -> Accepted:
    columns = {**values, **{name: values.get(pool) for name, pool in mix.columns.items()}}
    story = [{"step": "mix", "kind": "seed", "from": f"{mix.real}, row {number}"}]
    return Accepted(f"{mix.real}.{number}", {}, columns, story, "real")


def interleaved(made: int, real: Sequence[Any]) -> list[int]:
    """Return the numbers of the made rows and, behind them, of the real ones, evenly mixed."""
    places = [((2 * i + 1) * max(len(real), 1), i) for i in range(made)]
    places += [((2 * i + 1) * max(made, 1), made + i) for i in range(len(real))]
    return [number for _, number in sorted(places)]

"""What is known of the values of rows at the end, where real rows are mixed in."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from sofrito.recipe.inference import common
from sofrito.recipe.intervals import Interval
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Pool, Scene
from sofrito.recipe.value_types import Values

T = TypeVar("T")


def with_real_rows(scene: Scene, names: Names) -> Names:
    """Return ``names`` with what is known of the rows that were made and of the real ones alike.

    A real row went through no step: it may be what a `keep` left of no other row.
    """
    mix = scene.recipe.output.mix
    if mix is None:
        return names
    sound = scene.draft.sound("output", "mix")
    pool = (scene.pools.get(mix.real) if sound else None) or Pool()

    def also(known: Mapping[str, T], joined: Callable[[T, str, str], T | None]) -> dict[str, T]:
        found: dict[str, T] = {}
        for path, one in known.items():
            name, _, field = path.partition(".")
            column = mix.columns.get(name, name)
            if pool.columns is not None and column not in pool.columns:
                found[path] = one  # told where the columns of the real rows are checked
            elif (both := joined(one, column, field)) is not None:
                found[path] = both
        return found

    def values(made: Values, column: str, field: str) -> Values | None:
        real = pool.values.get(column)
        for part in field.split(".") if field else ():
            real = real.fields.get(part) if real else None
        return _either(made, real)

    def ranges(made: Interval, column: str, field: str) -> Interval | None:
        real = None if field else pool.ranges.get(column)
        return real and (min(made[0], real[0]), max(made[1], real[1]))

    return replace(
        names,
        values=also(names.values, values),
        ranges=also(names.ranges, ranges),
        kept=also(names.kept, ranges),
    )


def _either(made: Values, real: Values | None) -> Values | None:
    """Return what is known of a value of one row or another: of texts, which there are.

    Where nothing is known of the real one, it is of the same type: files have one for a column.
    """
    if real is None:
        return Values(made.type, items=made.items)
    both, texts = common(made, real), made.allowed or made.seen
    if both is None or not (texts and real.seen):
        return both
    return replace(both, allowed=(), seen=tuple(dict.fromkeys((*texts, *real.seen))))

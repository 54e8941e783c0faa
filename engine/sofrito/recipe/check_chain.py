"""Filters that let nothing pass together, although each of them could."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from sofrito.problems import did_you_mean
from sofrito.recipe.base import Fragment, Key
from sofrito.recipe.entries import Check
from sofrito.recipe.scene import Scene
from sofrito.recipe.words import either, from_to, quoted, ticked

Placed = tuple[Key, Check]
_FIX = "Loosen or remove one of the two."


def check_chain(scene: Scene, checks: Sequence[Placed]) -> None:
    """Note filters of one chain that contradict each other; each comes with the place of its entry."""
    for (_, first), (path, second) in combinations(checks, 2):
        for measure, bounds in second.bounds().items():
            earlier = first.bounds().get(measure)
            if earlier and max(bounds[0], earlier[0]) > min(bounds[1], earlier[1]):
                here, there = from_to(*bounds), from_to(*earlier)
                what = f"Nothing passes: {measure} must be {here} here, and {there} in the filter before."
                scene.problems.add("SOF211", path, what, _FIX, at_key=True)
    for path, wanting, wanted in _wanted(checks):
        refusing = _refusing(checks, wanting, wanted)
        if refusing is not None:
            texts = either(quoted(one.text) for one in wanted)
            what = f"Nothing passes: `{wanting.filter}` wants {texts}, which `{refusing}` refuses."
            scene.problems.add("SOF211", path, what, _FIX, at_key=True)


def check_pool_columns(scene: Scene, check: Check, pool: str, path: Key) -> None:
    """Note a column that a filter wants to compare with and that its seed pool has not."""
    known = scene.pools[pool].columns if pool in scene.pools else None
    for column in check.pool_columns():
        if known and column not in known:
            what = f"The seed pool `{pool}` has no column `{column}`."
            fix = did_you_mean(column, known, otherwise=f"It has {ticked(sorted(known))}.")
            scene.problems.add("SOF201", scene.places.find(path, column), what, fix)


def _wanted(checks: Sequence[Placed]) -> Iterator[tuple[Key, Check, tuple[Fragment, ...]]]:
    for path, check in checks:
        for group in check.wanted():
            yield path, check, group


def _refusing(checks: Sequence[Placed], wanting: Check, wanted: tuple[Fragment, ...]) -> str | None:
    """Return the filter that refuses each of some texts, None if one of them may pass."""
    others = [one for _, one in checks if one is not wanting]
    by = [next((one.filter for one in others if one.refuses(text)), None) for text in wanted]
    return by[0] if all(by) else None

"""Shots and growth: what steps draw from seed pools, and what they add to them."""

from collections.abc import Container, Iterable, Mapping

from sofrito.problems import Severity
from sofrito.recipe.base import Key, PoolDraw
from sofrito.recipe.inference import common
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Scene
from sofrito.recipe.value_types import Gap, Values
from sofrito.recipe.verb import Verb


def check_draws(scene: Scene, path: Key, step: Verb) -> None:
    """Check what a step draws from pools, and the pool it feeds."""
    for key, draw in step.draws().items():
        _check_draw(scene, (*path, *key), draw)
    _check_numbers(scene, path, step)
    if pool := step.grows():
        known = scene.declared("seeds", pool, (*path, step.verb))
        if known and scene.all_steps_sound and not _drawn_grown(scene, pool):
            what = f"`{pool}` grows here, and no step draws rows that it grew."
            fix = (
                f"Draw them: `shots: [{{draw: 2, from: {pool}, grown: true}}]`; or remove the step."
            )
            scene.problems.warn("SOF213", (*path, step.verb), what, fix)


def check_shown(scene: Scene, path: Key, step: Verb, reads: Container[str]) -> None:
    """Warn of shots that no template of a step shows; ``reads`` are the names that these read."""
    if not step.draws() or "shots" in reads or scene.names.dynamic:
        return
    if not any(found.path[: len(path)] == path for found in scene.problems.found):
        what = "The step draws shots, and its prompt shows none."
        fix = "Show them: {% for shot in shots %}{{ shot.COLUMN }}{% endfor %}; or draw none."
        scene.problems.warn("SOF213", (*path, "shots"), what, fix, at_key=True)


def drawn_columns(scene: Scene, draws: Iterable[PoolDraw]) -> frozenset[str] | None:
    """Return the columns that some of the rows drawn have; None if it cannot be told."""
    columns: set[str] = set()
    for draw in draws:
        own = frozenset[str]() if draw.grown and not draw.fill else _own(scene, draw.pool)
        if own is None or (draw.grown and not scene.all_steps_sound):
            return None
        columns |= own | (_grown(scene, draw.pool) if draw.grown else set())
    return frozenset(columns)


def drawn_values(scene: Scene, draws: Iterable[PoolDraw]) -> Values:
    """Return what is known of the rows drawn: records, and the values of the pools' own rows."""
    known = [
        Values("record") if draw.grown else Values("record", fields=_values(scene, draw.pool))
        for draw in draws
    ]
    return common(*known) or Values("record")


def drawn_gaps(scene: Scene, draws: Iterable[PoolDraw]) -> dict[str, Gap]:
    """Return the fields of shots that have no value in some rows, by `shots.field`."""
    own = (draw.pool for draw in draws if not draw.grown and not draw.where)
    pools = (scene.pools[pool] for pool in own if pool in scene.pools)
    return {f"shots.{name}": gap for pool in pools for name, gap in pool.gaps.items()}


def _values(scene: Scene, pool: str) -> Mapping[str, Values]:
    return scene.pools[pool].values if pool in scene.pools else {}


def _own(scene: Scene, pool: str) -> frozenset[str] | None:
    return scene.pools[pool].columns if pool in scene.pools else None


def _grown(scene: Scene, pool: str) -> set[str]:
    return {name for _, step in scene.steps() if step.grows() == pool for name in step.uses()}


def _drawn_grown(scene: Scene, pool: str) -> bool:
    draws = (draw for _, step in scene.steps() for draw in step.draws().values())
    return any(draw.grown and draw.pool == pool for draw in draws)


def _grows(scene: Scene, pool: str) -> bool:
    return any(step.grows() == pool for _, step in scene.steps())


def _check_draw(scene: Scene, path: Key, draw: PoolDraw) -> None:
    if not scene.declared("seeds", draw.pool, (*path, "from")):
        return
    if draw.where:
        columns = drawn_columns(scene, [draw])
        known = dict.fromkeys(columns or (), f"`{draw.pool}`")
        own = scene.pools[draw.pool].values if draw.pool in scene.pools and not draw.grown else {}
        names = Names(known, open=columns is None, values=own)
        scene.names.expression(draw.where, (*path, "where"), names)
    if draw.grown and scene.all_steps_sound and not _grows(scene, draw.pool):
        what = f"No step grows `{draw.pool}`, so there are no grown rows to draw."
        fix = f"Add the step `- grow: {draw.pool}`, or remove `grown`."
        severity: Severity = "warning" if draw.fill else "error"
        scene.problems.add("SOF212", (*path, "grown"), what, fix, severity=severity, at_key=True)
    if draw.fill and not draw.grown:
        what, fix = "`fill` does nothing without `grown: true`.", "Add it, or remove `fill`."
        scene.problems.warn("SOF212", (*path, "fill"), what, fix, at_key=True)


def _check_numbers(scene: Scene, path: Key, step: Verb) -> None:
    """Warn where a step draws more of a pool's own rows than there are."""
    wanted: dict[str, int] = {}
    for key, draw in step.draws().items():
        there = scene.pools[draw.pool].rows if draw.pool in scene.pools else None
        if there and draw.pool == scene.recipe.from_:
            there -= 1  # a row is no example for itself
        if draw.grown or there is None:
            continue
        before = wanted.get(draw.pool, 0)
        wanted[draw.pool] = before + draw.rows
        if before <= there < wanted[draw.pool]:
            what = f"The shots ask for {wanted[draw.pool]} rows of `{draw.pool}`; {there} can be drawn."
            fix = "A row is drawn once, and never as its own example: prompts get fewer."
            at = (*path, *key, "draw")
            scene.problems.warn("SOF212", at, what, fix)

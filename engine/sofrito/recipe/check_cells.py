"""Quotas that cannot be met: combinations of the axes of which no row ever comes through."""

from collections.abc import Mapping
from typing import Any

from sofrito.problems import Severity
from sofrito.recipe.base import Key
from sofrito.recipe.binding import bound_expression
from sofrito.recipe.cells import Cell, Cells, NotTold
from sofrito.recipe.entries import Check
from sofrito.recipe.scene import Scene
from sofrito.recipe.verb import Verb
from sofrito.recipe.words import either

_SHOWN = 3


def check_cells(scene: Scene) -> None:
    """Try every condition that reads nothing but axes, and what is computed of them, on each cell.

    One that none passes, and one that fails for cells which the recipe's rows are spread over, is an
    error, as are more rows than there are different ones at a `dedup`.
    """
    if not (scene.all_steps_sound and scene.draft.sound("axes") and scene.draft.sound("cover")):
        return
    axes, params = scene.recipe.axes, scene.recipe.values()
    weights = {
        name: {value: axes[name].values.get(value, 1.0) for value in values}
        for name, values in scene.axes.items()
        if values
    }
    cells = Cells(weights, bound_expression(scene.recipe.cover.exclude, params))
    for index, step in scene.steps():
        _check_step(scene, ("steps", index), step, cells)
        cells.step(step, bound_expression(step.computes(), params))
        if step.keep:
            source = bound_expression(step.keep, params)
            _check_condition(scene, ("steps", index, "keep"), step, cells, source)


def _check_step(scene: Scene, path: Key, step: Verb, cells: Cells) -> None:
    if not (step.makes() or step.rewrites()):
        for index, check in enumerate(step.filters()):
            for one in scene.expanded(check):
                _check_filter(scene, (*path, step.chain_key, index), step, cells, one)
    _check_distinct(scene, path, step, cells)


def _check_filter(scene: Scene, path: Key, step: Verb, cells: Cells, check: Check) -> None:
    columns = step.object

    def passes(values: Mapping[str, Any]) -> bool:
        verdict = check.passes(values, columns)
        if verdict is None:
            raise NotTold
        return verdict

    names = {*columns, *check.uses()}
    told = f"The filter `{check.filter}` rejects"
    _report(scene, path, cells.failing(names, passes, _when(scene, step)), told)


def _check_condition(scene: Scene, path: Key, step: Verb, cells: Cells, source: str) -> None:
    if any(found.path == path for found in scene.problems.found):
        return
    condition = cells.condition(source)
    if condition is None:
        return
    failing = cells.failing(condition.names, condition.truth, _when(scene, step))
    _report(scene, path, failing, f"`keep: {step.keep}` rejects")


def _when(scene: Scene, step: Verb) -> str:
    return bound_expression(step.when, scene.recipe.values())


def _report(
    scene: Scene,
    path: Key,
    failing: tuple[list[Cell], float] | None,
    told: str,
) -> None:
    """Note the cells that fail, with their share of all."""
    if failing is None or not failing[0]:
        return
    found, share = failing
    if share >= 1:
        same = "it says the same of all combinations of the axes"
        same = same if scene.recipe.axes else "what it looks at is the same in all"
        what = f"{told} every row: {same}."
        scene.problems.add("SOF211", path, what, "No row comes through: correct it.")
    elif rows := scene.recipe.rows:
        what = f"{told} every row where {_listed(found)}, and `rows` counts on these as well."
        exclude = scene.recipe.cover.exclude
        leave = _expression(found)
        written = leave.replace("\\", "\\\\").replace('"', '\\"')
        fix = f'Leave them out: `cover: {{exclude: "{written}"}}`.'
        if exclude:
            fix = f"Leave them out as well: `exclude: ({exclude}) or {leave}`."
        # A share of less than a row may have no row at all.
        severity: Severity = "error" if rows * share >= 1 else "warning"
        scene.problems.add("SOF211", path, what, fix, severity=severity)


def _listed(cells: list[Cell]) -> str:
    if len(cells[0]) == 1:
        ((name, _),) = cells[0]
        values = [f"'{value}'" for ((_, value),) in cells]
        if (left := len(values) - _SHOWN) > 0:
            return f"`{name}` is {', '.join(values[:_SHOWN])} or one of {left:,} other values"
        return f"`{name}` is {either(values)}"
    more = len(cells) - 1
    others = f" (and in {more} other combination{'s' * (more > 1)})" if more else ""
    return " and ".join(f"`{name}` is '{value}'" for name, value in cells[0]) + others


def _expression(cells: list[Cell]) -> str:
    """Return the expression over the axes that is true of these cells."""
    if len(cells[0]) == 1:
        ((name, first),) = cells[0]
        values = ", ".join(_quoted(value) for ((_, value),) in cells)
        return f"{name} == {_quoted(first)}" if len(cells) == 1 else f"{name} in [{values}]"
    each = [" and ".join(f"{name} == {_quoted(one)}" for name, one in cell) for cell in cells]
    return each[0] if len(each) == 1 else " or ".join(f"({one})" for one in each[:_SHOWN])


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _check_distinct(scene: Scene, path: Key, step: Verb, cells: Cells) -> None:
    """Note more rows than there are different ones, where no later step makes several of one."""
    rows = scene.recipe.rows
    distinct = cells.distinct(step.uses(), step.tells_apart)
    if not rows or distinct is None or rows <= distinct:
        return
    if not any(one.fans_out() for index, one in scene.steps() if ("steps", index) > path):
        columns = either([f"`{name}`" for name in step.object], "and")
        depends = "depends" if len(step.object) == 1 else "depend"
        on = "the axes alone" if scene.recipe.axes else "nothing"
        only = f"{distinct:,} row{'s' * (distinct != 1)}"
        what = (
            f"`rows` is {rows:,}, and at most {only} can differ here: {columns} {depends} on {on}."
        )
        fix = f"Ask for {only}, or compare a column that a model writes."
        scene.problems.add("SOF211", (*path, step.verb), what, fix)

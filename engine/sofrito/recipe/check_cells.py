"""Quotas that cannot be met: combinations of the axes of which no row ever comes through."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sofrito.problems import Severity
from sofrito.recipe.base import Key
from sofrito.recipe.binding import bound_expression
from sofrito.recipe.cell_expression import cells_expression
from sofrito.recipe.cells import Cell, Cells, Failing, NotTold
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
    exclude = bound_expression(scene.recipe.cover.exclude, params)
    cells, listed = Cells(weights, exclude), Cells(weights, exclude)
    for index, step in scene.steps():
        _check_step(scene, ("steps", index), step, cells)
        _check_distinct(scene, ("steps", index), step, cells, listed)
        cells.step(step, bound_expression(step.computes(), params))
        listed.step(step, bound_expression(step.computes(), params))
        for name, values in step.closed().items():
            listed.listed(name, (*values, None) if step.when else values)
        if step.keep:
            source = bound_expression(step.keep, params)
            _check_condition(scene, ("steps", index, "keep"), step, cells, source)


def _check_step(scene: Scene, path: Key, step: Verb, cells: Cells) -> None:
    if not (step.makes() or step.rewrites()):
        for index, check in enumerate(step.filters()):
            for one in scene.expanded(check):
                _check_filter(scene, (*path, step.chain_key, index), step, cells, one)


def _check_filter(scene: Scene, path: Key, step: Verb, cells: Cells, check: Check) -> None:
    columns = step.object

    def passes(values: Mapping[str, Any]) -> bool:
        verdict = check.passes(values, columns)
        if verdict is None:
            raise NotTold
        return verdict

    names = {*columns, *check.uses()}
    told = f"The filter `{check.filter}` rejects"
    failing = cells.failing(names, passes, _when(scene, step))
    _report(scene, path, failing, told)


def _check_condition(scene: Scene, path: Key, step: Verb, cells: Cells, source: str) -> None:
    if any(found.path == path for found in scene.problems.found):
        return
    condition = cells.condition(source)
    if condition is None:
        return
    failing = cells.failing(condition.names, condition.truth, _when(scene, step))
    plain = cells.axes_alone(condition.names) and not step.when and "\n" not in step.keep
    otherwise = f"not ({step.keep})" if plain else ""
    _report(scene, path, failing, f"`keep: {step.keep}` rejects", otherwise)


def _when(scene: Scene, step: Verb) -> str:
    return bound_expression(step.when, scene.recipe.values())


def _report(
    scene: Scene, path: Key, failing: Failing | None, told: str, otherwise: str = ""
) -> None:
    """Note the cells that fail, with their share of all; ``otherwise`` is true of them as well."""
    if failing is None or not failing.cells:
        return
    if failing.share >= 1:
        same = "it says the same of all combinations of the axes"
        same = same if scene.recipe.axes else "what it looks at is the same in all"
        what = f"{told} every row: {same}."
        scene.problems.add("SOF211", path, what, "No row comes through: correct it.")
    elif rows := scene.recipe.rows:
        listed = _listed(failing.cells)
        what = f"{told} every row where {listed}, and `rows` counts on these as well."
        fix = _leave_out(scene, cells_expression(failing, otherwise))
        # A share of less than a row may have no row at all.
        severity: Severity = "error" if rows * failing.share >= 1 else "warning"
        scene.problems.add("SOF211", path, what, fix, severity=severity)


def _leave_out(scene: Scene, cells: str) -> str:
    if not cells:
        return "Leave all of these out: `cover: {exclude: …}` takes an expression over the axes."
    if exclude := scene.recipe.cover.exclude:
        return f"Leave them out as well: `exclude: {_scalar(f'({exclude}) or {cells}')}`."
    return f'Leave them out: `cover: {{exclude: "{_escaped(cells)}"}}`.'


def _scalar(text: str) -> str:
    """Return a text as YAML has it, bare where that can be."""
    return f'"{_escaped(text)}"' if re.search(r": |:$| #|\n", text) else text


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _listed(cells: Sequence[Cell]) -> str:
    if len(cells[0]) == 1:
        ((name, _),) = cells[0]
        values = [f"'{value}'" for ((_, value),) in cells]
        if (left := len(values) - _SHOWN) > 0:
            return f"`{name}` is {', '.join(values[:_SHOWN])} or one of {left:,} other values"
        return f"`{name}` is {either(values)}"
    more = len(cells) - 1
    others = f" (and in {more} other combination{'s' * (more > 1)})" if more else ""
    return " and ".join(f"`{name}` is '{value}'" for name, value in cells[0]) + others


def _check_distinct(scene: Scene, path: Key, step: Verb, cells: Cells, listed: Cells) -> None:
    """Note more rows than there are different ones, where no later step makes several of one.

    ``listed`` are the cells with all columns in them of which every value is listed.
    """
    rows = scene.recipe.rows
    distinct = listed.distinct(step.uses(), step.tells_apart)
    if not rows or distinct is None or rows <= distinct:
        return
    if any(one.fans_out() for index, one in scene.steps() if ("steps", index) > path):
        return
    only = f"{distinct:,} row{'s' * (distinct != 1)}"
    columns = either([f"`{name}`" for name in step.object], "and")
    one = len(step.object) == 1
    if cells.distinct(step.uses(), step.tells_apart) is None:
        why = f"{columns} {'has' if one else 'have'} no other values{' together' * (not one)}"
        other = "compare a column that a model writes freely"
    else:
        on = "the axes alone" if scene.recipe.axes else "nothing"
        why = f"{columns} {'depends' if one else 'depend'} on {on}"
        other = "compare a column that a model writes"
    what = f"`rows` is {rows:,}, and at most {only} can differ here: {why}."
    scene.problems.add("SOF211", (*path, step.verb), what, f"Ask for {only}, or {other}.")

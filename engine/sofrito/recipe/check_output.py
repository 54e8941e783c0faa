"""The output: columns that formats need, the splits, and what is about the set."""

import math

from sofrito.problems import did_you_mean
from sofrito.recipe.base import Key, Writer
from sofrito.recipe.check_set import check_set
from sofrito.recipe.check_truth import check_truth
from sofrito.recipe.check_types import CODE as MISUSED
from sofrito.recipe.check_types import not_listed, other_type
from sofrito.recipe.names import Names
from sofrito.recipe.scene import Scene
from sofrito.recipe.words import either, ticked


def check_output(scene: Scene, names: Names) -> None:
    """Check that what is written is there; ``names`` are those that rows have at the end."""
    for index, writer in enumerate(scene.recipe.output.write):
        path: Key = ("output", "write", index)
        if scene.draft.sound(*path):
            _check_writer(scene, path, writer, names)
    if scene.draft.sound("output", "splits"):
        _check_splits(scene, names)
    check_set(scene, names)


def _check_writer(scene: Scene, path: Key, writer: Writer, names: Names) -> None:
    if writer.where:
        where: Key = (*path, writer.format, "where")
        scene.used.update(scene.names.expression(writer.where, where, names))
        check_truth(scene, writer.where, where, names.ranges)
    roots = [column.partition(".")[0] for column in writer.uses()]
    scene.used.update(roots or names.known.keys() - scene.recipe.axes.keys())
    values = names.typed(names.known)
    for name, wanted in writer.wants().items():
        if what := other_type(name, wanted, values):
            at = scene.places.find(path, name)
            scene.problems.add(MISUSED, at, what, "`parse: boolean` makes such a column.")
    for name, records in writer.lists().items():
        if what := not_listed(name, records, values):
            at = scene.places.find(path, name)
            scene.problems.add(MISUSED, at, what, records.fix)
    if names.open:
        return
    missing: dict[Key, list[str]] = {}
    for column, root in dict(zip(writer.uses(), roots, strict=True)).items():
        if root in names.known:
            scene.names.expression(column, scene.places.find(path, column), names)
        else:
            missing.setdefault(scene.places.find(path, column), []).append(column)
    for at, columns in missing.items():
        noun = "column" if len(columns) == 1 else "columns"
        listed = either(map("`{}`".format, columns), "and")
        what = f"`{writer.format}` needs the {noun} {listed}, which nothing makes."
        fix = _column_fix(writer, columns[0], names)
        lacks: Key = ("columns", columns[0].partition(".")[0]) if len(columns) == 1 else ()
        scene.problems.add("SOF210", at, what, fix, missing=lacks)


def _column_fix(writer: Writer, column: str, names: Names) -> str:
    if column in (remedies := writer.remedies()):
        return remedies[column]
    fields = (name for name in type(writer).model_fields if getattr(writer, name) == column)
    field = next(fields, "")
    listed = f"There are {ticked(sorted(names.known))}."
    near = did_you_mean(column, names.known)
    such = f": `{writer.format}: {{{field}: COLUMN}}`" if field else ""
    return f"{near or f'Name another{such}.'} {listed}"


def _check_splits(scene: Scene, names: Names) -> None:
    splits = dict(scene.recipe.output.splits)
    group = splits.pop("group_by", None)
    path: Key = ("output", "splits")
    scene.used.add(str(group))
    if group is not None and group not in names.known and not names.open:
        what = f"`group_by` is the column `{group}`, which nothing makes."
        scene.problems.add("SOF210", (*path, "group_by"), what, names.fix(str(group)))
    total = math.fsum(splits.values())
    if scene.recipe.output.splits and not math.isclose(total, 1, abs_tol=1e-6):
        what = f"The shares of the splits add up to {total:g}, not to 1."
        fix = f"Take {total - 1:g} from one of them."
        if total < 1:
            fix = f"Add {1 - total:g} to one of them, or name the split of the rest."
        scene.problems.add("SOF104", path, what, fix, at_key=True)

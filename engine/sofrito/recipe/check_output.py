"""The output: columns that formats need, the splits, and what is about the set."""

import math

from sofrito.problems import did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.check_set import check_set
from sofrito.recipe.check_truth import check_truth
from sofrito.recipe.check_types import CODE as MISUSED
from sofrito.recipe.check_types import not_listed, other_type
from sofrito.recipe.check_written import check_written
from sofrito.recipe.entries import Writer
from sofrito.recipe.mixed import with_real_rows
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
        all_ = with_real_rows(scene, names)
        scene.used.update(scene.names.expression(writer.where, where, all_))
        check_truth(scene, writer.where, where, all_)
    _check_apart(scene, path, writer)
    for column, subject in writer.holds_for().items():
        _check_holding(scene, column, subject)
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
    check_written(scene, path, writer, names)
    if names.open:
        return
    missing: dict[Key, list[str]] = {}
    for column, root in dict(zip(writer.uses(), roots, strict=True)).items():
        if root in names.known:
            scene.names.expression(column, scene.places.find(path, column), names)
        elif column not in writer.optional() or root in names.gone:
            missing.setdefault(scene.places.find(path, column), []).append(column)
    for at, columns in missing.items():
        noun = "column" if len(columns) == 1 else "columns"
        listed = either(map("`{}`".format, columns), "and")
        gone = [one for column in columns if (one := column.partition(".")[0]) in names.gone]
        lacking = "which rows do not have at the end" if gone else "which nothing makes"
        what = f"`{writer.format}` needs the {noun} {listed}, {lacking}."
        fix = _column_fix(writer, columns[0], names)
        if gone:
            fix = f"{did_you_mean(gone[0], names.known)} {names.fix(gone[0])}".lstrip()
        alone = len(columns) == 1 and not gone
        lacks: Key = ("columns", columns[0].partition(".")[0]) if alone else ()
        scene.problems.add("SOF210", at, what, fix, missing=lacks)


def _check_apart(scene: Scene, path: Key, writer: Writer) -> None:
    """Note a column that is written as two things of which one is nothing without the other."""
    first: dict[str, str] = {}
    for field in writer.apart:
        column = str(getattr(writer, field))
        earlier = first.setdefault(column, field)
        if column and earlier != field:
            what = f"`{writer.format}` takes `{column}` as `{earlier}` and as `{field}`."
            at: Key = (*path, writer.format, field)
            fix = "These are two different columns: name another for one of them."
            here = at if scene.places.at(at) is not None else at[:-1]
            scene.problems.add("SOF212", here, what, fix)


def _check_holding(scene: Scene, column: str, subject: str) -> None:
    """Note each step that writes a column anew after another one was made that holds for its value."""
    made = False
    for index, step in enumerate(scene.recipe.steps):
        written = (*step.makes(), *step.rewrites())
        if column in written:
            made = True
        elif made and subject in written:
            what = (
                f"`{column}` holds for `{subject}` as it was before `{step.label}` writes it anew."
            )
            fix = "Keep the new value in a column of its own, or remove the step."
            scene.problems.add("SOF212", ("steps", index, step.verb), what, fix)


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
    root = str(group).partition(".")[0]
    scene.used.add(root)
    if group is not None and root in names.known:
        scene.used.update(scene.names.expression(group, (*path, "group_by"), names))
    elif group is not None and not names.open:
        lacking = "rows do not have at the end" if root in names.gone else "nothing makes"
        what = f"`group_by` is the column `{root}`, which {lacking}."
        scene.problems.add("SOF210", (*path, "group_by"), what, names.fix(root))
    total = math.fsum(splits.values())
    if scene.recipe.output.splits and not math.isclose(total, 1, abs_tol=1e-6):
        what = f"The shares of the splits add up to {total:g}, not to 1."
        fix = f"Take {total - 1:g} from one of them."
        if total < 1:
            fix = f"Add {1 - total:g} to one of them, or name the split of the rest."
        scene.problems.add("SOF104", path, what, fix, at_key=True)

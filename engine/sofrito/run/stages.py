"""Rows at a stage of the program: how they enter it, what is counted, and siblings together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sofrito.plan.program import Stage
from sofrito.recipe.expressions import ExpressionError
from sofrito.run.candidate import Root
from sofrito.steps.work import Event, Gather, Join, Lost, Outcome, Row


def enter(root: Root, row: Row, stage: Stage, name: str) -> Row | None:
    """Count a row that enters a step, called ``name``, and mark it if the step's `when` is false.

    None if the condition fails on the row's values: the row has failed.
    """
    operation = stage.operation
    if not stage.first:
        return row
    tally = root.tally(operation.step)
    tally.entered += 1
    try:
        if operation.guard is None or operation.guard.truth(row.values):
            return row
    except ExpressionError as error:
        tally.failed["expression"] += 1
        detail = f"when: {error.words}"
        root.lost.append((operation.step, Lost(row, "failed", "expression", detail)))
        return None
    row = row.told(Event(name, "skip", {"when": operation.guard.source}))
    return replace(
        row, skipping=operation.step, values={**dict.fromkeys(operation.nulls), **row.values}
    )


def count(root: Root, stage: Stage, entered: int, outcome: Outcome) -> None:
    """Count what became of so many rows at a stage, and keep those that were lost."""
    step = stage.operation.step
    tally = root.tally(step)
    tally.made += max(0, len(outcome) - entered)
    for one in outcome:
        if isinstance(one, Lost):
            (tally.rejected if one.kind == "rejected" else tally.failed)[one.reason] += 1
            root.lost.append((step, one))
        elif stage.last:
            tally.out += 1


def together(root: Root, rows: Sequence[Row], stage: Stage, name: str) -> list[Row]:
    """Return what becomes of all the rows of a candidate where siblings are looked at together."""
    operation = stage.operation
    assert isinstance(operation, Gather | Join)
    families: dict[tuple[int, ...], list[Row]] = {}
    through: list[Row] = []
    for one in sorted(rows, key=by_path):
        row = enter(root, one, stage, name)
        if row is None:
            continue
        if row.skipping == operation.step:
            count(root, stage, 1, [row])
            through.append(row)
        else:
            families.setdefault(row.path[:-1], []).append(row)
    if isinstance(operation, Join):
        through += _joined(root, stage, operation, families)
    else:
        for siblings in families.values():
            outcome = operation.run(tuple(siblings))
            count(root, stage, len(siblings), outcome)
            through += [one for one in outcome if isinstance(one, Row)]
    return sorted(through, key=by_path)


def _joined(
    root: Root, stage: Stage, join: Join, families: Mapping[tuple[int, ...], Sequence[Row]]
) -> list[Row]:
    """Return what becomes of the parents of siblings, also where none of these is left."""
    lost = [one.row for step, one in root.lost if step >= join.opener]
    made = [row for rows in (*families.values(), lost) for row in rows]
    parents = {
        row.parent.path: row.parent for row in made if row.parent and len(row.path) == join.depth
    }
    through: list[Row] = []
    for path, parent in parents.items():
        siblings = tuple(families.get(path, ()))
        outcome = join.run(parent, siblings)
        root.tally(join.step).joined += max(0, len(siblings) - len(outcome))
        count(root, stage, len(siblings), outcome)
        through += [one for one in outcome if isinstance(one, Row)]
    return through


def by_path(row: Row) -> tuple[int, ...]:
    """Return what rows are ordered by."""
    return row.path

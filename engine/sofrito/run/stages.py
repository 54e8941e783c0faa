"""Rows at a stage of the program: how they enter it, what is counted, and siblings together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sofrito.plan.program import Stage
from sofrito.recipe.expressions import ExpressionError
from sofrito.run.candidate import Root
from sofrito.steps.work import Counted, Event, Gather, Join, Lost, Outcome, Row, Work


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
    if isinstance(outcome, Counted):
        tally.counted.update(outcome.counted)
    for one in outcome:
        if isinstance(one, Lost):
            (tally.rejected if one.kind == "rejected" else tally.failed)[one.reason] += 1
            root.lost.append((step, one))
        elif stage.last:
            tally.out += 1


@dataclass(frozen=True, slots=True)
class Family:
    """Innermost siblings that are left, in order, and the row they came out of where they are closed."""

    rows: tuple[Row, ...]
    parent: Row | None = None

    def looked_at(self, stage: Stage) -> Work | Outcome:
        """Return what a stage makes of the siblings together."""
        operation = stage.operation
        if isinstance(operation, Join):
            assert self.parent is not None
            return operation.run(self.parent, self.rows)
        assert isinstance(operation, Gather)
        return operation.run(self.rows)


def families_of(
    root: Root, rows: Sequence[Row], stage: Stage, name: str
) -> tuple[list[Family], list[Row]]:
    """Divide a candidate's rows into families; the second list are rows whose `when` is false."""
    families: dict[tuple[int, ...], list[Row]] = {}
    passing: list[Row] = []
    for one in sorted(rows, key=by_path):
        row = enter(root, one, stage, name)
        if row is None:
            continue
        if row.skipping == stage.operation.step:
            count(root, stage, 1, [row])
            passing.append(row)
        else:
            families.setdefault(row.path[:-1], []).append(row)
    if isinstance(stage.operation, Join):
        return _closed(root, stage.operation, families), passing
    return [Family(tuple(siblings)) for siblings in families.values()], passing


def _closed(
    root: Root, join: Join, families: Mapping[tuple[int, ...], Sequence[Row]]
) -> list[Family]:
    """Return the families that are closed, those included of which no sibling is left."""
    lost = [one.row for step, one in root.lost if step >= join.opener]
    made = [row for rows in (*families.values(), lost) for row in rows]
    parents = {
        row.parent.path: row.parent for row in made if row.parent and len(row.path) == join.depth
    }
    return [Family(tuple(families.get(path, ())), parents[path]) for path in sorted(parents)]


def settled(root: Root, stage: Stage, family: Family, outcome: Outcome) -> list[Row]:
    """Count what became of a family, and return the rows that go on."""
    if isinstance(stage.operation, Join):
        joined = max(0, len(family.rows) - len(outcome))
        root.tally(stage.operation.step).joined += joined
        root.joined += ((stage.operation.step, row) for row in family.rows)
    count(root, stage, len(family.rows), outcome)
    return [one for one in outcome if isinstance(one, Row)]


def by_path(row: Row) -> tuple[int, ...]:
    """Return what rows are ordered by."""
    return row.path

"""What rows of seeds have beside what the recipe says that their columns are."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sofrito.problems import Problem, did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.scene import Scene
from sofrito.recipe.seed_columns import Misfit, kind_of, optional, shown
from sofrito.recipe.seed_files import Peek
from sofrito.recipe.seed_rows import SeedRow
from sofrito.recipe.words import ticked

_EACH = 3
"""Rows that are told one by one, where others have their columns as declared."""

_LISTED = 12


def check_columns(scene: Scene, path: Key, declared: Mapping[str, str], peek: Peek) -> None:
    """Note each declared column that rows lack, or have otherwise, once where that is the rule.

    ``path`` is the pool's. What all rows do is the recipe's fault, and is told there.
    """
    columns = dict.fromkeys(name for one in peek.misfits for name in one.problems)
    for column in columns:
        found = [one for one in peek.misfits if column in one.problems]
        others = [one.row for one in peek.misfits if column not in one.problems]
        if len(found) > 1 and not _any_has(column, declared[column], [*peek.rows, *others]):
            what, fix = _of_all(column, declared[column], found)
            at = (*path, "columns", column)
            scene.problems.add("SOF209", at, what, fix, at_key=True)
            continue
        for problem in _of_some(column, found):
            scene.problems.add("SOF209", path, problem.what, problem.fix, where=problem.where)


def _any_has(column: str, declared: str, rows: Sequence[SeedRow]) -> bool:
    """Say whether any row has a value of a column; an empty text is null where that is allowed."""
    none = (None, "") if declared.endswith("?") else (None,)
    return any(row.values.get(column) not in none for row in rows)


def _of_all(column: str, declared: str, found: Sequence[Misfit]) -> tuple[str, str]:
    file = found[0].row.where.file
    names = dict.fromkeys(name for one in found for name in one.row.values)
    if column not in names:
        fix = did_you_mean(
            column, names, otherwise=f"Name one of these. {optional(column, declared)}"
        )
        more = ", …" if len(names) > _LISTED else ""
        has = f"{ticked([*names][:_LISTED])}{more}" if names else "none"
        return f"`{file.name}` has no column `{column}`; it has {has}.", fix
    values = [one.row.values.get(column) for one in found]
    kind = kind_of(values, from_text=file.suffix.lower() in (".csv", ".tsv"))
    mark = "?" if declared.endswith("?") or None in values else ""
    what = (
        f"`{column}` is declared as {declared}, and is none in any row of `{file.name}` that was "
        f"looked at: the first has {shown(values[0])}."
    )
    return what, f"Declare `{column}: {kind}{mark}`, or correct the file."


def _of_some(column: str, found: Sequence[Misfit]) -> list[Problem]:
    """Return a problem for each row, or for the first of many."""
    told = [one.problems[column] for one in found]
    if len(told) <= _EACH:
        return told
    what = f"{told[0].what} {len(told) - 1} more rows are like it."
    return [replace(told[0], what=what)]

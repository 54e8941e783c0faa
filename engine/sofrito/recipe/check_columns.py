"""What rows of seeds have beside what the recipe says that their columns are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sofrito.problems import Problem, did_you_mean
from sofrito.recipe.base import Key
from sofrito.recipe.model_rows import Seeds
from sofrito.recipe.scene import Scene
from sofrito.recipe.seed_columns import Misfit, kind_of, optional, shown
from sofrito.recipe.seed_files import Peek
from sofrito.recipe.seed_inline import inline_rows
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
        for problem in _of_some([one.problems[column] for one in found]):
            scene.problems.add("SOF209", path, problem.what, problem.fix, where=problem.where)
    if peek.rows and not peek.misfits:
        _check_nulls(scene, path, declared, peek)


def _check_nulls(scene: Scene, path: Key, declared: Mapping[str, str], peek: Peek) -> None:
    """Warn of columns that may be null, and are so in every row that was looked at."""
    for column in declared:
        if not _any_has(column, declared[column], peek.rows):
            file, others = (
                peek.rows[0].where.file,
                [one for one in peek.columns if one not in declared],
            )
            what = f"`{column}` is null in every row of `{file.name}` that was looked at."
            other = f"If another one is meant: it has {ticked(others[:_LISTED])}."
            none = "Correct the file, or let the recipe do without it."
            fix = did_you_mean(column, others, otherwise=other if others else none)
            at = (*path, "columns", column)
            scene.problems.add("SOF209", at, what, fix, at_key=True, severity="warning")


def check_inline(scene: Scene, name: str, seeds: Seeds) -> None:
    """Note what is not as declared in the rows of a pool that are written in the recipe."""
    found: dict[str, list[Problem]] = {}
    for index, item in enumerate(inline_rows(name, seeds, scene.places)):
        if isinstance(item, Misfit):
            for column, problem in item.problems.items():
                at: Key = ("seeds", name, "rows", index, column)
                there = replace(problem, where=scene.places.span(at))
                value, declared = item.row.values.get(column), seeds.columns[column]
                if declared.startswith("string") and isinstance(value, int | float):
                    kind = f"{kind_of([value], from_text=False)}{'?' * declared.endswith('?')}"
                    quoted = json.dumps(scene.places.source(at), ensure_ascii=False)
                    fix = f"Put it in quotes, `{quoted}`, or declare `{column}: {kind}`."
                    there = replace(there, fix=fix)
                found.setdefault(column, []).append(there)
    for problem in (one for told in found.values() for one in _of_some(told)):
        scene.problems.add("SOF209", (), problem.what, problem.fix, where=problem.where)


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


def _of_some(told: list[Problem]) -> list[Problem]:
    """Return a problem for each row, or for the first of many."""
    if len(told) <= _EACH:
        return told
    what = f"{told[0].what} {len(told) - 1} more rows are like it."
    return [replace(told[0], what=what)]

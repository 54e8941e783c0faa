"""Columns of a seed pool that some of its rows lack, or that are null in some."""

from collections.abc import Iterable, Mapping, Sequence

from sofrito.problems import Span
from sofrito.recipe.model_rows import Seeds
from sofrito.recipe.seed_columns import kind_of
from sofrito.recipe.value_types import Gap


def seed_gaps(
    name: str,
    seeds: Seeds,
    columns: Iterable[str],
    rows: Sequence[tuple[Mapping[str, object], Span]],
    *,
    complete: bool,
) -> dict[str, Gap]:
    """Return the columns of the pool ``name`` that have no value in some row, each with the first.

    ``complete``: ``rows`` are all that there are. In others a column may be null that is declared so.
    """
    found = {column: _gap(name, seeds, column, rows, complete=complete) for column in columns}
    return {column: gap for column, gap in found.items() if gap}


def _gap(
    name: str,
    seeds: Seeds,
    column: str,
    rows: Sequence[tuple[Mapping[str, object], Span]],
    *,
    complete: bool,
) -> Gap | None:
    declared = seeds.columns.get(column, "")
    values = [values.get(column) for values, _ in rows]
    if not declared:
        for row, where in rows:
            if column not in row:
                kind = kind_of(values, from_text=False)
                fix = f"Let it be null, by `columns: {{{column}: {kind}?}}` of the seeds `{name}`"
                return Gap(_in(where, seeds), fix, absent=True)
    elif not declared.endswith("?"):
        return None
    for value, (_, where) in zip(values, rows, strict=True):
        if value is None:
            return Gap(_in(where, seeds), "Correct the row")
    if declared and not complete:
        allowed = f"where the seeds `{name}` have none (`{column}: {declared}`)"
        return Gap(allowed, f"Declare `{column}: {declared.removesuffix('?')}` if all have one")
    return None


def _in(where: Span, seeds: Seeds) -> str:
    if seeds.rows:
        return f"in the row of line {where.line}"
    noun = {".parquet": "row", ".json": ""}.get(where.file.suffix.lower(), "line")
    place = f"{noun} {where.line}" if noun else "a row"
    return f"in {place} of `{where.file.name}`"

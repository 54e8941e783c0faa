"""Writes the accepted rows in every format and split, and where each came from."""

from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sofrito.export.folder import DATASET
from sofrito.export.parquet import Lines
from sofrito.export.part import Part, parts_of
from sofrito.export.review import Sample
from sofrito.export.rows import Accepted
from sofrito.export.splits import Splits, shares_of
from sofrito.export.tables import PROVENANCE, provenance
from sofrito.formats.base import value_of
from sofrito.recipe.model import Recipe

_Tables = dict[str, dict[str, Lines]]


@dataclass
class Written:
    """What became of the formats and rows: ``rows`` were gone through.

    ``notes`` are what the user should know of the splits.
    """

    parts: list[Part]
    rows: int = 0
    notes: list[str] = field(default_factory=list)


def write_dataset(
    rows: Iterable[Accepted], partial: Path, recipe: Recipe, sample: Sample | None = None
) -> Written:
    """Write dataset/<format>/<split> and provenance.parquet below ``partial``.

    Goes through the rows twice and holds none of them; ``sample`` is drawn on the way. A row is in
    one split, the same in every format. Raises OSError where writing fails, Trouble where the rows
    cannot be read.
    """
    output = recipe.output
    parts = parts_of(output.write)
    written = Written(parts)
    group_by = output.splits.get("group_by", "")
    splits = Splits(shares_of(output.splits), recipe.seed)
    for row in rows:
        splits.count(_group(row, group_by))
        for part in parts:
            part.learn(row)
        if sample:
            sample.learn(row)
    splits.divide()
    written.notes += splits.notes(group_by) if group_by else []
    if sample:
        sample.divide()
    with ExitStack() as stack:
        tables = _opened(stack, partial, parts, splits.names)
        story = Lines(partial / "provenance.jsonl", PROVENANCE)
        stack.enter_context(closing(story))
        for row in rows:
            split = splits.of(_group(row, group_by))
            story.add(provenance(row, split, review=sample is not None and row.id in sample))
            written.rows += 1
            for part in parts:
                for record in part.records(row):
                    tables[part.name][split].add(record)
    _finished(story, ("parquet",))
    for part in parts:
        part.rows = {split: lines.rows for split, lines in tables[part.name].items()}
        for lines in tables[part.name].values():
            _finished(lines, output.files)
    return written


def _group(row: Accepted, group_by: str) -> Any:
    """Return what keeps rows together; a row that has no value there is a group of its own."""
    value = value_of(row.columns, group_by) if group_by else None
    return row.id if value is None else value


def _opened(
    stack: ExitStack, partial: Path, parts: Iterable[Part], splits: Iterable[str]
) -> _Tables:
    tables: _Tables = {}
    for part in parts:
        shape = part.shape()
        tables[part.name] = {
            split: stack.enter_context(
                closing(Lines(partial / DATASET / part.name / f"{split}.jsonl", shape))
            )
            for split in splits
        }
    return tables


def _finished(lines: Lines, files: tuple[str, ...]) -> None:
    if "parquet" in files:
        lines.to_parquet(lines.path.with_suffix(".parquet"))
    if "jsonl" not in files:
        lines.path.unlink()

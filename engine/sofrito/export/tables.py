"""The tables beside the dataset: where each row came from, and why others did not get there."""

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from sofrito.export.parquet import Lines
from sofrito.export.rows import Accepted, rejected
from sofrito.formats import Type
from sofrito.formats.distill import holds_soft_labels

PROVENANCE: dict[str, Type] = {
    "id": "string",
    "split": "string",
    "origin": "string",
    "review": "boolean",
    "cell": "json",
    "columns": "json",
    "story": "json",
}
REJECTED: dict[str, Type] = {
    "id": "string",
    "step": "string",
    "kind": "string",
    "reason": "string",
    "detail": "string",
    "score": "number",
    "columns": "json",
}

Reasons = Counter[tuple[str, str, str]]


def provenance(row: Accepted, split: str, *, review: bool) -> dict[str, Any]:
    """Return a row's line of provenance.parquet; ``review`` says that an expert is to look at it."""
    return {
        "id": row.id,
        "split": split,
        "origin": row.origin,
        "review": review,
        "cell": _json(row.cell),
        "columns": _json(_told(row.columns)),
        "story": _json(row.story),
    }


def write_rejected(run: Path, partial: Path) -> Reasons:
    """Write rejected.parquet below ``partial``; return the rows by (step, kind, reason).

    Raises OSError where writing fails, Trouble where the rows cannot be read.
    """
    reasons: Reasons = Counter()
    with closing(Lines(partial / "rejected.jsonl", REJECTED)) as lines:
        for row in rejected(run):
            reasons[row.step, row.kind, row.reason] += 1
            lines.add(
                {
                    "id": row.id,
                    "step": row.step,
                    "kind": row.kind,
                    "reason": row.reason,
                    "detail": row.detail,
                    "score": row.score,
                    "columns": _json(_told(row.columns)),
                }
            )
    lines.to_parquet(partial / "rejected.parquet")
    lines.path.unlink()
    return reasons


def _told(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that tell of a row: soft labels are in the dataset, and a thousand numbers."""
    return {name: value for name, value in columns.items() if not holds_soft_labels(value)}


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()

"""Reads what a run left: the accepted rows, and those that went no further."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from sofrito.problems import Trouble

ROWS = "rows.jsonl"
REJECTED = "rejected.jsonl"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that reached the output: its id (`12.0.3`), cell, columns and story."""

    id: str
    cell: Mapping[str, Any]
    columns: Mapping[str, Any]
    story: list[Any]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that went no further than ``step``; ``kind`` is rejected, failed or surplus."""

    id: str
    step: str
    kind: str
    reason: str
    detail: str
    score: float | None
    columns: Mapping[str, Any]


def accepted(run: Path) -> Iterator[Accepted]:
    """Yield the accepted rows of a run folder in order; raises Trouble."""
    for line in _lines(run, ROWS):
        yield Accepted(line["id"], line["cell"], line["columns"], line["story"])


def rejected(run: Path) -> Iterator[Rejected]:
    """Yield the rows of a run folder that went no further; raises Trouble."""
    for line in _lines(run, REJECTED):
        yield Rejected(
            line["id"],
            line["step"],
            line["kind"],
            line["reason"],
            line["detail"],
            line["score"],
            line["columns"],
        )


def _lines(run: Path, name: str) -> Iterator[dict[str, Any]]:
    path = run / name
    try:
        file = path.open("rb")
    except OSError as error:
        raise Trouble(
            f"The run folder {run} has no readable {name} ({error.strerror}).",
            "Run the recipe again: answers that were paid for are read back, not asked again.",
        ) from error
    with file:
        for number, line in enumerate(file, 1):
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise Trouble(
                    f"Line {number} of {path} is cut off or was changed: it is not JSON.",
                    "Run the recipe again: answers that were paid for are read back, "
                    "not asked again.",
                ) from error

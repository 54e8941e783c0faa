"""Reads what a run left: the accepted rows, and those that went no further."""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import orjson

from sofrito.problems import Trouble

ROWS = "rows.jsonl"
REJECTED = "rejected.jsonl"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row that reached the output: its id (`12.0.3`), cell, columns and story.

    ``origin`` is "real" for a row that was mixed in from a seed pool.
    """

    id: str
    cell: Mapping[str, Any]
    columns: Mapping[str, Any]
    story: list[Any]
    origin: Literal["synthetic", "real"] = "synthetic"


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
    yield from map(_accepted, _lines(run, ROWS))


def accepted_at(run: Path, places: Iterable[int]) -> Iterator[Accepted]:
    """Yield the accepted rows that begin at these bytes of the file, which was read through before."""
    with (run / ROWS).open("rb") as file:
        for place in places:
            file.seek(place)
            yield _accepted(orjson.loads(file.readline()))


def places(run: Path) -> "array[int]":
    """Return the byte at which each accepted row begins; raises Trouble."""
    found, at = array("Q"), 0
    for length in _lengths(run, ROWS):
        found.append(at)
        at += length
    return found


def _accepted(line: Mapping[str, Any]) -> Accepted:
    return Accepted(line["id"], line["cell"], line["columns"], line["story"])


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


def _opened(run: Path, name: str) -> BinaryIO:
    try:
        return (run / name).open("rb")
    except OSError as error:
        raise Trouble(
            f"The run folder {run} has no readable {name} ({error.strerror}).",
            "Run the recipe again: answers that were paid for are read back, not asked again.",
        ) from error


def _lengths(run: Path, name: str) -> Iterator[int]:
    with _opened(run, name) as file:
        yield from map(len, file)


def _lines(run: Path, name: str) -> Iterator[dict[str, Any]]:
    path = run / name
    with _opened(run, name) as file:
        for number, line in enumerate(file, 1):
            try:
                yield orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise Trouble(
                    f"Line {number} of {path} is cut off or was changed: it is not JSON.",
                    "Run the recipe again: answers that were paid for are read back, "
                    "not asked again.",
                ) from error

"""Writes a run's rows as they are decided, for the export to read."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import orjson

from sofrito.plan.program import Program
from sofrito.problems import Trouble
from sofrito.steps.work import Event, Lost, Row

ROWS, REJECTED = "rows.jsonl", "rejected.jsonl"
BUFFER = 1 << 18
"""Bytes that are gathered for one write; a crash may lose them, since a run writes both files anew."""


class FileSink:
    """Two files of JSON lines, in number order: rows.jsonl and rejected.jsonl.

    They are written beside their names and put in place when all went well and ``keep`` is left
    true; what is left of a crash is overwritten by the next run, which replays the journal.
    """

    def __init__(self, folder: Path, program: Program) -> None:
        self._folder, self._program = folder, program
        self._steps = (*program.steps, "output")
        self._files: dict[str, BinaryIO] = {}
        self.keep = True

    def __enter__(self) -> Self:
        """Open both files; raises Trouble. Leaves neither behind if it is interrupted."""
        try:
            for name in (ROWS, REJECTED):
                self._files[name] = self._partial(name).open("wb", buffering=BUFFER)
        except OSError as error:
            self._discard()
            raise _trouble(self._folder, error) from error
        except BaseException:
            self._discard()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Close both files and, without an error, put them in place."""
        try:
            for name, file in self._files.items():
                file.close()
                if kind is None and self.keep:
                    self._partial(name).replace(self._folder / name)
                else:
                    self._partial(name).unlink(missing_ok=True)
        except OSError as error:
            raise _trouble(self._folder, error) from error

    def _discard(self) -> None:
        for name in (ROWS, REJECTED):
            if name in self._files:
                self._files[name].close()
            self._partial(name).unlink(missing_ok=True)

    def _partial(self, name: str) -> Path:
        return self._folder / f".{name}.partial"

    def accepted(self, row: Row, cell: int) -> None:
        """Write a row that reached the output."""
        values = self._program.cells[cell].values if self._program.cells else {}
        self._write(
            ROWS,
            {"id": row.id, "cell": values, "columns": row.values, "story": _story(row.story)},
        )

    def lost(self, step: int, lost: Lost) -> None:
        """Write a row that did not."""
        record = {
            "id": lost.row.id,
            "step": self._steps[step],
            "kind": lost.kind,
            "reason": lost.reason,
            "detail": lost.detail,
            "score": lost.score,
            "columns": lost.row.values,
            "story": _story(lost.row.story),
        }
        self._write(REJECTED, record)

    def _write(self, name: str, record: dict[str, Any]) -> None:
        try:
            self._files[name].write(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
        except OSError as error:
            raise _trouble(self._folder, error) from error


def _story(events: Sequence[Event]) -> list[dict[str, Any]]:
    return [{"step": event.step, "kind": event.kind, **event.what} for event in events]


def _trouble(folder: Path, error: OSError) -> Trouble:
    return Trouble(
        f"The run's folder {folder} cannot be written: {error.strerror or error}.",
        "Free some space or name another folder with --out; nothing that was answered is lost.",
    )

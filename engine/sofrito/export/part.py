"""One entry of `write` on its way to the dataset."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from sofrito.export.infer import Inferred, fit
from sofrito.export.rows import Accepted
from sofrito.formats import Format, Type, Unfit
from sofrito.recipe.entries import Writer


class Part:
    """A format with its name in the dataset, its types, and what became of the rows.

    A format that is written a second time is named `messages-2`, and so on. Where a format leaves
    its types to the rows, every row must be shown to :meth:`learn` before the first is written.
    """

    def __init__(self, name: str, writer: Format) -> None:
        self.name = name
        self.format = writer
        self.rows: dict[str, int] = {}
        self.sample: dict[str, Any] | None = None
        self._fixed = writer.shape()
        self._inferred = Inferred()
        self._unfit: Counter[str] = Counter()
        self._first_unfit: dict[str, str] = {}

    @cached_property
    def key(self) -> str:
        """The field with the row's id: `id`, or `row_id` where the rows have a column `id`."""
        return next(
            name for name in ("id", "row_id", "sofrito_row_id") if name not in self._columns
        )

    def learn(self, row: Accepted) -> None:
        """Look at a row before any is written."""
        if self._fixed is not None:
            return
        try:
            for record in self.format.written(row.columns):
                self._inferred.learn(record)
        except Unfit:
            return  # counted when the rows are written

    def shape(self) -> dict[str, Type]:
        """Return the fields of a record with their types, the row's id first."""
        return {self.key: "string", **self._columns}

    def records(self, row: Accepted) -> list[dict[str, Any]]:
        """Return a row's records, none where `where` or the format leaves it out."""
        try:
            records = self.format.written(row.columns)
        except Unfit as error:
            self._unfit[error.words] += 1
            self._first_unfit.setdefault(error.words, row.id)
            return []
        if self._fixed is None:
            records = [
                {name: fit(record.get(name), to) for name, to in self._columns.items()}
                for record in records
            ]
        records = [{self.key: row.id, **record} for record in records]
        self.sample = self.sample or next(iter(records), None)
        return records

    def notes(self) -> list[str]:
        """Say what the user would not expect of this part."""
        found = []
        if self.key != "id":
            found.append(f"{self.name}: rows have a column `id`; the row's own id is `{self.key}`.")
        found += [
            f"{self.name}: the values of `{column}` have no type in common; it is JSON text."
            for column, type_ in self._columns.items()
            if type_ == "json"
        ]
        return found + [
            f"{self.name}: {_left_out(count, self._first_unfit[reason])}: {reason}."
            for reason, count in sorted(self._unfit.items())
        ]

    @cached_property
    def _columns(self) -> dict[str, Type]:
        return self._inferred.shape() if self._fixed is None else self._fixed


def _left_out(count: int, first: str) -> str:
    if count == 1:
        return f"row {first} left out"
    return f"{count:,} rows left out, the first of them {first}"


def parts_of(writers: Sequence[Writer]) -> list[Part]:
    """Return a part for each entry of `write`, every one with a name of its own."""
    parts: list[Part] = []
    for writer in writers:
        assert isinstance(writer, Format), "a recipe that runs was read with formats that can write"
        times = sum(part.format.format == writer.format for part in parts) + 1
        parts.append(Part(writer.format if times == 1 else f"{writer.format}-{times}", writer))
    return parts

"""A sample of the rows for an expert: drawn, written to be filled in, and read back."""

import csv
import heapq
import io
import itertools
import json
import math
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import xxhash

from sofrito.export.rows import Accepted
from sofrito.formats.base import value_of
from sofrito.problems import Trouble
from sofrito.recipe.model_output import Review

CSV, LINES = "review.csv", "review.jsonl"
CONFIDENCE = 0.95
_ID = "row"
# A spreadsheet would run what begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LARGEST_CELL = 1 << 24


@dataclass(frozen=True, slots=True)
class Filled:
    """What an expert filled in about a row."""

    verdict: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A sample: how many rows were drawn of how many, how many have a verdict, how many of those `ok`."""

    drawn: int
    of: int
    judged: int
    ok: int


def most_defective(n: int, defects: int) -> float:
    """Return the share of defects that is not exceeded with 95 % confidence, if a sample has these.

    One-sided Clopper-Pearson: with none in ``n`` it is 1 - 0.05 ** (1 / n), 4.95 % for 59.
    """
    if defects >= n:
        return 1.0
    total = math.lgamma(n + 1)
    ways = [total - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in range(defects + 1)]
    low, high = 0.0, 1.0
    for _ in range(60):
        share = (low + high) / 2
        bad, good = math.log(share), math.log1p(-share)
        chance = math.fsum(math.exp(w + k * bad + (n - k) * good) for k, w in enumerate(ways))
        low, high = (share, high) if chance > 1 - CONFIDENCE else (low, share)
    return high


class Sample:
    """Draws the rows to review, by the seed; those that were filled in before stay in the sample.

    Every row is shown to :meth:`learn`; real rows are not drawn. ``run`` is the run's folder, where an
    earlier sample may lie. Holds the rows drawn.
    """

    def __init__(self, review: Review, seed: int, run: Path) -> None:
        self._review, self._seed, self._run = review, seed, run
        self._filled = filled_in(run)
        self._kept: list[tuple[int, Accepted]] = []
        self._best: list[tuple[int, int, Accepted]] = []
        self._seen = 0

    def learn(self, row: Accepted) -> None:
        """Look at one more row."""
        if row.origin == "real":
            return
        self._seen += 1
        if row.id in self._filled:
            self._kept.append((self._seen, row))
            return
        parts = [str(self._seed), "review", row.id]
        entry = (-xxhash.xxh3_64_intdigest(orjson.dumps(parts)), self._seen, row)
        if len(self._best) < self._review.sample:
            heapq.heappush(self._best, entry)
        else:
            heapq.heappushpop(self._best, entry)

    def divide(self) -> None:
        """Choose the sample; to be called once, after the last row."""
        room = max(0, self._review.sample - len(self._kept))
        rest = sorted(self._best, key=lambda entry: -entry[0])[:room]
        both = [*self._kept, *((seen, row) for _, seen, row in rest)]
        self._rows = [row for _, row in sorted(both, key=lambda one: one[0])]
        self._best.clear()
        self._ids = frozenset(row.id for row in self._rows)

    def __contains__(self, row: str) -> bool:
        """Say whether the row with this id was drawn."""
        return row in self._ids

    @property
    def reviewed(self) -> Reviewed:
        """The sample in numbers."""
        verdicts = [
            self._filled[one].verdict.strip().casefold()
            for one in sorted(self._ids & self._filled.keys())
        ]
        judged = [one for one in verdicts if one]
        return Reviewed(len(self._rows), self._seen, len(judged), judged.count("ok"))

    def write(self, partial: Path) -> list[str]:
        """Write both files below ``partial``; return what the user should know. Raises OSError."""
        notes = []
        gone = self._filled.keys() - self._ids
        if gone:
            earlier = _free_name(self._run)
            for name in (CSV, LINES):
                if (self._run / name).is_file():
                    shutil.copyfile(self._run / name, partial / f"{earlier}{Path(name).suffix}")
            notes.append(
                f"review: {len(gone):,} row{'s' * (len(gone) != 1)} with a verdict or note, such as "
                f"{min(gone)}, left the dataset; what was filled in is kept as {earlier}.csv."
            )
        records = [self._record(row) for row in self._rows]
        columns = list(dict.fromkeys(key for record in records for key in record))
        shown = [key for key in columns if key not in (_ID, "verdict", "note")]
        header = [_ID, *shown, "verdict", "note"]
        # the mark at the beginning tells spreadsheets that it is UTF-8
        with (partial / CSV).open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.DictWriter(file, header, restval="")
            table.writeheader()
            table.writerows({key: _cell(one) for key, one in record.items()} for record in records)
        lines = b"".join(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in records)
        (partial / LINES).write_bytes(lines)
        return notes

    def _record(self, row: Accepted) -> dict[str, Any]:
        show = self._review.show or tuple(row.columns)
        own = (_ID, "verdict", "note")
        told = {path: value_of(row.columns, path) for path in show if path not in own}
        filled = self._filled.get(row.id, Filled())
        # with its sign no spreadsheet takes `12.10` for a number
        return {_ID: f"#{row.id}", **told, "verdict": filled.verdict, "note": filled.note}


def filled_in(run: Path) -> dict[str, Filled]:
    """Return what an expert filled in, by the row's id; what the table says goes before the lines."""
    found: dict[str, Filled] = {}
    for record in (*_table(run / CSV), *_json_lines(run / LINES)):
        row = str(record.get(_ID) or "").strip().removeprefix("#")
        verdict, note = (str(record.get(key) or "").strip() for key in ("verdict", "note"))
        before = found.get(row, Filled())
        both = Filled(before.verdict or verdict, before.note or note)
        if row and both != Filled():
            found[row] = both
    return found


def _table(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a table, as whatever spreadsheet program may have saved it."""
    if not path.is_file():
        return
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    head = text.partition("\n")[0]
    before = csv.field_size_limit(_LARGEST_CELL)
    try:
        yield from csv.DictReader(io.StringIO(text), delimiter=max(",;\t", key=head.count))
    except csv.Error as error:
        raise Trouble(
            f"{path} cannot be read as a table: {error}.",
            "Mend it, or move it away to have a new one written.",
        ) from error
    finally:
        csv.field_size_limit(before)


def _json_lines(path: Path) -> Iterable[Mapping[str, Any]]:
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    for line in text.split("\n"):
        try:
            record = json.loads(line)
        except ValueError:
            continue  # a slip of the hand in one line loses no other
        if isinstance(record, dict):
            yield record


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _free_name(run: Path) -> str:
    names = (f"review.earlier-{n}" for n in itertools.count(1))
    return next(name for name in names if not (run / f"{name}.csv").exists())

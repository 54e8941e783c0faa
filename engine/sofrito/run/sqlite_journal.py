"""The journal as a file: one SQLite database for a workspace, committed before an answer is used."""

import asyncio
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sofrito.problems import Trouble
from sofrito.run.journal import Committed, Entry, Failed, Spent, Waiting

_FORMAT = 2
_TABLES = """
CREATE TABLE IF NOT EXISTS call(
  id INTEGER PRIMARY KEY, key BLOB NOT NULL, answer BLOB NOT NULL, request BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS call_key ON call(key);
CREATE TABLE IF NOT EXISTS spent(
  run TEXT NOT NULL, model TEXT NOT NULL, calls INTEGER NOT NULL, tokens INTEGER NOT NULL,
  usd REAL NOT NULL, unpriced INTEGER NOT NULL, PRIMARY KEY(run, model)
) WITHOUT ROWID;
"""
# Format 1 told no models and no money: its calls are kept under no name, and nobody knows their cost.
_FROM_1 = """
ALTER TABLE spent RENAME TO spent_1;
{tables}
INSERT INTO spent SELECT run, '', calls, tokens, 0, calls FROM spent_1;
DROP TABLE spent_1;
"""
_INSERT = "INSERT INTO call(key, answer, request) VALUES(?, ?, ?) ON CONFLICT DO NOTHING"
_SPEND = """
INSERT INTO spent VALUES(?, ?, ?, ?, ?, ?)
ON CONFLICT(run, model) DO UPDATE SET calls = calls + excluded.calls,
  tokens = tokens + excluded.tokens, usd = usd + excluded.usd, unpriced = unpriced + excluded.unpriced
"""
_TAKE_OVER = """
INSERT INTO spent SELECT ?, model, calls, tokens, usd, unpriced FROM spent WHERE run = ?
ON CONFLICT(run, model) DO UPDATE SET calls = calls + excluded.calls,
  tokens = tokens + excluded.tokens, usd = usd + excluded.usd, unpriced = unpriced + excluded.unpriced
"""


class SqliteJournal:
    """The journal as a file: WAL, synchronous FULL, one writer thread that commits what waits.

    A commit gathers for at most ``gather`` seconds. Two processes may share the file.
    """

    def __init__(self, path: Path, run: str = "", *, gather: float = 0.01) -> None:
        self.path, self._run, self._gather = path, run, gather
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._reader = self._connect()
            self._bring_to_format()
        except (sqlite3.Error, OSError) as error:
            raise _trouble(path, error) from error
        self._waiting: list[Waiting] = []
        self._spending: dict[str, Spent] = {}
        self._condition = threading.Condition()
        self._closing = False
        self._broken: Trouble | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer: threading.Thread | None = None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, timeout=60
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    def _bring_to_format(self) -> None:
        reader = self._reader
        if reader.execute("PRAGMA user_version").fetchone() == (_FORMAT,):
            return
        with _transaction(reader):
            (found,) = reader.execute("PRAGMA user_version").fetchone()
            if found not in (0, 1, _FORMAT):
                raise Trouble(
                    f"The journal {self.path} is of format {found}; this Sofrito reads format {_FORMAT}.",
                    "Run with the Sofrito that wrote it, or name another folder with --out.",
                )
            script = _FROM_1.format(tables=_TABLES) if found == 1 else _TABLES
            for statement in filter(str.strip, script.split(";")):
                reader.execute(statement)
            reader.execute(f"PRAGMA user_version={_FORMAT}")

    def get_many(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the answers that are there, by key."""
        found: dict[bytes, bytes] = {}
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            marks = ",".join("?" * len(part))
            found.update(self._read(f"SELECT key, answer FROM call WHERE key IN ({marks})", part))
        return found

    def _read(self, query: str, values: Sequence[Any]) -> list[Any]:
        try:
            return self._reader.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise _trouble(self.path, error) from error

    def story(self, key: bytes) -> tuple[bytes, bytes] | None:
        """Return the request and the answer of a call, or None."""
        for request, answer in self._read("SELECT request, answer FROM call WHERE key = ?", (key,)):
            return zlib.decompress(request), answer
        return None

    def put(self, entry: Entry, committed: Committed, failed: Failed) -> None:
        """Hand an answer to the writer thread."""
        self._loop = asyncio.get_running_loop()
        with self._awake():
            self._waiting.append((entry, committed, failed))

    def spend(self, model: str, spent: Spent) -> None:
        """Hand what was spent to the writer thread."""
        with self._awake():
            self._spending[model] = self._spending.get(model, Spent()) + spent

    @contextmanager
    def _awake(self) -> Iterator[None]:
        """Give the writer thread something to do."""
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, name="journal", daemon=True)
            self._writer.start()
        with self._condition:
            yield
            self._condition.notify()

    def spent(self) -> dict[str, Spent]:
        """Return what this run has spent over all its sessions, by model."""
        query = "SELECT model, calls, tokens, usd, unpriced FROM spent WHERE run = ? ORDER BY model"
        return {model: Spent(*rest) for model, *rest in self._read(query, (self._run,))}

    def take_over(self, other: str) -> Spent:
        """Let this run bear what another one has spent, durably, and return it: that one is rid of it."""
        try:
            with _transaction(self._reader) as reader:
                query = "SELECT calls, tokens, usd, unpriced FROM spent WHERE run = ?"
                taken = [Spent(*row) for row in reader.execute(query, (other,))]
                reader.execute(_TAKE_OVER, (self._run, other))
                reader.execute("DELETE FROM spent WHERE run = ?", (other,))
            return sum(taken, Spent())
        except sqlite3.Error as error:
            raise _trouble(self.path, error) from error

    def _write(self) -> None:
        connection = self._connect()
        while (work := self._batch()) is not None:
            batch, spending = work
            try:
                if self._broken is None:
                    answers = self._commit(connection, [entry for entry, _, _ in batch], spending)
                    self._call(_confirm, batch, answers)
            except (sqlite3.Error, OSError) as error:
                self._broken = _trouble(self.path, error)
            if self._broken is not None:
                self._call(_refuse, batch, self._broken)
        connection.close()

    def _batch(self) -> tuple[list[Waiting], dict[str, Spent]] | None:
        with self._condition:
            while not (self._waiting or self._spending or self._closing):
                self._condition.wait()
            closing = self._closing
        if not closing and self._gather:
            time.sleep(self._gather)
        with self._condition:
            batch, self._waiting = self._waiting, []
            spending, self._spending = self._spending, {}
        return (batch, spending) if batch or spending else None

    def _commit(
        self,
        connection: sqlite3.Connection,
        entries: Sequence[Entry],
        spending: Mapping[str, Spent],
    ) -> list[bytes]:
        rows = [(e.key, e.answer, zlib.compress(e.request, 1)) for e in entries]
        with _transaction(connection):
            before = connection.total_changes
            connection.executemany(_INSERT, rows)
            stored = connection.total_changes - before
            for model, s in spending.items():
                row = (self._run, model, s.calls, s.tokens, s.usd, s.unpriced)
                connection.execute(_SPEND, row)
        if stored == len(entries):
            return [e.answer for e in entries]
        return [_in_force(connection, e) for e in entries]

    def _call(self, function: Callable[..., None], batch: list[Waiting], *more: object) -> None:
        if not batch:
            return
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            assert self._loop is not None
            self._loop.call_soon_threadsafe(function, batch, *more)

    def close(self) -> None:
        """Store what waits, then close the database."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        if self._writer is not None:
            self._writer.join()
        self._reader.close()


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Keep all that is written meanwhile, or nothing of it where something is raised."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _confirm(batch: list[Waiting], answers: list[bytes]) -> None:
    for (entry, committed, _), answer in zip(batch, answers, strict=True):
        committed(entry.key, answer)


def _refuse(batch: list[Waiting], trouble: Trouble) -> None:
    for _, _, failed in batch:
        failed(trouble)


def _in_force(connection: sqlite3.Connection, entry: Entry) -> bytes:
    (answer,) = connection.execute("SELECT answer FROM call WHERE key = ?", (entry.key,)).fetchone()
    assert isinstance(answer, bytes)
    return answer


def _trouble(path: Path, error: Exception) -> Trouble:
    words = str(error)
    if "full" in words:
        fix = "Free some space and run the same command again: nothing that was answered is lost."
        return Trouble(f"No space is left for the journal {path}.", fix)
    if "readonly" in words or isinstance(error, PermissionError):
        return Trouble(
            f"The journal {path} cannot be written: its folder or file is read-only.",
            "Name a folder you may write to with --out.",
        )
    return Trouble(
        f"The journal {path} cannot be used: {words}.",
        "Check that the path is a folder you may write to, or name another with --out.",
    )

"""The durable memory of batch jobs, in the workspace's journal beside the calls they hold."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol, TypeVar, runtime_checkable

from sofrito.problems import Trouble
from sofrito.teachers.remote.batch_jobs import Job, JobStore, new_token

T = TypeVar("T")

_TABLES = """
CREATE TABLE IF NOT EXISTS batch(
  id INTEGER PRIMARY KEY, server TEXT NOT NULL, token TEXT NOT NULL, file TEXT NOT NULL,
  planned REAL NOT NULL, name TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS batch_call(
  key BLOB PRIMARY KEY, batch INTEGER NOT NULL REFERENCES batch(id)
) WITHOUT ROWID;
"""
# A key leaves its job when the journal holds its answer, which is when a result is safe.
_TIDY = (
    "DELETE FROM batch_call WHERE EXISTS (SELECT 1 FROM call WHERE call.key = batch_call.key)",
    "DELETE FROM batch WHERE id NOT IN (SELECT batch FROM batch_call)",
)
_HELD = "SELECT key, batch FROM batch_call JOIN batch ON id = batch WHERE server = ? ORDER BY key"


class SqliteJobs:
    """Jobs in the file of a :class:`~sofrito.run.journal.SqliteJournal`, over a connection of their own.

    Every change is committed with synchronous FULL. Raises Trouble where the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = self._guarded(self._open)

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, timeout=60
        )
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.executescript(_TABLES)
        return connection

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            with self._lock:
                return work()
        except sqlite3.Error as error:
            raise Trouble(
                f"Batch jobs cannot be remembered in {self._path}: {error}.",
                "Check that there is space and that you may write there, or name another --out.",
            ) from error

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # a full disk has rolled back already
                self._connection.execute("ROLLBACK")
            raise

    def jobs(self, server: str) -> list[Job]:
        """Return the jobs at a server that hold a call which the journal has no answer to."""
        return self._guarded(lambda: self._jobs(server))

    def _jobs(self, server: str) -> list[Job]:
        with self._transaction() as connection:
            for statement in _TIDY:
                connection.execute(statement)
            keys: dict[int, list[bytes]] = {}
            for key, batch in connection.execute(_HELD, (server,)):
                keys.setdefault(batch, []).append(key)
            found = connection.execute(
                "SELECT * FROM batch WHERE server = ? ORDER BY id", (server,)
            )
            return [
                Job(id_, where, token, file, planned, tuple(keys[id_]), name)
                for id_, where, token, file, planned, name in found
                if id_ in keys
            ]

    def plan(self, server: str, file: str, keys: Sequence[bytes], now: float) -> Job:
        """Remember a job that is about to be made."""
        return self._guarded(lambda: self._plan(server, file, keys, now))

    def _plan(self, server: str, file: str, keys: Sequence[bytes], now: float) -> Job:
        token = new_token()
        insert = "INSERT INTO batch(server, token, file, planned) VALUES(?, ?, ?, ?)"
        with self._transaction() as connection:
            id_ = connection.execute(insert, (server, token, file, now)).lastrowid
            assert id_ is not None
            connection.executemany(
                "INSERT OR REPLACE INTO batch_call VALUES(?, ?)", [(key, id_) for key in keys]
            )
        return Job(id_, server, token, file, now, tuple(keys))

    def made(self, job: Job, batch: str) -> Job:
        """Remember the server's id of a job."""
        self._guarded(lambda: self._name(job.id, batch))
        return replace(job, batch=batch)

    def _name(self, id_: int, name: str) -> None:
        with self._transaction() as connection:
            connection.execute("UPDATE batch SET name = ? WHERE id = ?", (name, id_))

    def release(self, keys: Iterable[bytes]) -> None:
        """Forget which job holds these calls."""
        gone = [(key,) for key in keys]
        self._guarded(lambda: self._release(gone))

    def _release(self, keys: Sequence[tuple[bytes]]) -> None:
        with self._transaction() as connection:
            connection.executemany("DELETE FROM batch_call WHERE key = ?", keys)
            connection.execute(_TIDY[1])

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@runtime_checkable
class Batched(Protocol):
    """A teacher that asks by jobs."""

    jobs: JobStore

    def let_go(self) -> list[str]:
        """Wait for no answer any more; return the ids of the jobs that go on at the server."""
        ...


@contextmanager
def jobs_kept(teachers: Mapping[str, object], journal: Path) -> Iterator[None]:
    """Let the teachers that ask by jobs remember them in a journal, which exists."""
    batched = [teacher for teacher in teachers.values() if isinstance(teacher, Batched)]
    if not batched:
        yield
        return
    with closing(SqliteJobs(journal)) as jobs:
        for teacher in batched:
            teacher.jobs = jobs
        yield


def let_go(teachers: Mapping[str, object]) -> str:
    """Stop waiting for batch jobs; return what to tell of those that go on, or ""."""
    batched = {id(t): t for t in teachers.values() if isinstance(t, Batched)}
    running = [name for teacher in batched.values() for name in teacher.let_go()]
    if not running:
        return ""
    shown = ", ".join(running[:5]) + (f" and {len(running) - 5} more" if len(running) > 5 else "")
    goes_on = "the batch job goes on" if len(running) == 1 else "the batch jobs go on"
    return f"{goes_on} at the server ({shown}): run the same command again to take up the answers"

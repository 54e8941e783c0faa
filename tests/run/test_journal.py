"""The journal: durable before it says so, one answer in force, clear when it cannot."""

import asyncio
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sofrito.problems import Trouble
from sofrito.run.journal import Entry, Spent
from sofrito.run.sqlite_journal import SqliteJournal


def put(journal: SqliteJournal, *entries: Entry) -> list[tuple[bytes, bytes]]:
    """Store entries and return what was confirmed."""
    confirmed: list[tuple[bytes, bytes]] = []

    async def go() -> None:
        done = asyncio.Event()

        def committed(key: bytes, answer: bytes) -> None:
            confirmed.append((key, answer))
            if len(confirmed) == len(entries):
                done.set()

        def failed(error: Exception) -> None:
            raise error

        for entry in entries:
            journal.put(entry, committed, failed)
        await asyncio.wait_for(done.wait(), 30)

    asyncio.run(go())
    return confirmed


def test_what_was_stored_is_found_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "journal.sqlite"
    journal = SqliteJournal(path, "run a")
    entries = [Entry(b"key%d" % i, b"answer%d" % i, b"request%d" % i) for i in range(1200)]
    for _ in entries:
        journal.spend("", Spent(2, 10))
    assert put(journal, *entries) == [(e.key, e.answer) for e in entries]
    journal.close()

    again = SqliteJournal(path, "run a")
    keys = [e.key for e in entries] + [b"unknown"]
    assert again.get_many(keys) == {e.key: e.answer for e in entries}
    assert again.story(b"key7") == (b"request7", b"answer7")
    assert again.story(b"unknown") is None
    assert again.spent() == {"": Spent(2400, 12000)}
    again.close()
    other = SqliteJournal(path, "run b")
    assert other.spent() == {}
    other.close()


def test_the_first_answer_is_in_force(tmp_path: Path) -> None:
    """Two processes on one journal end with the same answers."""
    path = tmp_path / "journal.sqlite"
    first, second = SqliteJournal(path), SqliteJournal(path)
    assert put(first, Entry(b"k", b"mine", b"r")) == [(b"k", b"mine")]
    assert put(second, Entry(b"k", b"yours", b"r"), Entry(b"l", b"new", b"r")) == [
        (b"k", b"mine"),
        (b"l", b"new"),
    ]
    first.close()
    second.close()


KILLED = """
import asyncio, os, sys
from pathlib import Path
from sofrito.run.journal import Entry
from sofrito.run.sqlite_journal import SqliteJournal

async def go():
    journal = SqliteJournal(Path(sys.argv[1]))
    def committed(key, answer):
        os.write(1, key + b"\\n")
    for i in range(100_000):
        journal.put(Entry(b"k%06d" % i, b"a" * 100, b"r"), committed, print)
        if i % 50 == 0:
            await asyncio.sleep(0.001)
asyncio.run(go())
"""


def test_nothing_confirmed_is_lost_by_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(500)]
    process.kill()
    said += process.stdout.read().split(b"\n")[:-1]
    process.stdout.close()
    process.wait()
    keys = [line.strip() for line in said]
    assert len(keys) >= 500
    journal = SqliteJournal(path)
    assert journal.get_many(keys) == dict.fromkeys(keys, b"a" * 100)
    journal.close()


def test_a_journal_of_another_format_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(Trouble) as error:
        SqliteJournal(path)
    assert error.value.what == f"The journal {path} is of format 99; this Sofrito reads format 2."


def test_a_journal_of_the_first_format_is_brought_to_this_one(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(FIRST_FORMAT)
    connection.close()
    for _ in range(2):
        journal = SqliteJournal(path, "run a")
        assert journal.get_many([b"k"]) == {b"k": b"answer"}
        assert journal.spent() == {"": Spent(7, 70, 0.0, unpriced=7)}
        journal.close()
    journal = SqliteJournal(path, "run a")
    journal.spend("judge", Spent(2, 30, 0.25))
    journal.spend("judge", Spent(1, 5, unpriced=1))
    put(journal, Entry(b"l", b"answer", b"request"))
    assert journal.spent() == {
        "": Spent(7, 70, 0.0, unpriced=7),
        "judge": Spent(3, 35, 0.25, unpriced=1),
    }
    journal.close()


FIRST_FORMAT = """
CREATE TABLE call(
  id INTEGER PRIMARY KEY, key BLOB NOT NULL, answer BLOB NOT NULL, request BLOB NOT NULL
);
CREATE UNIQUE INDEX call_key ON call(key);
CREATE TABLE spent(run TEXT PRIMARY KEY, calls INTEGER NOT NULL, tokens INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO call(key, answer, request) VALUES(CAST('k' AS BLOB), CAST('answer' AS BLOB), x'00');
INSERT INTO spent VALUES('run a', 7, 70);
PRAGMA user_version=1;
"""


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_text("not a database, but long enough to have a header" * 10)
    with pytest.raises(Trouble) as error:
        SqliteJournal(path)
    assert error.value.what == f"The journal {path} cannot be used: file is not a database."


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Trouble):
        SqliteJournal(tmp_path / "file" / "journal.sqlite")


def test_what_another_run_has_spent_is_taken_over_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    first = SqliteJournal(path, "axes")
    first.spend("teacher", Spent(4, 90, 0.5, 1))
    first.spend("judge", Spent(1, 10))
    first.close()
    run = SqliteJournal(path, "run")
    run.spend("teacher", Spent(6, 60, 0.25))
    run.close()
    run = SqliteJournal(path, "run")
    for taken in (Spent(5, 100, 0.5, 1), Spent()):
        assert run.take_over("axes") == taken
        assert run.spent() == {"judge": Spent(1, 10), "teacher": Spent(10, 150, 0.75, 1)}
    run.close()
    first = SqliteJournal(path, "axes")
    assert first.spent() == {}
    first.close()

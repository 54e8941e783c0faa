"""Batch jobs as the journal's file remembers them, and as whole runs use them."""

import asyncio
import signal
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from batch_server import BatchServer, Ending, Line, good, serving_batches, unread, well
from runs import command, digests, environment, journaled, only_run

from sofrito.problems import Trouble
from sofrito.run.jobs import SqliteJobs, jobs_kept, let_go
from sofrito.run.lines import lines_of
from sofrito.run.sqlite_journal import SqliteJournal
from sofrito.teachers.remote.batch_jobs import Job, JobStore, MemoryJobs
from sofrito.teachers.scripted.teacher import ScriptedTeacher

A, B, C = b"a" * 16, b"b" * 16, b"c" * 16
HERE, THERE = "http://here/v1", "http://there/v1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    journal = tmp_path / "journal.sqlite"
    SqliteJournal(journal).close()
    return journal


@pytest.fixture(params=["sqlite", "memory"])
def store(request: pytest.FixtureRequest, path: Path) -> Iterator[JobStore]:
    if request.param == "memory":
        yield MemoryJobs()
        return
    with closing(SqliteJobs(path)) as jobs:
        yield jobs


def test_a_job_is_remembered_from_its_plan_on(store: JobStore) -> None:
    planned = store.plan(HERE, "file-1", [A, B], 12.5)
    assert planned == Job(1, HERE, planned.token, "file-1", 12.5, (A, B))
    assert len(planned.token) == 32
    assert store.jobs(HERE) == [planned]
    made = store.made(planned, "batch-1")
    assert made == Job(1, HERE, planned.token, "file-1", 12.5, (A, B), "batch-1")
    assert store.jobs(HERE) == [made]
    assert store.jobs(THERE) == []


def test_a_key_belongs_to_the_last_job_it_was_sent_with(store: JobStore) -> None:
    store.plan(HERE, "file-1", [A, B], 1.0)
    store.plan(HERE, "file-2", [B, C], 2.0)
    assert [(job.file, job.keys) for job in store.jobs(HERE)] == [
        ("file-1", (A,)),
        ("file-2", (B, C)),
    ]


def test_a_job_without_keys_is_forgotten(store: JobStore) -> None:
    store.plan(HERE, "file-1", [A, B], 1.0)
    store.plan(HERE, "file-2", [C], 1.0)
    store.release([A])
    assert [job.keys for job in store.jobs(HERE)] == [(B,), (C,)]
    store.release([B])
    assert [job.keys for job in store.jobs(HERE)] == [(C,)]


def test_a_key_leaves_its_job_when_the_journal_holds_its_answer(path: Path) -> None:
    with closing(SqliteJobs(path)) as jobs:
        jobs.plan(HERE, "file-1", [A, B], 1.0)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("INSERT INTO call(key, answer, request) VALUES(?, x'', x'')", (A,))
        assert [job.keys for job in jobs.jobs(HERE)] == [(B,)]


def test_another_process_reads_what_one_has_written(path: Path) -> None:
    with closing(SqliteJobs(path)) as one, closing(SqliteJobs(path)) as other:
        made = one.made(one.plan(HERE, "file-1", [A], 1.0), "batch-1")
        assert other.jobs(HERE) == [made]


# A full disk ends a transaction by itself, as this trigger does.
NO_SPACE = """
CREATE TRIGGER no_space BEFORE DELETE ON batch_call
BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END
"""


def test_a_full_disk_is_told_and_costs_no_more_than_what_it_refused(path: Path) -> None:
    with closing(SqliteJobs(path)) as jobs:
        planned = jobs.plan(HERE, "file-1", [A, B], 1.0)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(NO_SPACE)
        with pytest.raises(Trouble) as caught:
            jobs.release([A])
        assert caught.value.what == (
            f"Batch jobs cannot be remembered in {path}: database or disk is full."
        )
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TRIGGER no_space")
        assert jobs.jobs(HERE) == [planned]


def test_a_file_that_cannot_be_written_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").mkdir()
    with pytest.raises(Trouble, match=r"Batch jobs cannot be remembered in .*journal\.sqlite"):
        SqliteJobs(tmp_path / "journal.sqlite")


class Left:
    """A teacher with jobs that go on."""

    def __init__(self, *names: str) -> None:
        self.jobs: JobStore = MemoryJobs()
        self.names = list(names)

    def let_go(self) -> list[str]:
        return self.names


def test_what_is_told_of_jobs_that_go_on() -> None:
    one, other = Left("b1"), Left(*(f"c{i}" for i in range(5)))
    fix = "run the same command again to take up the answers"
    assert let_go({"a": object(), "b": Left()}) == ""
    assert let_go({"a": one, "b": one}) == f"the batch job goes on at the server (b1): {fix}"
    assert let_go({"a": one, "b": other}) == (
        f"the batch jobs go on at the server (b1, c0, c1, c2, c3 and 1 more): {fix}"
    )


class Waits(ScriptedTeacher):
    """A teacher that says what it waits for."""

    said = "waits for the batch job (b1): 2 of 3 calls done"


def test_a_server_says_what_its_teacher_waits_for() -> None:
    lines = lines_of({"a": ScriptedTeacher(), "b": Waits()}, {})
    assert [line.server.said(0.0) for line in lines.values()] == ["", Waits.said]
    lines["b"].server.hold(7.0)
    assert lines["b"].server.said(0.0) == "server asks to wait 7 s"


def test_teachers_with_jobs_remember_them_in_the_journal(path: Path) -> None:
    teacher = Left()
    with jobs_kept({"a": teacher, "b": object()}, path):
        assert isinstance(teacher.jobs, SqliteJobs)


RECIPE = """
recipe: batched
models:
  teacher: {{backend: openai, base_url: "{base_url}", model: m, batch: {batch}}}
axes:
  topic: {{values: [sea, hill, town]}}
rows: 12
steps:
  - generate: question
    prompt: "Ask about the {{{{ topic }}}}."
    sampling: {{temperature: 0.7}}
  - generate: response
    prompt: "{{{{ question }}}}"
    sampling: {{temperature: 0.7}}
output:
  write: [{{messages: {{prompt: question, completion: response}}}}]
"""


class Runs:
    """Runs of a recipe against a server of jobs, each in a process of its own."""

    def __init__(self, folder: Path, server: BatchServer) -> None:
        self.folder, self.server = folder, server

    def arguments(self, workspace: str, *, batch: bool) -> list[str]:
        recipe = self.folder / f"batch-{batch}.yaml"
        recipe.write_text(
            RECIPE.format(base_url=self.server.base_url, batch="true" if batch else "false")
        )
        return command("run", recipe, "--out", self.folder / workspace)

    async def start(self, workspace: str, *, batch: bool = True) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.arguments(workspace, batch=batch),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment(),
        )

    async def whole(self, workspace: str, *, batch: bool = True) -> str:
        process = await self.start(workspace, batch=batch)
        told, _ = await process.communicate()
        assert process.returncode == 0, told.decode()
        return told.decode()

    def dataset(self, workspace: str) -> dict[str, str]:
        found = digests(only_run(self.folder / workspace))
        return {name: digest for name, digest in found.items() if name.startswith("dataset")}


async def _killed_and_run_again(runs: Runs) -> None:
    server = runs.server
    await runs.whole("live", batch=False)
    live = server.live
    # The job is at work, and its id is not known here yet.
    server.gate = asyncio.Event()
    process = await runs.start("killed")
    await server.has_jobs(1)
    process.kill()
    await process.wait()
    server.gate.set()
    server.gate = None
    # The job is at work, and its id is stored.
    (job,) = server.jobs.values()
    job["looks"] = 10**6
    process = await runs.start("killed")
    while server.requests.count("GET batches") < 2:
        await asyncio.sleep(0.01)
    process.kill()
    await process.wait()
    job["looks"] = server.looks = 0
    await runs.whole("killed")
    assert server.live == live
    assert runs.dataset("killed") == runs.dataset("live")
    assert len(runs.dataset("live")) >= 1
    assert set(server.asked.values()) == {1}
    assert server.sizes[0] == 12
    assert journaled(runs.folder / "killed") == (24, 24)


Act = Callable[[Runs], Awaitable[None]]


def play(folder: Path, act: Act, server: BatchServer | None = None) -> BatchServer:
    async def run() -> BatchServer:
        async with serving_batches(server) as served:
            async with asyncio.timeout(120):  # a run that fails makes no job to wait for
                await act(Runs(folder, served))
            return served

    return asyncio.run(run())


def test_a_run_that_is_killed_takes_its_jobs_up_and_asks_nothing_twice(tmp_path: Path) -> None:
    play(tmp_path, _killed_and_run_again)


def half_expired(lines: list[Line]) -> Ending:
    return Ending(
        "expired", output=[good(line) for line in lines[::2]], errors=[*map(unread, lines[1::2])]
    )


async def _half_expired(runs: Runs) -> None:
    await runs.whole("live", batch=False)
    await runs.whole("batched")
    assert runs.dataset("batched") == runs.dataset("live")


def test_what_expired_is_asked_again_and_the_dataset_is_the_same(tmp_path: Path) -> None:
    server = play(tmp_path, _half_expired, BatchServer([half_expired, well], looks=0))
    again = Counter(server.asked.values())
    assert again == {1: 18, 2: 6}


async def _interrupted(runs: Runs) -> None:
    process = await runs.start("left")
    await runs.server.has_jobs(1)
    while "GET batches" not in runs.server.requests:
        await asyncio.sleep(0.01)
    process.send_signal(signal.SIGINT)
    told, _ = await process.communicate()
    assert process.returncode == 130, told.decode()
    (name,) = runs.server.jobs
    words = " ".join(told.decode().split())
    assert (
        f"the batch job goes on at the server ({name}): "
        "run the same command again to take up the answers" in words
    )
    runs.server.looks = 0
    runs.server.jobs[name]["looks"] = 0
    await runs.whole("left")
    assert set(runs.server.asked.values()) == {1}


def test_an_interrupted_run_leaves_its_job_and_says_so(tmp_path: Path) -> None:
    play(tmp_path, _interrupted, BatchServer(looks=10**6))

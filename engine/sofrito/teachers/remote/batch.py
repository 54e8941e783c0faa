"""A remote teacher that is asked by batch jobs: files of calls, at half the price, within a day."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sofrito.problems import Trouble
from sofrito.teachers.call import Call, Completion, Embed
from sofrito.teachers.remote.batch_client import BatchClient
from sofrito.teachers.remote.batch_dialect import BatchCall, Dialect, Outcome, Way
from sofrito.teachers.remote.batch_jobs import Job, JobStore, MemoryJobs
from sofrito.teachers.remote.batch_lines import Line
from sofrito.teachers.remote.batch_pace import Pace
from sofrito.teachers.remote.batch_runner import JobRunner, Results
from sofrito.teachers.remote.batch_servers import MAX_BYTES, MAX_LINES
from sofrito.teachers.remote.wire import Failure
from sofrito.teachers.result import Result
from sofrito.teachers.teacher import Refused, Teacher, Transient, unable

CONCURRENCY = 50_000
"""Calls that wait at once where the recipe sets no limit: one full file."""


@dataclass(slots=True)
class _Asked:
    """A call that somebody waits for."""

    call: BatchCall
    outcome: asyncio.Future[Outcome | Exception]
    way: Way


@dataclass(slots=True)
class _Heap:
    """Calls gathered for one job; ``first`` and ``last`` of them came at those times."""

    first: float
    last: float
    keys: list[bytes] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    size: int = 0


class BatchTeacher(Teacher):
    """Answers calls by the batch jobs of a server that speaks OpenAI's protocol.

    A call that an unfinished job holds already, of this process or an earlier one, is not sent
    again: it waits for that job. ``jobs`` remembers them. A call that came to nothing is raised as
    Transient, to be asked again in a later job.
    """

    metered = False

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key: str = "",
        key_name: str = "",
        concurrency: int = CONCURRENCY,
        timeout: float = 120.0,
        pace: Pace | None = None,
        revision: str = "",
    ) -> None:
        """Take the settings; Trouble where the address, the key or the server cannot do.

        ``timeout`` is in seconds, of one look at a job; of silence while a file goes over.
        """
        self.concurrency = concurrency
        self.jobs: JobStore = MemoryJobs()
        self._dialect = Dialect(
            base_url, model, api_key=api_key, key_name=key_name, revision=revision
        )
        self._client = BatchClient(base_url, api_key, key_name, timeout)
        self._pace = pace or Pace()
        self.identity = self._dialect.identity
        self.price_factor, self.notes = self._dialect.price_factor, self._dialect.notes
        self._runner = JobRunner(self._client, self._pace)
        self._asked: dict[bytes, _Asked] = {}
        self._heaps: dict[str, _Heap] = {}
        self._held: dict[bytes, Job] | None = None
        self._unclaimed: dict[bytes, bytes] = {}
        self._most_lines = MAX_LINES
        self._tasks: set[asyncio.Task[None]] = set()

    def __repr__(self) -> str:
        return f"BatchTeacher({self._client.where!r})"

    async def answer(self, call: Call) -> Result:
        """Answer a call by a line of a job, within a day; raises as a live call does."""
        if not isinstance(call, Completion | Embed):
            raise unable("A batch job", call, "Remove `batch: true` from the model.")
        key = call.key(self.identity)
        asked = self._asked.get(key)
        if asked is None:
            future = asyncio.get_running_loop().create_future()
            asked = self._asked[key] = _Asked(call, future, self._dialect.way(call))
            try:
                self._enter(key, asked)
            except BaseException:
                self._asked.pop(key, None)
                raise
        outcome = await asyncio.shield(asked.outcome)
        if isinstance(outcome, Exception):
            raise outcome.with_traceback(None)
        return outcome

    async def probe(self, call: Call) -> Result:
        """Answer a call live: what a day's job would tell is wanted now."""
        return await self._dialect.answer(call)

    @property
    def said(self) -> str:
        """What the calls that were asked wait for, or ""."""
        if not self._asked:
            return ""
        gathered = f"{len(self._asked):,} calls are gathered for a batch job"
        return self._runner.said or gathered

    def let_go(self) -> list[str]:
        """Wait for no answer any more; return the ids of the jobs that go on at the server."""
        self._heaps.clear()
        for task in self._tasks:
            task.cancel()
        for asked in self._asked.values():
            asked.outcome.cancel()
        self._asked.clear()
        running = self._runner.running.values()
        return [job.batch or "one just made" for job in running]

    async def close(self) -> None:
        """Let go, once a job that is being made has its id; calling it twice is allowed."""
        self.let_go()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._runner.close()
        await self._client.close()
        await self._dialect.close()

    # A call comes in: its line is here already, a job holds it, or it is gathered for the next job.

    def _enter(self, key: bytes, asked: _Asked) -> None:
        if self._held is None:
            jobs = self.jobs.jobs(self._client.where)
            self._held = {key: job for job in jobs for key in job.keys}
        if key in self._unclaimed:
            self._settle([(key, self._unclaimed.pop(key))])
        elif key in self._held:
            self._take_up(self._held[key])
        else:
            self._gather(key, asked)

    def _take_up(self, job: Job) -> None:
        if job.id not in self._runner.running:
            self._runner.running[job.id] = job
            self._start(self._watch(job))

    def _gather(self, key: bytes, asked: _Asked) -> None:
        url, line, asked.way = self._dialect.line(key, asked.call)
        now = asyncio.get_running_loop().time()
        heap = self._heaps.get(url)
        if heap and (len(heap.keys) >= self._most_lines or heap.size + len(line) > MAX_BYTES):
            self._send(url)
            heap = None
        if heap is None:
            heap = self._heaps[url] = _Heap(now, now)
            self._start(self._send_when_quiet(url, heap))
        heap.keys.append(key)
        heap.lines.append(line)
        heap.size += len(line)
        heap.last = now

    async def _send_when_quiet(self, url: str, heap: _Heap) -> None:
        pace, clock = self._pace, asyncio.get_running_loop().time
        while self._heaps.get(url) is heap:
            under_way = min(len(self._runner.running), 9)
            quiet = min(pace.quiet * 4.0**under_way, pace.longest)
            left = min(heap.last + quiet, heap.first + 10 * quiet) - clock()
            if left <= 0:
                self._send(url)
                return
            await asyncio.sleep(min(left, pace.quiet))

    def _send(self, url: str) -> None:
        self._start(self._make(url, self._heaps.pop(url)))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # A job is made, waited for, and its results told. Whatever raises there, nobody waits for ever.

    async def _make(self, url: str, heap: _Heap) -> None:
        try:
            data = b"".join(heap.lines)
            heap.lines.clear()
            job = await self._runner.make(self.jobs, url, heap.keys, data)
            assert self._held is not None
            self._held.update(dict.fromkeys(job.keys, job))
            self._start(self._watch(job))
        except Exception as error:
            self._give_up(heap.keys, error)

    async def _watch(self, job: Job) -> None:
        try:
            results = await self._runner.results(self.jobs, job)
            assert self._held is not None
            for key in job.keys:
                self._held.pop(key, None)
            self._settle(results.lines)
            self._miss(results)
        except Exception as error:
            self._give_up(job.keys, error)

    def _give_up(self, keys: Iterable[bytes], error: Exception) -> None:
        """Tell an exception to those who wait for these calls, but for what the next job asks."""
        told = self._dialect.trouble(error) if isinstance(error, Failure) else error
        gathered = {key for heap in self._heaps.values() for key in heap.keys}
        self._tell({key: told for key in keys if key not in gathered})

    def _settle(self, lines: Iterable[Line]) -> None:
        """Tell what lines say to those who wait; keep those that nobody waits for yet."""
        outcomes: dict[bytes, Outcome] = {}
        failures: dict[bytes, Failure] = {}
        for key, line in lines:
            asked = self._asked.get(key)
            if asked is None:
                self._unclaimed[key] = line
                continue
            outcome = self._dialect.read(asked.call, asked.way, line, self._pace.again)
            if isinstance(outcome, Failure):
                failures[key] = outcome
            else:
                outcomes[key] = outcome
        for key, failure in failures.items():
            asked = self._asked[key]
            if not self._dialect.learns(asked.call, asked.way, failure):
                outcomes[key] = self._dialect.permanent(failure)
            elif trouble := self._gather_again(key):
                outcomes[key] = trouble
        self._done(outcomes)

    def _gather_again(self, key: bytes) -> Trouble | None:
        """Have a call asked by the next job; return why it cannot be asked, if so."""
        try:
            self._gather(key, self._asked[key])
        except Trouble as trouble:
            return trouble
        return None

    def _miss(self, results: Results) -> None:
        """Have the calls asked again that a job has no line for."""
        if not results.missing:
            return
        if results.status == "unknown":
            self.jobs.release(results.missing)
            again = {k: self._gather_again(k) for k in results.missing if k in self._asked}
            self._tell({key: trouble for key, trouble in again.items() if trouble})
            return
        cause, words = "bad answer", "the batch job has no line for this call"
        if results.status == "failed":
            cause, words = "server error", f"the batch job failed: {results.words or 'no reason'}"
            if "token_limit" in results.words:
                # What one job may hold is the account's, and nothing tells it beforehand.
                cause, self._most_lines = "overloaded", max(1, len(results.missing) // 2)
        elif results.status != "completed":
            cause = "overloaded"
            words = f"the batch job was {results.status} before this call's turn"
        error = Transient(cause, self._client.hide(words), self._pace.again)
        self._done(dict.fromkeys(results.missing, error))

    def _tell(self, outcomes: Mapping[bytes, Outcome | Exception]) -> None:
        """Tell outcomes, answers first: a refusal beside answers is the prompt's, not the server's."""
        for key in sorted(outcomes, key=lambda key: isinstance(outcomes[key], Exception)):
            asked, outcome = self._asked.pop(key, None), outcomes[key]
            if asked is None or asked.outcome.done():
                continue
            asked.outcome.set_result(outcome)
            if not isinstance(outcome, Exception):
                self.unmetered += outcome.prompt_tokens == 0

    def _done(self, outcomes: Mapping[bytes, Outcome]) -> None:
        """Tell what came of calls; those without an answer to keep leave their job first."""
        lost = [key for key, found in outcomes.items() if not _kept(found)]
        if lost:
            try:
                self.jobs.release(lost)
            except Trouble as trouble:
                outcomes = {**outcomes, **dict.fromkeys(lost, trouble)}
        self._tell(outcomes)


def _kept(outcome: Outcome) -> bool:
    """Whether an outcome is an answer to keep, and not to ask for again."""
    if isinstance(outcome, Refused):
        return outcome.journaled
    return not isinstance(outcome, Transient | Trouble)

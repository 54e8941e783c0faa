"""The thread that owns a model: it loads it at the first call and answers what waits."""

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sofrito.problems import Trouble
from sofrito.teachers.hf.checkpoint import Checkpoint
from sofrito.teachers.hf.job import Job
from sofrito.teachers.llama.cores import free_cores
from sofrito.teachers.teacher import told_to_stop

if TYPE_CHECKING:
    from sofrito.teachers.hf.desk import Desk


@dataclass(frozen=True, slots=True)
class Setup:
    """How a model is run: ``context`` in tokens, ``parallel`` rows at once, ``threads`` 0 the idle cores."""

    checkpoint: Checkpoint
    template: str | None
    context: int
    parallel: int
    threads: int


class Worker:
    """Takes jobs from any thread and settles them from its own, which starts with the first job."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._new: list[Job] = []
        self._change = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def put(self, job: Job) -> None:
        """Take a job; one that comes after :meth:`close` gets Transient."""
        with self._change:
            if self._closing:
                job.settle(told_to_stop())
                return
            self._new.append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="transformers", daemon=True)
                self._thread.start()
            self._change.notify()

    def close(self) -> None:
        """Stop, free the model and wait until that is done; calling it twice is allowed."""
        with self._change:
            self._closing = True
            self._change.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        desk: Desk | None = None
        while (jobs := self._taken(busy=desk is not None and desk.busy)) is not None:
            try:
                if desk is None:
                    desk = self._loaded()
                desk.work(jobs)
            except BaseException as error:
                for job in (*jobs, *(desk.clear() if desk else ())):
                    job.settle(self._in_words(error))
        for job in (*self._new, *(desk.clear() if desk else ())):
            job.settle(told_to_stop())

    def _taken(self, *, busy: bool) -> list[Job] | None:
        """Return what is new, at once if ``busy``; None when it is time to stop."""
        with self._change:
            self._change.wait_for(lambda: busy or self._closing or bool(self._new))
            if self._closing:
                return None
            jobs, self._new = self._new, []
            return jobs

    def _loaded(self) -> "Desk":
        from sofrito.teachers.hf.desk import Desk

        return Desk.open(self._setup, self._setup.threads or free_cores())

    def _in_words(self, error: BaseException) -> BaseException:
        from sofrito.teachers.hf.load import room

        if not isinstance(error, Trouble) and room(error):
            return Trouble(
                f"There is no room in memory to go on with {self._setup.checkpoint.path}.",
                "Set a smaller `parallel` or `context` for this model.",
            )
        return error

"""The thread that an engine works in: takes jobs from any thread, decodes while there are any."""

import threading
from collections.abc import Callable

from sofrito.teachers.llama.engine import Engine
from sofrito.teachers.llama.jobs import Job
from sofrito.teachers.teacher import told_to_stop


class Worker:
    """Runs an engine in a thread of its own."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._inbox: list[Job] = []
        self._condition = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="llama", daemon=True)
        self._thread.start()

    def submit(self, job: Job, over: Callable[[], None]) -> None:
        """Take a job; ``over`` is called in the engine's thread when it is done or failed."""
        job.over = over
        with self._condition:
            if not self._closing:
                self._inbox.append(job)
                self._condition.notify()
                return
        job.error = told_to_stop()
        job.end()
        over()

    def close(self) -> None:
        """Stop what is being written and free the engine; returns when both is done."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join()

    def _work(self) -> None:
        engine = self.engine
        while (jobs := self._take()) is not None:
            for job in jobs:
                engine.add(job)
            try:
                engine.step()
            except Exception as error:
                engine.fail(error)
        engine.fail(told_to_stop())
        engine.context.close()

    def _take(self) -> list[Job] | None:
        """Return the jobs that came in, waiting for one if there is nothing to do; None at the end."""
        with self._condition:
            self._condition.wait_for(lambda: self._inbox or self._closing or not self.engine.idle)
            jobs, self._inbox = self._inbox, []
            if not self._closing:
                return jobs
        for job in jobs:
            self.engine.add(job)  # to be failed with the others
        return None

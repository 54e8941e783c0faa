"""Operations at work: generators that wait for rendered texts and for teachers' answers."""

from collections.abc import Callable
from dataclasses import dataclass

from sofrito.prompts import Render, Templates
from sofrito.run.calls import Calls
from sofrito.run.candidate import Root
from sofrito.steps.work import Outcome, Reply, Told, Work
from sofrito.teachers.call import Call

Done = Callable[[Outcome], None]
Asked = tuple[int, Call, Callable[[Told], None], Callable[[], bool]]


@dataclass(slots=True)
class _Task:
    """An operation at work: its generator, who is told its outcome, the replies it waits for."""

    work: Work
    root: Root
    done: Done
    replies: list[Reply | None] | None = None
    missing: int = 0


class Tasks:
    """Resumes operations whose replies are there."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._ready: list[_Task] = []

    @property
    def ready(self) -> int:
        """How many can go on."""
        return len(self._ready)

    def add(self, work: Work, root: Root, done: Done) -> None:
        """Take an operation that has just begun; ``done`` is told its outcome."""
        self._ready.append(_Task(work, root, done))

    def resume(self, calls: Calls) -> None:
        """Let all that can go on do so, up to their next requests: texts at once, calls by ``calls``."""
        batch, self._ready = self._ready, []
        asked: list[Asked] = []
        renders: list[tuple[_Task, int, Render]] = []
        for task in batch:
            if not task.root.dead:
                self._resume(task, asked, renders)
        texts = self._templates.render(
            [render for _, _, render in renders], lambda at: f"row {renders[at][0].root.n}"
        )
        for (task, k, _), text in zip(renders, texts, strict=True):
            self._reply(task, k, text)
        if asked:
            calls.ask(asked)

    def _resume(
        self, task: _Task, asked: list[Asked], renders: list[tuple[_Task, int, Render]]
    ) -> None:
        try:
            requests = task.work.send(task.replies)  # type: ignore[arg-type]
        except StopIteration as stop:
            task.done(stop.value)
            return
        root = task.root
        task.replies, task.missing = [None] * len(requests), len(requests)
        for k, request in enumerate(requests):
            if isinstance(request, Render):
                renders.append((task, k, request))
            else:
                asked.append((root.n, request, self._replier(task, k), root.wanted))

    def _replier(self, task: _Task, k: int) -> Callable[[Told], None]:
        return lambda told: self._reply(task, k, told)

    def _reply(self, task: _Task, k: int, reply: Reply) -> None:
        assert task.replies is not None
        task.replies[k] = reply
        task.missing -= 1
        if not task.missing:
            self._ready.append(task)

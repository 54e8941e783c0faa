"""The local teacher: a GGUF model in this process, through llama.cpp."""

import asyncio
import importlib.util
import math
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from sofrito.problems import Trouble
from sofrito.recipe.machine import usable_cores
from sofrito.teachers.call import Call, Completion, Score, Weigh
from sofrito.teachers.chat import ChatTemplate
from sofrito.teachers.llama.capacity import Capacity, capacity, free_memory
from sofrito.teachers.llama.cores import free_cores
from sofrito.teachers.llama.gguf import GgufInfo
from sofrito.teachers.llama.weights import content_hash
from sofrito.teachers.result import Answer, Result, Scored, Weighed
from sofrito.teachers.sampling import DEFAULTS, MOST_CONTEXT, context_of
from sofrito.teachers.teacher import Teacher, told_to_stop, unable

if TYPE_CHECKING:
    from sofrito.teachers.llama.asking import Asking
    from sofrito.teachers.llama.jobs import Job
    from sofrito.teachers.llama.ready import Choice, Ready
    from sofrito.teachers.llama.worker import Worker

_promised: "WeakKeyDictionary[LlamaTeacher, int]" = WeakKeyDictionary()
"""Bytes that the teachers of this process take or will take: a second one has what they leave."""


class LlamaTeacher(Teacher):
    """Answers calls with the model in one GGUF file; the weights are loaded at the first call.

    Calls that come together are decoded together, and what their prompts have in common only once.
    With ``parallel`` 1, an answer depends on its call and on nothing asked before or beside it, to
    the last bit on the same machine with the same llama-cpp-python and ``threads``. With more, what
    is decoded beside it moves the last bits of its logits, and so now and then a word.
    """

    def __init__(
        self,
        path: Path,
        *,
        info: GgufInfo | None = None,
        context: int | None = None,
        parallel: int = 0,
        threads: int | None = None,
        template: str = "",
        requantize: "Choice" = "off",
        starter: bool = False,
        announce: Callable[[str], None] = lambda _: None,
        cache: Path | None = None,
    ) -> None:
        """Check the file and take its content hash; ``context`` is in tokens.

        ``threads`` is by default the cores that are idle when the model is loaded, ``parallel`` (0)
        what suits the model and the memory, ``template`` the file's own. ``requantize`` may
        turn the weights into a kind this processor is fast at (:mod:`~sofrito.teachers.llama.ready`),
        once, and ``announce`` is told so. ``cache`` is the folder where the hash and such weights are
        kept. Raises Trouble when the file or the package is not fit to answer.
        """
        _check_installed()
        self.info = info or GgufInfo.read(path)
        self.context = context_of(path, self.info.context or MOST_CONTEXT, context)
        self.capacity = _capacity(self.info, self.context, parallel)
        _promised[self] = self.capacity.bytes(self.info)
        # enough wait to take the place of those that end
        several = self.capacity.parallel
        self.concurrency = several if several == 1 else several + max(2, several // 4)
        self._template = template or self.info.template
        self._threads = threads
        weights = content_hash(path, cache)
        self._ready = _ready(self.info, weights, requantize, starter, announce, cache)
        self.identity = _identity(weights, self._template, self._ready.target)
        if self._ready.target:
            kind = self._ready.target.upper()
            self.notes = (
                f"{self.info.name} answered with weights of kind {kind}, which this processor is "
                "fast at, in place of its own (`requantize: off` keeps those)",
            )
        self._desk: _Desk | None = None
        self._loading = threading.Lock()
        self._closed = threading.Event()

    def described(self) -> Mapping[str, Any]:
        """Return the identity, with the name and the licence in the file's header."""
        return {**self.identity, "name": self.info.name, "license": self.info.licence or ""}

    async def answer(self, call: Call) -> Result:
        """Answer one call.

        The call must fit wholly: Refused when its prompt and its ``max_tokens`` exceed the
        context, or when its schema cannot be a grammar. Raises Trouble when the model does not load.
        """
        desk = self._desk
        if desk is None:
            desk = await asyncio.get_running_loop().run_in_executor(None, self._load)
        match call:
            case Completion():
                return await _write(desk, call)
            case Score():
                return await _score(desk, call)
            case Weigh():
                return await _weigh(desk, call)
            case _:
                raise unable(
                    f"The model {self.info.name}",
                    call,
                    "Name an embedding model: `backend: wordllama`, or a GGUF made for it.",
                )

    async def close(self) -> None:
        """Stop what is being written and free the model; calling it twice is allowed."""
        self._closed.set()
        _promised.pop(self, None)
        desk, self._desk = self._desk, None
        if desk is not None:
            await asyncio.get_running_loop().run_in_executor(None, desk.worker.close)

    def _load(self) -> "_Desk":
        with self._loading:
            if self._closed.is_set():
                raise told_to_stop()
            if self._desk is None:
                desk = self._loaded()
                if self._closed.is_set():  # while it was loading
                    desk.worker.close()
                    raise told_to_stop()
                self._desk = desk
            return self._desk

    def _loaded(self) -> "_Desk":
        from sofrito.teachers.llama.asking import Asking
        from sofrito.teachers.llama.context import Context, Size
        from sofrito.teachers.llama.engine import Engine
        from sofrito.teachers.llama.model import Model
        from sofrito.teachers.llama.worker import Worker

        much = self.capacity
        model = Model.shared(self._ready.path)
        try:
            size = Size(much.cells, much.sequences, much.batch, self._threads or free_cores())
            context = Context(model, size)
        except BaseException:
            model.release()
            raise
        named = model.tokenizer.named()
        template = ChatTemplate(self._template, **named) if self._template else None
        asking = Asking(self.info.path, model.tokenizer, template, self.context)
        return _Desk(asking, Worker(Engine(context, much.parallel)))


@dataclass(frozen=True, slots=True)
class _Desk:
    """A loaded model at work."""

    asking: "Asking"
    worker: "Worker"

    async def run(self, *jobs: "Job") -> None:
        """Let the engine do jobs; raises what the first one raised that failed."""
        loop = asyncio.get_running_loop()
        futures = [self._submit(loop, job) for job in jobs]
        try:
            await asyncio.gather(*futures)
        except asyncio.CancelledError:
            for job in jobs:
                job.abandoned.set()
            raise
        for job in jobs:
            if job.error is not None:
                raise job.error

    def _submit(self, loop: asyncio.AbstractEventLoop, job: "Job") -> "asyncio.Future[None]":
        future: asyncio.Future[None] = loop.create_future()

        def settle() -> None:
            if not future.done():
                future.set_result(None)

        def over() -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle)

        self.worker.submit(job, over)
        return future


async def _write(desk: _Desk, call: Completion) -> Answer:
    job = desk.asking.write(call)
    await desk.run(job)
    soft = None if job.soft is None else job.soft.labels()
    return Answer(job.text, job.finish, job.length, job.written, soft)


async def _score(desk: _Desk, call: Score) -> Scored:
    jobs = list(desk.asking.score(call))
    await desk.run(*jobs)
    logprobs = b"".join(job.logprobs.tobytes() for job in jobs)
    # Windows overlap: each token of the text counts once.
    unscored = jobs[0].first + 1 if jobs else 0
    return Scored(logprobs, unscored + sum(len(job.logprobs) for job in jobs))


async def _weigh(desk: _Desk, call: Weigh) -> Weighed:
    jobs = list(desk.asking.weigh(call))
    await desk.run(*jobs)
    logs = [float(job.logprobs.sum(dtype="f8")) + job.ending for job in jobs]
    shares = [math.exp(log - max(logs)) for log in logs]
    tokens = jobs[0].first + 1 + sum(job.length - job.first - 1 for job in jobs)
    mass = math.fsum(math.exp(log) for log in logs)
    return Weighed(tuple(share / math.fsum(shares) for share in shares), mass, tokens)


def _check_installed() -> None:
    if importlib.util.find_spec("llama_cpp") is None:
        raise Trouble(
            "A local model needs the package llama-cpp-python, which is not installed.",
            "Install it: pip install 'sofrito[local]'",
        )


def _identity(weights: str, template: str | None, requantized: str | None) -> dict[str, Any]:
    """Return what an answer depends on beside its call."""
    identity = {
        "backend": "llama.cpp",
        "weights": weights,
        "template": ChatTemplate(template).digest if template else "",
        "defaults": dict(DEFAULTS),
    }
    return {**identity, "requantized": requantized} if requantized else identity


def _capacity(info: GgufInfo, context: int, parallel: int) -> Capacity:
    import llama_cpp

    memory = free_memory()
    if memory is not None:
        memory -= sum(_promised.values())
    gpu = bool(llama_cpp.llama_supports_gpu_offload())
    return capacity(info, context, parallel, memory=memory, cores=usable_cores(), gpu=gpu)


def _ready(
    info: GgufInfo,
    weights: str,
    choice: "Choice",
    starter: bool,
    announce: Callable[[str], None],
    cache: Path | None,
) -> "Ready":
    from sofrito.teachers.llama.ready import ready

    return ready(info, weights, choice, announce, starter=starter, cache=cache)

"""Those that answer by finding out: sandboxes, which run programs, and who compares mathematics."""

from collections.abc import Callable, Mapping
from typing import Any

from sofrito.recipe.model import MATHEMATICS, SANDBOXES
from sofrito.sandbox import Runner
from sofrito.sandbox.job import Job
from sofrito.sandbox.mathematics import Mathematics
from sofrito.sandbox.native import bwrap_runner, unsafe_runner
from sofrito.sandbox.wasm import WasmRunner
from sofrito.teachers.call import Call, CompareMath, RunProgram
from sofrito.teachers.llama.weights import user_cache
from sofrito.teachers.result import Checked
from sofrito.teachers.teacher import Teacher, unable

_FIX = "Name a model that can."
_NO_TERMS = {"license": "none: it writes nothing"}


def checker(backend: str, announce: Callable[[str], None] = lambda _: None) -> Teacher:
    """Return what answers calls of a sandbox, or of mathematics; raises Trouble where it is not here."""
    if backend == MATHEMATICS:
        return MathTeacher(Mathematics())
    if backend == SANDBOXES["wasm"]:
        return SandboxTeacher(WasmRunner(user_cache(), announce))
    return SandboxTeacher(bwrap_runner() if backend == SANDBOXES["bwrap"] else unsafe_runner())


class SandboxTeacher(Teacher):
    """Answers by running programs."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.identity = {"backend": "sandbox", **runner.identity}
        self.concurrency = runner.concurrency

    def described(self) -> Mapping[str, Any]:
        """Return the identity, and that no licence comes with what it finds."""
        return {**self.identity, **_NO_TERMS}

    async def answer(self, call: Call) -> Checked:
        """Run a program and its tests."""
        if not isinstance(call, RunProgram):
            raise unable("A sandbox", call, _FIX)
        ended = await self._runner.run(Job(call.program, call.tests, call.seconds, call.memory_mb))
        return Checked(ended.reason, ended.detail)

    async def close(self) -> None:
        """End its processes."""
        await self._runner.close()


class MathTeacher(Teacher):
    """Answers by comparing mathematics."""

    def __init__(self, mathematics: Mathematics) -> None:
        self._mathematics = mathematics
        self.identity = {"backend": MATHEMATICS, **mathematics.identity}
        self.concurrency = mathematics.concurrency

    def described(self) -> Mapping[str, Any]:
        """Return the identity, and that no licence comes with what it finds."""
        return {**self.identity, **_NO_TERMS}

    async def answer(self, call: Call) -> Checked:
        """Compare two answers."""
        if not isinstance(call, CompareMath):
            raise unable("What compares mathematics", call, _FIX)
        ended = await self._mathematics.compare(call.gold, call.answer)
        return Checked(ended.reason, ended.detail)

    async def close(self) -> None:
        """End its processes."""
        await self._mathematics.close()

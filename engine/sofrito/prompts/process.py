"""The parent's side of the process that renders: started when needed, ended with what it is needed for."""

import atexit
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

import jinja2
import markupsafe

from sofrito.problems import Trouble
from sofrito.prompts import wire
from sofrito.prompts.bounds import MEGABYTES, SECONDS

Requests = Sequence[tuple[str, bool, Any]]
Answer = Callable[[str, str | None], tuple[str, str | None]]

_LONGEST = 512_000_000
_SILENCE = 60
_CODE = "import sys; sys.path[:0] = {}; from sofrito.prompts.worker import main; main({}, {})"


_processes: "WeakSet[Process]" = WeakSet()


class OutOfBounds(Exception):
    """The process hit a bound at one of the requests: "time", "memory", or "end" where it died."""

    def __init__(self, index: int, bound: str) -> None:
        super().__init__(index, bound)
        self.index = index
        self.bound = bound


class Died(Exception):
    """The process ended at some request; ``status`` is its return code."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def available() -> bool:
    """Say whether this platform has what it takes."""
    return os.name == "posix" and bool(sys.executable)


class Process:
    """A process that renders for this one, within these bounds; safe among threads and after a fork.

    ``seconds`` of processor time for one prompt; ``megabytes`` by which its memory may grow. What was
    forked from this process starts one of its own.
    """

    def __init__(self, seconds: int = SECONDS, megabytes: int = MEGABYTES) -> None:
        self.seconds, self.megabytes = seconds, megabytes
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._received = bytearray()
        _processes.add(self)

    @property
    def pid(self) -> int | None:
        """The id of the process, where there is one."""
        return self._child.pid if self._child is not None else None

    def render(self, recipe: int, requests: Requests, answer: Answer) -> list[tuple[bool, str]]:
        """Return each text with whether it is one, or says why there is none.

        ``answer`` is asked for templates. Raises OutOfBounds, Died, Trouble where no process can be
        started, and what ``answer`` raises.
        """
        with self._lock:
            try:
                return self._exchange(recipe, requests, answer)
            except BaseException:
                self._end()  # who knows in which frame it is
                raise

    def close(self) -> None:
        """End the process; the next request starts another one."""
        with self._lock:
            self._end()

    def forget(self) -> None:
        """Let go of the process and of the lock after a fork: both belong to the parent's threads."""
        self._lock = threading.Lock()
        child, self._child = self._child, None
        if child is not None:
            _close(child)
            child.returncode = 0  # nobody is to wait for it here

    def _exchange(self, recipe: int, requests: Requests, answer: Answer) -> list[tuple[bool, str]]:
        self._start()
        self._send(wire.RENDER, wire.packed((recipe, list(requests))))
        while True:
            kind, payload = self._frame((_SILENCE + 2 * self.seconds) * max(1, len(requests)))
            if kind == wire.TEXTS:
                texts = wire.split(payload)
                if len(texts) != len(requests):
                    raise ValueError("not as many texts as requests")
                return texts
            if kind == wire.ASK:
                _, template, parent = json.loads(payload)
                self._send(wire.SOURCE, wire.packed(answer(template, parent)))
            elif kind == wire.BOUND:
                index, bound = json.loads(payload)
                raise OutOfBounds(min(index, len(requests) - 1), bound)
            else:
                raise RuntimeError(payload.decode("utf-8", "replace"))

    def _start(self) -> None:
        if self._child is not None and self._child.poll() is None:
            return
        self._end()
        modules = (Path(__file__).parents[1], Path(jinja2.__file__).parent, _folder(markupsafe))
        path = list(dict.fromkeys(str(one.parent) for one in modules))
        code = _CODE.format(path, self.seconds, self.megabytes)
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            what = f"The process that renders templates cannot be started: {error.strerror}."
            raise Trouble(what, "Let Sofrito start processes, or end some others.") from error
        self._received.clear()

    def _send(self, kind: bytes, payload: bytes) -> None:
        assert self._child is not None
        assert self._child.stdin is not None
        left = memoryview(wire.HEADER.pack(kind, len(payload)) + payload)
        try:
            while left:
                left = left[os.write(self._child.stdin.fileno(), left) :]
        except BrokenPipeError:
            raise Died(self._status()) from None

    def _frame(self, seconds: float) -> tuple[bytes, bytes]:
        size = wire.HEADER.size
        self._fill(size, seconds)
        kind, length = wire.HEADER.unpack_from(self._received)
        if length > _LONGEST:
            raise ValueError("a frame of that length has no sense")
        self._fill(size + length, seconds)
        payload = bytes(memoryview(self._received)[size : size + length])
        del self._received[: size + length]
        return kind, payload

    def _fill(self, size: int, seconds: float) -> None:
        """Read until so many bytes are there."""
        assert self._child is not None
        assert self._child.stdout is not None
        source = self._child.stdout.fileno()
        while len(self._received) < size:
            poll = select.poll()
            poll.register(source, select.POLLIN)
            if not poll.poll(seconds * 1000):
                raise Died(0)
            more = os.read(source, 1 << 20)
            if not more:
                raise Died(self._status())
            self._received += more

    def _status(self) -> int:
        assert self._child is not None
        with suppress(subprocess.TimeoutExpired):
            return self._child.wait(5)
        return 0

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            _close(child)
            child.kill()
            child.wait()


def _close(child: "subprocess.Popen[bytes]") -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _forked() -> None:
    for process in [*_processes]:
        process.forget()


def _folder(package: Any) -> Path:
    return Path(package.__file__).parent


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
PROCESS = Process()
atexit.register(PROCESS.close)

"""The process that renders templates: little memory, no files, no environment, nothing but its parent.

It is told which templates to render and asks back for their texts; it ends with its parent.
"""

import gc
import json
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from functools import lru_cache
from types import FrameType
from typing import Any, BinaryIO

import jinja2.debug  # noqa: F401  (what is imported later cannot be: no file can be opened)
from jinja2 import BaseLoader, Environment, TemplateNotFound

from sofrito.prompts import wire
from sofrito.prompts.renderer import Renderer
from sofrito.recipe.expressions import ExpressionError

_RECIPES = 8
_WARM = """{% macro m(x) %}{{ x | replace("\\u0061", "\\N{BULLET}") }}{% endmacro %}
{% for i in [1] %}{{ loop.index }}{{ m('a') | upper | tojson }}{% endfor %}{{ '&amp;' | striptags }}"""


class OutOfTime(BaseException):
    """The prompt takes too long. Not an Exception, so that nothing mistakes it for its own."""


class Clock:
    """Ends what renders for too long, by processor time, so that a busy machine changes nothing.

    A tick each second counts; were Python held up inside one operation, ticks would stay away, and
    the second alarm, which they put off, ends the process.
    """

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._job, self._seen, self._ticks = 0, 0, 0
        self.rendering = False
        signal.signal(signal.SIGVTALRM, self._tick)
        signal.setitimer(signal.ITIMER_VIRTUAL, 1, 1)
        signal.setitimer(signal.ITIMER_PROF, self._seconds + 2)

    def begin(self) -> None:
        """Say that another prompt's turn has come."""
        self._job += 1

    def _tick(self, _: int, __: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_PROF, self._seconds + 2)
        self._ticks = self._ticks + 1 if self._seen == self._job else 0
        self._seen = self._job
        if self.rendering and self._ticks >= self._seconds:
            self._ticks = 0
            raise OutOfTime


class Asking(BaseLoader):
    """Asks the parent for templates: here no file can be read."""

    def __init__(self, ask: Callable[[str, str | None], tuple[str, str | None]]) -> None:
        self._ask = ask
        self._beside = lru_cache(maxsize=1024)(lambda name, parent: ask(name, parent)[0])

    def beside(self, template: str, parent: str) -> str:
        """Return the name of a template that another one includes."""
        return str(self._beside(template, parent))

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002
        template: str,
    ) -> tuple[str, str | None, Callable[[], bool]]:
        """Return a template's text; raises TemplateNotFound with the parent's words."""
        words, text = self._ask(template, None)
        if text is None:
            raise TemplateNotFound(template, words)
        return text, None, lambda: True


class Worker:
    """Answers frame by frame, until there is no parent any more."""

    def __init__(self, read: BinaryIO, out: BinaryIO, seconds: int) -> None:
        self._read, self._out = read, out
        self._renderers: dict[int, Renderer] = {}
        self._clock = Clock(seconds)

    def serve(self) -> None:
        """Render until the parent has gone."""
        try:
            while True:
                recipe, requests = wire.unpacked(self._frame())
                wire.write(self._out, *self._answer(recipe, requests))
        except (EOFError, BrokenPipeError):
            return

    def _frame(self) -> bytes:
        header = self._read.read(wire.HEADER.size)
        if len(header) < wire.HEADER.size:
            raise EOFError
        return self._read.read(wire.HEADER.unpack(header)[1])

    def _answer(self, recipe: int, requests: list[tuple[str, bool, Any]]) -> tuple[bytes, bytes]:
        texts: list[tuple[bool, str]] = []
        try:
            renderer = self._renderer(recipe)
            for template, file, values in requests:
                self._clock.begin()
                self._clock.rendering = True
                try:
                    texts.append((True, renderer.text(template, file=file, values=values)))
                except ExpressionError as error:
                    texts.append((False, error.words))
                finally:
                    self._clock.rendering = False
            return wire.TEXTS, wire.joined(texts)
        except OutOfTime:
            return wire.BOUND, json.dumps([len(texts), "time"]).encode()
        except MemoryError:
            return wire.BOUND, json.dumps([len(texts), "memory"]).encode()
        except (EOFError, BrokenPipeError):
            raise
        except Exception:
            return wire.BUG, traceback.format_exc().encode("utf-8", "backslashreplace")

    def _renderer(self, recipe: int) -> Renderer:
        found = self._renderers.pop(recipe, None) or Renderer(Asking(self._asker(recipe)))
        self._renderers[recipe] = found
        if len(self._renderers) > _RECIPES:
            del self._renderers[next(iter(self._renderers))]
        return found

    def _asker(self, recipe: int) -> Callable[[str, str | None], tuple[str, str | None]]:
        def ask(template: str, parent: str | None) -> tuple[str, str | None]:
            self._clock.rendering = False  # the exchange must not be broken off
            wire.write(self._out, wire.ASK, json.dumps([recipe, template, parent]).encode())
            name, text = wire.unpacked(self._frame())
            self._clock.rendering = True
            return name, text

        return ask


def confine(megabytes: int) -> None:
    """Give up what a template has no use for: files, sockets, processes, memory without end."""
    limits = dict.fromkeys((resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC), 0)
    limits[resource.RLIMIT_NOFILE] = 3
    if sys.platform == "linux":
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123
            pages = int(file.read().split()[0])
        limits[resource.RLIMIT_AS] = pages * resource.getpagesize() + megabytes * 2**20
    for limit, value in limits.items():
        resource.setrlimit(limit, (value, value))


def main(seconds: int, megabytes: int) -> None:
    """Serve the parent, at the other end of standard input and output, within these bounds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to end
    read, out = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    Renderer(BaseLoader()).text(_WARM, file=False, values={})
    gc.freeze()
    confine(megabytes)
    Worker(read, out, seconds).serve()

"""The templates of one recipe, found, parsed once and rendered where they can do no harm."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from jinja2 import BaseLoader, TemplateNotFound

from sofrito.problems import Trouble
from sofrito.prompts.bounds import SECONDS
from sofrito.prompts.process import PROCESS, Died, OutOfBounds, Process, available
from sofrito.prompts.renderer import Renderer
from sofrito.prompts.time_limit import OutOfTime, time_limit
from sofrito.recipe.expressions import ExpressionError
from sofrito.recipe.sources import TemplateSources, is_file

_BATCH = 32
_NAMED = 60
_FIXES = {
    "time": "Look for loops in loops over long lists.",
    "memory": "Look for texts and lists that grow in a loop.",
}
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Render:
    """A request to render a template (a file's name or inline text) with a row's values."""

    template: str
    values: Mapping[str, Any]


class Templates:
    """Renders templates in a process of their own, whose memory and time have bounds.

    Where a platform has no such process, or ``process`` is None, they are rendered in this one.
    """

    def __init__(self, sources: TemplateSources, process: Process | None = PROCESS) -> None:
        loader = sources.environment().loader
        assert loader is not None
        self._loader: BaseLoader = loader
        self._number = next(_numbers)
        self._read: dict[tuple[str, str | None], tuple[str, str | None]] = {}
        self._process = process if available() else None
        self._here = Renderer(loader)

    def render(
        self, requests: Sequence[Render], whose: Callable[[int], str] = lambda _: "a row"
    ) -> list[str | ExpressionError]:
        """Render each request; what fails on its values comes back as an error, not raised.

        ``whose`` names the row of a request, for the Trouble that is raised where one takes more
        than 10 seconds or 128 MB: as a row's failure that would depend on the machine. Raises
        OSError where a file cannot be read any more: that is no fault of the values.
        """
        work = self._apart if self._process else self._in_here
        texts: list[str | ExpressionError] = []
        try:
            for start in range(0, len(requests), _BATCH):
                texts += work(requests[start : start + _BATCH])
        except _Bound as bound:
            at = len(texts) + bound.index
            raise self._trouble(requests[at].template, whose(at), bound.what) from bound
        return texts

    def _apart(self, requests: Sequence[Render]) -> list[str | ExpressionError]:
        try:
            return self._exchanged(requests)
        except Died as died:
            if len(requests) == 1 and _end(died.status) == "time":
                raise _Bound(0, "time") from died
        texts: list[str | ExpressionError] = []
        for request in requests:  # which of them was it, if somebody else did not end the process?
            try:
                texts += self._exchanged([request])
            except Died as died:
                raise _Bound(len(texts), _end(died.status)) from died
            except _Bound as bound:
                raise _Bound(len(texts), bound.what) from bound
        return texts

    def _exchanged(self, requests: Sequence[Render]) -> list[str | ExpressionError]:
        assert self._process is not None
        asked = [(one.template, is_file(one.template), _plain(one.values)) for one in requests]
        try:
            told = self._process.render(self._number, asked, self._template)
        except OutOfBounds as error:
            raise _Bound(error.index, error.bound) from error
        return [text if fine else ExpressionError(text) for fine, text in told]

    def _template(self, name: str, parent: str | None) -> tuple[str, str | None]:
        """Return the name of an include, or the text of a template; what was read is kept."""
        if parent is not None:
            found = self._read.get((name, parent))
            if found is None:
                beside = getattr(self._loader, "beside", lambda template, _: template)
                found = beside(name, parent), None
                if (found[0], None) in self._read:
                    self._read[name, parent] = found
            return found
        if (name, None) not in self._read:
            try:
                text, _, _ = self._loader.get_source(self._here.environment, name)
            except TemplateNotFound as error:
                return str(error), None
            self._read[name, None] = name, text
        return self._read[name, None]

    def _trouble(self, template: str, row: str, bound: str) -> Trouble:
        name = " ".join(template.split())
        name = name if len(name) <= _NAMED else f"{name[: _NAMED - 1]}…"
        takes = "ended the process that renders it"
        if bound == "time":
            seconds = self._process.seconds if self._process else SECONDS
            takes = f"takes longer than {seconds} second{'s' * (seconds != 1)}"
        elif bound == "memory" and self._process:
            takes = f"needs more than {self._process.megabytes} MB of memory"
        return Trouble(f"The template `{name}` {takes} for {row}.", _FIXES.get(bound, ""))

    def _in_here(self, requests: Sequence[Render]) -> list[str | ExpressionError]:
        texts: list[str | ExpressionError] = []
        try:
            with time_limit(SECONDS) as from_now:
                for request in requests:
                    from_now()
                    texts.append(self._one(request))
        except OutOfTime as error:
            raise _Bound(min(len(texts), len(requests) - 1), "time") from error
        return texts

    def _one(self, request: Render) -> str | ExpressionError:
        file = is_file(request.template)
        try:
            return self._here.text(request.template, file=file, values=request.values)
        except ExpressionError as error:
            return error


class _Bound(Exception):
    """A bound was hit at one of the requests."""

    def __init__(self, index: int, what: str) -> None:
        super().__init__(index, what)
        self.index, self.what = index, what


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return values if isinstance(values, dict) else dict(values)


def _end(status: int) -> str:
    if -status in (signal.SIGPROF, signal.SIGVTALRM, signal.SIGXCPU):
        return "time"
    return "memory" if -status == signal.SIGKILL else "end"

"""The templates of one recipe, found, parsed once and rendered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Template, TemplateError

from sofrito.problems import Trouble
from sofrito.prompts.time_limit import OutOfTime, time_limit
from sofrito.recipe.expressions import ExpressionError, failure
from sofrito.recipe.sources import TemplateSources, is_file

SECONDS = 10


@dataclass(frozen=True, slots=True)
class Render:
    """A request to render a template (a file's name or inline text) with a row's values."""

    template: str
    values: Mapping[str, Any]


class Templates:
    """Renders templates; a template is compiled when it is first used."""

    def __init__(self, sources: TemplateSources) -> None:
        self._environment = sources.environment()
        self._compiled: dict[str, Template] = {}

    def render(self, requests: Sequence[Render]) -> list[str | ExpressionError]:
        """Render each request; what fails on its values comes back as an error, not raised.

        Raises OSError where a file cannot be read any more: that is no fault of the values; and
        Trouble where one template takes longer than 10 seconds, which as a row's failure would
        depend on the machine.
        """
        texts: list[str | ExpressionError] = []
        if not requests:
            return texts
        try:
            with time_limit(SECONDS) as from_now:
                for request in requests:
                    from_now()
                    texts.append(self._one(request))
        except OutOfTime as error:
            slow = requests[min(len(texts), len(requests) - 1)].template
            raise Trouble(
                f"A template takes longer than {SECONDS} seconds: {slow[:80]!r}.",
                "Look for loops in loops over long lists.",
            ) from error
        return texts

    def _one(self, request: Render) -> str | ExpressionError:
        try:
            return self._template(request.template).render(request.values)
        except Exception as error:
            if isinstance(error, MemoryError | OSError) and not isinstance(error, TemplateError):
                raise
            return failure(error)

    def _template(self, name: str) -> Template:
        found = self._compiled.get(name)
        if found is None:
            if is_file(name):
                found = self._environment.get_template(name.strip())
            else:
                found = self._environment.from_string(name)
            self._compiled[name] = found
        return found

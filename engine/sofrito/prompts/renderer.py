"""Renders templates in whatever process it is in."""

from collections.abc import Mapping
from typing import Any

from jinja2 import BaseLoader, Template, TemplateError

from sofrito.recipe.effort import begin
from sofrito.recipe.expressions import ExpressionError, environment, failure
from sofrito.recipe.values import whole


class Renderer:
    """The templates that a loader finds; each is compiled when it is first used."""

    def __init__(self, loader: BaseLoader) -> None:
        self.environment = environment().overlay(loader=loader)
        self._compiled: dict[str, Template] = {}

    def text(self, template: str, *, file: bool, values: Mapping[str, Any]) -> str:
        """Return what a template, a file's name or inline text, makes of a row's values.

        Raises ExpressionError where it fails on them, with the file and the line of a template that
        stands in one. What else is raised says nothing of the row:
        OSError where a file cannot be read any more, MemoryError.
        """
        try:
            compiled = self._compiled.get(template) or self._compile(template, file=file)
            begin()
            context = compiled.new_context({**self.environment.globals, **values}, shared=True)
            text = self.environment.concat(compiled.root_render_func(context))
            return whole(text)
        except Exception as error:
            if isinstance(error, MemoryError | OSError) and not isinstance(error, TemplateError):
                raise
            words = failure(error, values).words
            raise ExpressionError(f"{_place(error)}{words}") from error

    def _compile(self, template: str, *, file: bool) -> Template:
        env = self.environment
        found = env.get_template(template.strip()) if file else env.from_string(template)
        self._compiled[template] = found
        return found


def _place(error: Exception) -> str:
    """Return where in a template's file an error arose, "" where the template stands in none."""
    place, trace = "", None if isinstance(error, RecursionError) else error.__traceback__
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template) and template.name:
            line = template.get_corresponding_lineno(trace.tb_lineno)
            place = f"{template.name}, line {line}: "
        trace = trace.tb_next
    return place

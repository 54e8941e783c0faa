"""The templates of one recipe, found, parsed once and rendered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Template, TemplateError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError

from sofrito.recipe.expressions import ExpressionError
from sofrito.recipe.sources import TemplateSources


@dataclass(frozen=True, slots=True)
class Render:
    """A request to render a template (a file's name or inline text) with a row's values."""

    template: str
    values: Mapping[str, Any]


class Templates:
    """Renders templates; a template is compiled when it is first used."""

    def __init__(self, sources: TemplateSources) -> None:
        self._environment: ImmutableSandboxedEnvironment = sources.environment()
        self._sources = sources
        self._compiled: dict[str, Template] = {}

    def render(self, requests: Sequence[Render]) -> list[str | ExpressionError]:
        """Render each request; what fails on its values comes back as an error, not raised."""
        return [self._one(request) for request in requests]

    def _one(self, request: Render) -> str | ExpressionError:
        try:
            return self._template(request.template).render(request.values)
        except SecurityError as error:
            return ExpressionError(f"not allowed in a template: {error}")
        except UndefinedError as error:
            return ExpressionError(str(error))
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            return ExpressionError(f"{type(error).__name__}: {error}")

    def _template(self, name: str) -> Template:
        found = self._compiled.get(name)
        if found is None:
            found = self._environment.from_string(self._sources.text(name))
            self._compiled[name] = found
        return found

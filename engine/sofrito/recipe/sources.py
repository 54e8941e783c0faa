"""Where templates come from: inline text, the recipe's folder, the shared prompts."""

from collections.abc import Iterator
from pathlib import Path

from jinja2 import BaseLoader, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sofrito.recipe.expressions import environment
from sofrito.shipped import shipped


def is_file(template: str) -> bool:
    """Say whether a template is named by its file rather than written inline."""
    return template.strip().endswith(".j2") and "\n" not in template.strip() and "{" not in template


class TemplateSources:
    """The texts of a recipe's templates, by name.

    A file is looked for below the recipe's folder, then among the shared prompts; nothing outside
    of the two is ever read. An include is looked for beside the file that includes it as well.
    """

    def __init__(self, folder: Path, *, shared: Path | None = None) -> None:
        self.folder = folder.resolve()
        self._roots = (self.folder, shared if shared is not None else shipped("prompts"))

    def path(self, name: str) -> Path | None:
        """Return the file of a template, or None where no root has it."""
        for root in self._roots:
            candidate = root / name
            try:
                resolved = candidate.resolve()
                if resolved.is_file() and resolved.is_relative_to(root.resolve()):
                    return candidate
            except (OSError, ValueError):
                continue
        return None

    def text(self, template: str) -> str:
        """Return the text of a template: itself if inline, its file's content otherwise."""
        if not is_file(template):
            return template
        path = self.path(template.strip())
        if path is None:
            raise TemplateNotFound(template)
        return path.read_text(encoding="utf-8")

    def names(self) -> Iterator[str]:
        """Yield the names of every template that could be used."""
        for root in self._roots:
            for path in sorted(root.rglob("*.j2")):
                yield path.relative_to(root).as_posix()

    def environment(self) -> ImmutableSandboxedEnvironment:
        """Return the sandbox with includes resolved among these sources."""
        return environment().overlay(loader=_Loader(self))


class _Loader(BaseLoader):
    def __init__(self, sources: TemplateSources) -> None:
        self._sources = sources

    def get_source(self, environment, template):  # type: ignore[no-untyped-def]  # noqa: ARG002
        """Return an included template's text."""
        path = self._sources.path(template) or self._sources.path(f"prompts/{template}")
        if path is None:
            raise TemplateNotFound(template)
        return path.read_text(encoding="utf-8"), str(path), lambda: True

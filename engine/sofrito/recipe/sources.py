"""Where templates come from: inline text, the recipe's folder, the shared prompts."""

import errno
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, TemplateNotFound

from sofrito.recipe.binding import bound_template
from sofrito.recipe.expressions import environment
from sofrito.recipe.front_matter import without_head
from sofrito.recipe.sandbox import Sandbox
from sofrito.shipped import shipped

LARGEST_FILE = 4_000_000


def is_file(template: str) -> bool:
    """Say whether a template is named by its file rather than written inline."""
    return template.strip().endswith(".j2") and "\n" not in template.strip() and "{" not in template


class TemplateSources:
    """The texts of a recipe's templates, by name.

    A file is looked for below the recipe's folder, below those of the recipes that it extends (they
    follow in ``folder``), then among the shared prompts; nothing outside of these is ever read. An
    include is looked for beside the file that includes it as well. ``params`` are the values of the
    recipe's parameters, which what is rendered has as literals.
    """

    def __init__(
        self,
        folder: Path | Sequence[Path],
        *,
        shared: Path | None = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        folders = [folder] if isinstance(folder, Path) else folder
        self.folder, *self.bases = [one.resolve() for one in folders]
        common = shared if shared is not None else shipped("prompts")
        self.roots = (self.folder, *self.bases, common)
        self.params: Mapping[str, Any] = params or {}

    def path(self, name: str) -> Path | None:
        """Return the file of a template, or None where no root has it."""
        for root in self.roots:
            candidate = root / name
            try:
                resolved = candidate.resolve()
                if resolved.is_file() and resolved.is_relative_to(root.resolve()):
                    return candidate
            except (OSError, ValueError, RuntimeError):  # the last for a circle of symlinks
                continue
        return None

    def included(self, name: str, parent: str = "") -> str | None:
        """Return the name under which an include is found, None where it is not.

        It is looked for as any template, then beside the file that includes it (``parent``, empty
        for an inline template), then in `prompts/`.
        """
        beside = posixpath.normpath(posixpath.join(posixpath.dirname(parent), name))
        places = (name, beside, f"prompts/{name}")
        return next((place for place in places if self.path(place)), None)

    def text(self, template: str) -> str:
        """Return the text of a template as it is rendered: itself if inline, its file's otherwise.

        Raises ``jinja2.TemplateNotFound``, OSError, UnicodeDecodeError.
        """
        text = self.read(template.strip())[0] if is_file(template) else template
        return bound_template(text, self.params)

    def read(self, name: str) -> tuple[str, Path]:
        """Return the text of a template file without its head, if it has one, and the file."""
        text, path = self.raw(name)
        return without_head(text), path

    def raw(self, name: str) -> tuple[str, Path]:
        """Return the text of a template file as it is written, and the file."""
        path = self.path(name)
        if path is None:
            raise TemplateNotFound(name, f"there is no template `{name}`")
        if path.stat().st_size > LARGEST_FILE:
            raise OSError(errno.EFBIG, f"it is larger than {LARGEST_FILE // 10**6} MB", name)
        return path.read_text(encoding="utf-8-sig"), path

    def names(self) -> Iterator[str]:
        """Yield the names of every template that could be used."""
        for root in self.roots:
            for path in sorted(root.rglob("*.j2")):
                yield path.relative_to(root).as_posix()

    def environment(self) -> Sandbox:
        """Return the sandbox with includes resolved among these sources."""
        return environment().overlay(loader=_Loader(self))


class _Loader(BaseLoader):
    def __init__(self, sources: TemplateSources) -> None:
        self._sources = sources

    def beside(self, template: str, parent: str) -> str:
        """Return the name of a template that another one includes."""
        return self._sources.included(template, parent) or template

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002
        template: str,
    ) -> tuple[str, str, Callable[[], bool]]:
        """Return a template's text and file; one that was read is not read again.

        Raises TemplateNotFound, which a row fails of; OSError where the disk is at fault.
        """
        try:
            text, path = self._sources.read(self._sources.included(template) or template)
        except UnicodeDecodeError:
            words = f"the template `{template}` is not UTF-8 text"
            raise TemplateNotFound(template, words) from None
        except OSError as error:
            if error.errno != errno.EFBIG:
                raise
            words = f"the template `{template}` cannot be read: {error.strerror}"
            raise TemplateNotFound(template, words) from None
        return bound_template(text, self._sources.params), str(path), lambda: True

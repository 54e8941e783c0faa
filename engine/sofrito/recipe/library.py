"""Template files that recipes call by name: a recipe's own, those it extends, the shared ones."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from sofrito.recipe.heads import Head, OperatorHead, RubricHead, read_head
from sofrito.recipe.principles import Principle, read_principles
from sofrito.recipe.sources import TemplateSources

HEADS: Mapping[str, type[Head]] = {"operators": OperatorHead, "rubrics": RubricHead}
"""The folders of the library whose files have heads."""


class Library:
    """Finds files of a folder of the library (`operators`, `rubrics`, `principles`) by name.

    A name stands for `prompts/<folder>/<name>` of the recipe, else for the shared one; what ends in
    ``ending`` is a path as other templates' are.
    """

    def __init__(self, sources: TemplateSources) -> None:
        self.sources = sources

    def find(self, folder: str, name: str, ending: str = ".j2") -> str | None:
        """Return the name under which the sources have a file, None where none has it."""
        if name.endswith(ending):
            return name if self.sources.path(name) else None
        places = (f"prompts/{folder}/{name}{ending}", f"{folder}/{name}{ending}")
        return next((place for place in places if self.sources.path(place)), None)

    def names(self, folder: str, ending: str = ".j2") -> list[str]:
        """Return the names there are in a folder of the library, in order."""
        files = (path for root in self.sources.roots for path in self._files(root, folder, ending))
        return sorted({path.name.removesuffix(ending) for path in files})

    def _files(self, root: Path, folder: str, ending: str) -> Iterator[Path]:
        for place in (root / "prompts" / folder, root / folder):
            yield from place.glob(f"*{ending}")

    def head(self, folder: str, name: str) -> Head:
        """Return the head of a file that :meth:`find` found; raises RecipeError, OSError."""
        text, path = self.sources.raw(name)
        return read_head(path, text, HEADS[folder]).head

    def principles(self, name: str) -> tuple[Principle, ...]:
        """Return what is in a file of principles that :meth:`find` found; raises as :meth:`head`."""
        text, path = self.sources.raw(name)
        return read_principles(path, text)

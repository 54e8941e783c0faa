"""A problem of a recipe: a stable code, where it is, what is wrong, what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in a file; ``line`` and ``column`` count from 1, ``length`` is in characters."""

    file: Path
    line: int = 1
    column: int = 1
    length: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a recipe or one of its files, in the words of the person who wrote it.

    ``code`` is stable (``SOF101``) and listed in :mod:`sofrito.problems.codes`; ``fix`` is what to
    do, empty where ``what`` already says it.
    """

    code: str
    where: Span
    what: str
    fix: str = ""
    severity: Severity = "error"


class RecipeError(Exception):
    """A recipe cannot run: every problem found, errors and warnings, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda p: (p.where, p.code)))
        first = next((p for p in self.problems if p.severity == "error"), self.problems[0])
        super().__init__(f"{first.where}: {first.what}")

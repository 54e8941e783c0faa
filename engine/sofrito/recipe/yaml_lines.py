"""The lines of a text that is no YAML, and what is said of one."""

from typing import NamedTuple

from sofrito.recipe.yaml_tokens import Mark
from sofrito.recipe.yaml_tree import Finding, Place


class Verdict(NamedTuple):
    """A finding, and the text with that line mended where it is clear what was meant."""

    finding: Finding
    mended: str | None = None


class Lines:
    """The lines of a text, by number from 0."""

    def __init__(self, text: str) -> None:
        self.all = text.split("\n")

    def rest(self, mark: Mark) -> Place:
        """Return the place from a mark to the end of its line."""
        length = len(self.all[mark.line][mark.column :].rstrip())
        return Place(mark.line + 1, mark.column + 1, max(length, 1))

    def replaced(self, line: int, new: str) -> str:
        """Return the text with another line in the place of one."""
        return "\n".join([*self.all[:line], new, *self.all[line + 1 :]])


def indent(line: str) -> int:
    """Return how many spaces a line begins with."""
    return len(line) - len(line.lstrip())


def whole_line(lines: Lines, at: int) -> Place:
    """Return the place of all that stands in a line."""
    line = lines.all[at]
    start = indent(line)
    return Place(at + 1, start + 1, max(len(line.strip()), 1))

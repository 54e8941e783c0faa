"""Where the words of a template or an expression stand: in the recipe, or in a file of their own."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from jinja2 import TemplateSyntaxError

from sofrito.problems import Span
from sofrito.recipe.base import Key
from sofrito.recipe.places import Places
from sofrito.recipe.template_words import Role, Word, words_of
from sofrito.recipe.value_places import span_inside


@dataclass(frozen=True)
class TextPlace:
    """A text that is checked: the path in the recipe that leads to it, and its own file, if any."""

    places: Places
    path: Key
    file: Path | None
    text: str
    expression: bool = False

    @cached_property
    def words(self) -> list[Word]:
        """The words of the text; none where it does not parse."""
        try:
            return words_of(self.text, expression=self.expression)
        except (TemplateSyntaxError, RecursionError):
            return []

    def line(self, number: int | None) -> Span | None:
        """Return a line of the text; None where it cannot be told or says nothing."""
        if self.file is not None:
            return Span(self.file, max(1, number or 1))
        lines = self.text.split("\n")
        if number is None or len(lines) < 2 or not 1 <= number <= len(lines):
            return None
        text = lines[number - 1]
        before = sum(len(line) + 1 for line in lines[: number - 1])
        return self._span(before + len(text) - len(text.lstrip()), len(text.strip()))

    def name(self, name: str, number: int, line: int) -> Span | None:
        """Return the place of a name: that of the given number among its places."""
        same = [word for word in self.words if word.role == "name" and word.text == name]
        if number < len(same) and same[number].line == line:
            return self._at(same[number])
        return self.of(name, line, "name")

    def field(self, name: str, one: str) -> Span | None:
        """Return the first place where a field of a name is read."""
        found = (word for word in self.words if word.text == one and word.of == name)
        word = next(found, None)
        return self._at(word) if word else self.line(None)

    def said(self, text: str, line: int) -> Span | None:
        """Return the first place of a text, wherever it is; that of the line if it is nowhere."""
        offset = self.text.find(text) if text else -1
        return self.at(offset, len(text)) if offset >= 0 else self.line(line)

    def of(self, text: str, line: int, *roles: Role) -> Span | None:
        """Return the first place, on a line or below it, of a word that has one of these roles."""
        for word in self.words:
            if word.text == text and word.role in roles and word.line >= line:
                return self._at(word)
        return self.line(line)

    def _at(self, word: Word) -> Span | None:
        return self.at(word.offset, len(word.text))

    def at(self, offset: int, length: int) -> Span | None:
        """Return the place of some characters of the text."""
        return self._span(offset, length)

    def _span(self, offset: int, length: int) -> Span | None:
        if self.file is None:
            return span_inside(self.places, self.path, self.text, offset, length)
        line = self.text.count("\n", 0, offset) + 1
        return Span(self.file, line, offset - self.text.rfind("\n", 0, offset), max(1, length))

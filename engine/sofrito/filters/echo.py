"""Keeps evolved texts in which no word of the evolving prompt is left."""

import re
from functools import cached_property
from typing import ClassVar

from pydantic import field_validator

from sofrito.filters.base import Verdict
from sofrito.filters.one_text import OneText
from sofrito.filters.words import any_of, not_empty
from sofrito.recipe.field_types import Strings

WORDS = (
    "given prompt",
    "rewritten prompt",
    "rewritten version",
    "created prompt",
    "given task",
    "given problem",
    "rewritten task",
    "created task",
    "rewritten problem",
    "<task>",
    "</task>",
    "<problem>",
    "</problem>",
)
"""What the shared operators, and those of the paper, call the texts before and after, and their marks."""


class Echo(OneText):
    """Rejects a text with words of the prompt that asked for it (WizardLM's fourth rule).

    Such as "given prompt" or "rewritten task": a teacher that writes them talks about its work.
    """

    filter: ClassVar[str] = "echo"
    shorthand: ClassVar[str] = "words"

    words: Strings = WORDS
    """The words and phrases that must not be there; case does not matter. For operators of your own, \
name what they call the text."""

    _not_empty = field_validator("words")(not_empty)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return any_of(self.words)

    def fault(self, column: str, text: str) -> Verdict | None:
        """Look for the words."""
        hit = self._pattern.search(text)
        if hit is None:
            return None
        return Verdict(False, "words of the prompt", f"{column} has “{hit.group()}”")

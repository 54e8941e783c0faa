"""Keeps answers that do not refuse."""

import re
from functools import cached_property
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from sofrito.filters.base import Verdict
from sofrito.filters.one_text import OneText
from sofrito.filters.script_words import word_count
from sofrito.filters.words import any_of, not_empty
from sofrito.recipe.field_types import Strings

WORDS = (
    "sorry",
    "apologize",
    "apologise",
    "my apologies",
    "I cannot",
    "I can not",
    "I can't",
    "I could not",
    "I couldn't",
    "I won't",
    "I will not",
    "I'm unable to",
    "I am unable to",
    "I'm not able to",
    "I am not able to",
    "I'm not allowed to",
    "I am not allowed to",
    "I must decline",
    "I have to decline",
    "as an AI",
    "as a language model",
    "as a large language model",
    "against my guidelines",
    "against my programming",
)
"""How English answers refuse. An answer that is long may say so in passing, and answer."""


class Refusal(OneText):
    """Rejects a short answer with words of refusal, such as "sorry" (WizardLM's second rule).

    It knows English. A text without any of the words is no refusal, however short.
    """

    filter: ClassVar[str] = "refusal"

    under_words: Annotated[int, Field(ge=1)] = 80
    """An answer of so many words, or of more, is no refusal."""

    words: Strings = ()
    """More words and phrases of refusal, beside the built-in ones; case does not matter."""

    _not_empty = field_validator("words")(not_empty)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return any_of((*WORDS, *(_straight(phrase) for phrase in self.words)))

    def fault(self, column: str, text: str) -> Verdict | None:
        """Look for the words in an answer that is short."""
        size = word_count(text)
        hit = self._pattern.search(_straight(text)) if size < self.under_words else None
        if hit is None:
            return None
        detail = f"{column} has “{hit.group()}” in {size} word{'s' * (size != 1)}"
        return Verdict(False, "the answer refuses", detail, size)


def _straight(text: str) -> str:
    return text.replace("’", "'")

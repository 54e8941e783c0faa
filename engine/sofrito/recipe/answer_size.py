"""How many tokens an answer needs at the very least for what must be in it."""

import math

CHARACTERS = 10
"""Characters that a token of a long text never has on average; about four are usual."""


def least_tokens(*, words: float = 0, characters: float = 0) -> int:
    """Return the tokens that a text of so many words, and so many characters, has at least."""
    return math.ceil(max(words, characters / CHARACTERS))


def enough_tokens(*, words: float = 0, characters: float = 0) -> int:
    """Return tokens that suffice for it in most languages, as a round number."""
    return max(100, math.ceil(max(words * 2, characters / 2.5) / 100) * 100)

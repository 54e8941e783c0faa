"""Words of texts in any script: where none has spaces between words, each letter is one."""

import re

_LETTERS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_LETTER = re.compile(f"[{_LETTERS}]")
_WORD = re.compile(rf"[{_LETTERS}]|[^\W{_LETTERS}]+")


def words_of(text: str) -> list[str]:
    """Return a text's words in lower case, without punctuation."""
    return _WORD.findall(text.casefold())


def word_count(text: str) -> int:
    """Return how many words a text has, divided by white space.

    What stands together and has letters of Chinese, Japanese, Thai, Lao, Burmese or Khmer in it has a
    word in each of these, and one in each run of other letters and digits.
    """
    parts = text.split()
    if not _LETTER.search(text):
        return len(parts)
    return sum(len(_WORD.findall(part)) if _LETTER.search(part) else 1 for part in parts)

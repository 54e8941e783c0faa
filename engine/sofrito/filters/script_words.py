"""Words of texts in any script: where none has spaces between words, each letter is one."""

import re
import unicodedata
from functools import cache

_LETTERS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_LETTER = re.compile(f"[{_LETTERS}]")
_JOINERS = "\u200c\u200d"
"""What stands within words of Persian and of India's scripts, and is seen only in their letters."""


def words_of(text: str) -> list[str]:
    """Return a text's words in lower case, without punctuation; marks stay with their letters."""
    return _word().findall(unicodedata.normalize("NFC", text.casefold()))


def word_count(text: str) -> int:
    """Return how many words a text has, divided by white space.

    What stands together and has letters of Chinese, Japanese, Thai, Lao, Burmese or Khmer in it has a
    word in each of these, and one in each run of other letters and digits.
    """
    parts = text.split()
    if not _LETTER.search(text):
        return len(parts)
    return sum(len(_word().findall(part)) if _LETTER.search(part) else 1 for part in parts)


@cache
def marks() -> str:
    """Return what stands upon, below or between letters and is none, for a class of a pattern.

    As ranges of Unicode's category M, without variants of signs, and the two joiners.
    """
    found = [n for n in range(0x300, 0x1F000) if unicodedata.category(chr(n))[0] == "M"]
    begins = [n for before, n in zip([0, *found], found, strict=False) if n != before + 1]
    ends = [n for n, after in zip(found, [*found[1:], 0], strict=True) if after != n + 1]
    ranges = (f"{chr(low)}-{chr(high)}" for low, high in zip(begins, ends, strict=True))
    return "".join((*ranges, _JOINERS))


@cache
def _word() -> re.Pattern[str]:
    of_others = rf"[^\W{_LETTERS}]"
    upon = rf"[{marks()}]"
    return re.compile(rf"[{_LETTERS}]{upon}*|{of_others}+(?:{upon}+{of_others}*)*")

"""Characters that make a text read otherwise than it is: reversed, or with words that nobody sees."""

import re
from collections.abc import Iterator

from sofrito.recipe.yaml_tree import Finding, Place

# The marks that embed or override a direction, and the tags, by which letters are written invisibly.
# Those of a flag (an emoji followed by tags) are left alone, as is what scripts need: joiners, and
# the plain marks of direction.
_HIDDEN = re.compile(
    "[\u202a-\u202e\u2066-\u2069]+|(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+"
)
_MOST = 5
FIX = "Delete it, unless you know why it is there; an editor shows such characters on demand."


def hidden(text: str) -> Iterator[Finding]:
    """Yield a warning for the first of such characters on each of the first lines that have any."""
    if text.isascii():
        return
    found = 0
    for number, line in enumerate(text.split("\n"), 1):
        match = None if line.isascii() else _HIDDEN.search(line)
        if match is None:
            continue
        place = Place(number, match.start() + 1, len(match[0]))
        yield Finding("SOF010", place, _words(match[0]), FIX, warning=True)
        found += 1
        if found == _MOST:
            return


def _words(characters: str) -> str:
    code = f"U+{ord(characters[0]):04X}"
    if ord(characters[0]) < 0xE0000:
        return f"The invisible character {code} makes this line read in another order than it has."
    said = "".join(chr(ord(one) - 0xE0000) for one in characters if ord(one) > 0xE001F)
    seen = f", which say «{said[:60]}»" if said.isprintable() and said else ""
    return f"Here stand invisible characters ({code} and more){seen}."

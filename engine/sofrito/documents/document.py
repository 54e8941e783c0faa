"""What every reader of documents returns, and why one cannot."""

from dataclasses import dataclass

MEGABYTES = 256
"""Size of the largest document that is read, packed or unpacked."""

LONGEST = 32_000_000
"""Characters of text that a document may have."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document's text, its headings as Markdown has them, and its title, "" if it says none.

    ``pages`` are the offsets (characters) at which its pages begin, and where the last one ends;
    empty where the format has no pages.
    """

    text: str
    title: str = ""
    pages: tuple[int, ...] = ()


class Unreadable(Exception):
    """A document has no text that can be read: what is wrong, and what to do."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix

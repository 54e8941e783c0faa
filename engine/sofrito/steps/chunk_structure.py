"""Where a text may be cut: at its headings, blocks and sentences, as Markdown has them."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from sofrito.documents import front_matter

if TYPE_CHECKING:
    from markdown_it.token import Token


class Rank(IntEnum):
    """How good a place to cut is, the best first; headings have their level, 1 to 6."""

    BLOCK = 7
    ITEM = 8
    SENTENCE = 9
    GAP = 10
    LINE = 11


@dataclass(frozen=True, slots=True)
class Structure:
    """A text's places to cut, its headings and what should stay whole; all offsets are of characters.

    ``offsets`` are the places in order with their ``ranks``; ``headings`` are (offset, level, text),
    and ``around`` has for each the index of the heading it stands under, -1 for none; ``whole`` are
    the (start, end) of code and tables.
    """

    offsets: Sequence[int]
    ranks: Sequence[int]
    headings: Sequence[tuple[int, int, str]]
    around: Sequence[int]
    whole: Sequence[tuple[int, int]]

    def above(self, offset: int) -> list[str]:
        """Return the headings under which an offset stands, the outermost first."""
        path: list[str] = []
        at = bisect_right(self.headings, offset, key=lambda one: one[0]) - 1
        while at >= 0:
            path.append(self.headings[at][2])
            at = self.around[at]
        return path[::-1]

    def inside(self, offset: int) -> tuple[int, int] | None:
        """Return the code or table that a cut at an offset would go through."""
        at = bisect_left(self.whole, offset, key=lambda one: one[0]) - 1
        found = self.whole[at] if at >= 0 else (0, 0)
        return found if found[0] < offset < found[1] else None


_LINE_END = re.compile(r"\r\n|\n|\r")
_CODE = ("fence", "code_block", "html_block")
_SENTENCE = re.compile(
    r"""(?<=[.!?…])["'”’»)\]]*\s+(?=[^\s\W_a-z]|["'“‘«(\[¿¡])|(?<=[。！？])[”’」』）]*(?=\S)"""
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|No|Nos|Fig|Figs|Eq|Vol|Ch|Sec|Art|vs|cf|al|approx"
    r"|e\.g|i\.e|etc|bzw|z\.B|ca|Nr))\.$"
)


def structure_of(text: str) -> Structure:
    """Return the structure of a text, read as CommonMark with tables; a plain text is paragraphs.

    A front matter has no structure, and a passage may end right below it.
    """
    ranks: dict[int, int] = {}
    headings: list[tuple[int, int, str]] = []
    whole: list[tuple[int, int]] = []
    starts = [0, *(found.end() for found in _LINE_END.finditer(text)), len(text)]
    glued: set[int] = set()
    after_heading = in_table = False
    for token, content in _blocks(text):
        if token.type == "table_close":
            in_table = False
        if token.type == "heading_close":
            after_heading = True
        if token.nesting < 0 or token.map is None:
            continue
        first, last = token.map
        start, end = _begun(text, starts[first]), starts[min(last, len(starts) - 1)]
        if token.type == "inline":
            if not in_table and not content:
                for sentence in _sentences(text, start, end):
                    ranks.setdefault(sentence, Rank.SENTENCE)
            continue
        if after_heading:
            glued.add(start)
            after_heading = False
        if token.type == "heading_open":
            level = int(token.tag[1])
            headings.append((start, level, content))
            ranks[start] = min(level, ranks.get(start, level))
        elif not in_table:
            ranks[start] = min(_rank(text, start, token.level), ranks.get(start, Rank.LINE))
        if token.type in _CODE or token.type == "table_open":
            in_table = token.type == "table_open"
            whole.append((start, _trimmed(text, start, end)))
            # A table's head and the line below it stay with its first row.
            for line in starts[first + (3 if in_table else 1) : last]:
                gap = not in_table and text.endswith(("\n\n", "\n\r\n"), 0, line)
                ranks.setdefault(line, Rank.GAP if gap else Rank.LINE)
    kept = sorted(offset for offset in ranks if offset not in glued)
    around = _around([level for _, level, _ in headings])
    return Structure(kept, [ranks[offset] for offset in kept], headings, around, _apart(whole))


def _blocks(text: str) -> Iterator[tuple["Token", str]]:
    """Yield the tokens of a text's blocks; a heading, and what is in it, with its text."""
    from markdown_it import MarkdownIt

    front = text[: front_matter(text)]
    # Empty lines in its place keep the numbers of those below.
    text = "\n" * len(_LINE_END.findall(front)) + text[len(front) :]
    tokens = MarkdownIt("commonmark").enable("table").disable("inline").parse(text)
    heading = ""
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = tokens[at + 1].content.strip() or "#"
        yield token, heading
        if token.type == "heading_close":
            heading = ""


def _rank(text: str, start: int, level: int) -> int:
    if text[max(start - 20, 0) : start].rstrip().endswith(":"):
        return Rank.SENTENCE  # what was announced follows
    return Rank.ITEM if level else Rank.BLOCK


def _sentences(text: str, start: int, end: int) -> Iterator[int]:
    """Yield the offsets at which the sentences of a paragraph begin, but for the first."""
    for found in _SENTENCE.finditer(text, start, end):
        if not _ABBREVIATION.search(text, max(start, found.start() - 12), found.start()):
            yield found.end()


def _begun(text: str, start: int) -> int:
    """Return where a line begins, without its indent."""
    while start < len(text) and text[start] in " \t":
        start += 1
    return start


def _trimmed(text: str, start: int, end: int) -> int:
    return start + len(text[start:end].rstrip())


def _around(levels: Sequence[int]) -> list[int]:
    """Return for each heading the index of the last one before it of a higher level, -1 for none."""
    around: list[int] = []
    for at, level in enumerate(levels):
        outer = at - 1
        while outer >= 0 and levels[outer] >= level:
            outer = around[outer]
        around.append(outer)
    return around


def _apart(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order, those within another one left out."""
    apart: list[tuple[int, int]] = []
    for span in sorted(spans, key=lambda one: (one[0], -one[1])):
        if not apart or span[0] >= apart[-1][1]:
            apart.append(span)
    return apart

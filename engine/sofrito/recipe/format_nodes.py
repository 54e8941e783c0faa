"""What a YAML text is laid out from: blocks, flows and scalars as written, with their comments."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Odd(Exception):
    """The text uses a part of YAML that is not laid out anew."""


class Line(NamedTuple):
    """A line between values: a comment with its column, or nothing (a blank line).

    ``gap``: the spaces before a comment behind a text that is in line with no other one, else 0.
    """

    column: int
    text: str
    gap: int = 0


@dataclass(slots=True)
class Scalar:
    """A scalar or an alias, as written; ``head`` is its anchor, if any.

    A block scalar has its header in ``text`` and its ``lines`` without their indentation; ``step``
    is the indentation that the header names, 0 where it names none.
    """

    text: str
    head: str = ""
    lines: list[str] | None = None
    step: int = 0


@dataclass(slots=True)
class Pair:
    """An entry of a flow: a value, with its key in a mapping; ``colon`` as it may lack one."""

    key: str
    value: "Node | None"
    colon: bool = True


@dataclass(slots=True)
class Flow:
    """A list in brackets or a mapping in braces; ``raw`` where it must be kept as it was written."""

    mapping: bool
    items: list[Pair] = field(default_factory=list)
    head: str = ""
    raw: str = ""


@dataclass(slots=True)
class Entry:
    """An entry of a block: its value, its key in a mapping, and the comments that belong to it.

    ``column`` is where it stood, and ``comment`` what stood behind it; ``more`` are the lines right
    below that went on in the comment's column, and ``after`` those below its value that are deeper
    than the entry.
    """

    column: int
    key: str
    value: "Node | None" = None
    leading: list[Line] = field(default_factory=list)
    comment: Line | None = None
    more: list[Line] = field(default_factory=list)
    after: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Block:
    """A list of dashes or a mapping by indentation; ``trailing`` are comments behind its last entry."""

    mapping: bool
    column: int
    entries: list[Entry] = field(default_factory=list)
    head: str = ""
    trailing: list[Line] = field(default_factory=list)


Node = Scalar | Flow | Block


@dataclass(slots=True)
class Sheet:
    """A whole text: what stands before the first key, the mapping, what stands behind it."""

    header: list[Line]
    root: Block


def last_blocks(block: Block | None) -> Iterator[Block]:
    """Yield a block and those that its last entries lead into."""
    while block is not None:
        yield block
        value = block.entries[-1].value if block.entries else None
        block = value if isinstance(value, Block) else None


def lay_down(lines: list[Line], blocks: list[Block], column: int) -> list[Line]:
    """Give comments that are deeper than ``column`` to what they stand behind; return the others.

    ``blocks`` are the open ones from the outside in. A comment ends the innermost of them that it
    is not left of; one that is deeper than that block's entries belongs to the last of these.
    """
    if column < 0:
        blocks = [*blocks[:-1], *last_blocks(blocks[-1])]
    open_ = list(blocks)
    for at, line in enumerate(lines):
        if not line.text:
            continue
        if line.column <= column:
            start = at
            while start and not lines[start - 1].text:
                start -= 1
            return lines[start:]
        while len(open_) > 1 and open_[-2].column >= line.column:
            open_.pop()
        blank = bool(at) and not lines[at - 1].text
        behind = _lines_behind(open_[-1], line, blank=blank)
        if blank:
            behind.append(Line(0, ""))
        behind.append(line)
    last = max((at for at, line in enumerate(lines) if line.text), default=-1)
    return [] if column < 0 else lines[last + 1 :]


def _lines_behind(block: Block, line: Line, *, blank: bool) -> list[Line]:
    """Return the lines that a comment behind a block's last entry goes on."""
    last = block.entries[-1]
    if block.trailing or line.column <= block.column or isinstance(last.value, Block):
        return block.trailing
    aligned = last.comment is not None and line.column == last.comment.column
    return last.more if aligned and not last.after and not blank else last.after

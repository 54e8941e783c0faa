"""Reads a YAML text into its layout, with each comment at the entry that it belongs to."""

import re
from typing import Any

from ruamel.yaml import tokens as kinds

from sofrito.recipe.format_nodes import (
    Block,
    Entry,
    Flow,
    Line,
    Node,
    Odd,
    Pair,
    Scalar,
    Sheet,
    last_blocks,
    lay_down,
)
from sofrito.recipe.yaml_tokens import tokenize

_HEADER = re.compile(r"[|>][-+0-9]*")
_OPENINGS = {
    kinds.FlowSequenceStartToken: kinds.FlowSequenceEndToken,
    kinds.FlowMappingStartToken: kinds.FlowMappingEndToken,
}

_SPACED = (
    *(kinds.FlowEntryToken, kinds.ValueToken, kinds.KeyToken),
    *(kinds.AnchorToken, kinds.TagToken),
)
"""What has a space behind it."""
_CLOSE = (kinds.FlowEntryToken, kinds.ValueToken, *_OPENINGS.values())
"""What has none before it."""


def parse_sheet(text: str) -> Sheet:
    """Return the layout of a text that is known to be a YAML mapping; raises :class:`Odd`.

    Each comment belongs to the entry below it, unless it is indented deeper than that: then it
    belongs to the entry above it, or ends the block whose entries it is in line with. What stands
    above the first key is about the file, up to the last blank line.
    """
    return _Parser(text).sheet()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        tokens, halt = tokenize(text)
        if halt:
            raise Odd("it is not YAML")
        self._tokens = tokens
        self._ends = [_content_end(text, token) for token in tokens]
        self._own: dict[int, list[Line]] = {}
        self._behind: dict[int, Line] = {}
        self._comments()
        self._at = 1
        self._open: list[Block] = []

    def _comments(self) -> None:
        """Note the lines before each token, and the comment behind each."""
        before, end, line = 0, 0, -1
        behind: dict[int, tuple[int, int]] = {}
        columns: set[tuple[int, int]] = set()
        for index, token in enumerate(self._tokens):
            if token.start_mark.offset == self._ends[index] and not _last(token):
                continue
            gap = self._text[end : token.start_mark.offset]
            first, *rest = gap.split("\n") if end else ["", *gap.split("\n")]
            if first.strip():
                column = self._column(end, first)
                self._behind[before] = Line(column, first.strip(), _indent(first))
                behind[before] = (line, column)
            columns |= {(line + n, _indent(one)) for n, one in enumerate(rest, 1) if one.strip()}
            whole = rest if _last(token) else rest[:-1]
            if own := [Line(_indent(one), one.strip()) for one in whole]:
                self._own[index] = own
            before, end = index, self._ends[index]
            line = token.start_mark.line + self._text.count("\n", token.start_mark.offset, end)
        columns.update(behind.values())
        for index, (at, column) in behind.items():
            if columns & {(at - 1, column), (at + 1, column)}:
                self._behind[index] = self._behind[index]._replace(gap=0)

    def _column(self, end: int, first: str) -> int:
        start = self._text.rfind("\n", 0, end) + 1
        return end - start + len(first) - len(first.lstrip())

    def sheet(self) -> Sheet:
        header = self._header()
        if not self._is(kinds.BlockMappingStartToken):
            raise Odd("it is not a block of keys")
        root = self._block_mapping()
        while not self._is(kinds.StreamEndToken):
            if not self._is(kinds.DocumentEndToken):
                raise Odd("something stands behind its keys")
            self._at += 1
        lay_down(self._lines(self._at), [root], -1)
        self._all_taken()
        above = root.entries[0].leading
        own = max((at + 1 for at, line in enumerate(above) if not line.text), default=len(above))
        header += above[:own]
        root.entries[0].leading = above[own:]
        return Sheet(header, root)

    def _header(self) -> list[Line]:
        lines: list[Line] = []
        while self._is(kinds.DocumentStartToken):
            lines += self._lines(self._at)
            lines.append(Line(0, "---"))
            if comment := self._behind.pop(self._at, None):
                lines.append(comment)
            self._at += 1
        return lines

    def _all_taken(self) -> None:
        if self._own or self._behind:
            raise Odd("it has a comment in an unusual place")

    def _is(self, *wanted: type) -> bool:
        return type(self._tokens[self._at]) in wanted

    def _lines(self, index: int) -> list[Line]:
        return self._own.pop(index, [])

    def _next_lines(self) -> list[Line]:
        """Take the lines before the next token that has text."""
        index = self._at
        while self._tokens[index].start_mark.offset == self._ends[index] and not _last(
            self._tokens[index]
        ):
            index += 1
        return self._lines(index)

    # Blocks.

    def _block_mapping(self) -> Block:
        block = Block(True, self._tokens[self._at].start_mark.column)
        self._at += 1
        self._open.append(block)
        while not self._is(kinds.BlockEndToken):
            entry = self._entry_of(block)
            token = self._tokens[self._at]
            if not isinstance(token, kinds.KeyToken) or token.start_mark != token.end_mark:
                raise Odd("it has a key that is marked by `?`")
            self._at += 1
            entry.key = self._key()
            if not self._is(kinds.ValueToken):
                raise Odd("a key has no colon")
            self._at += 1
            self._value(entry)
        self._at += 1
        self._open.pop()
        return block

    def _block_list(self, *, bare: bool) -> Block:
        """Read a list; ``bare`` is one that stands in the very column of its key."""
        block = Block(False, self._tokens[self._at].start_mark.column)
        self._at += not bare
        self._open.append(block)
        while self._is(kinds.BlockEntryToken):
            entry = self._entry_of(block)
            self._at += 1
            self._value(entry)
        self._at += not bare
        self._open.pop()
        return block

    def _entry_of(self, block: Block) -> Entry:
        entry = Entry(block.column, "")
        lines = self._next_lines()
        if block.entries:
            last = block.entries[-1]
            inner = last.value if isinstance(last.value, Block) else None
            blocks = [block, *last_blocks(inner)]
            entry.leading = lay_down(lines, blocks, block.column)
        else:
            entry.leading = lines
        block.entries.append(entry)
        return entry

    def _key(self) -> str:
        start = self._tokens[self._at].start_mark.offset
        while self._is(kinds.AnchorToken):
            self._at += 1
        if not self._is(kinds.ScalarToken, kinds.AliasToken):
            raise Odd("a key is not a text")
        end = self._ends[self._at]
        self._quiet(self._at)
        self._at += 1
        return self._text[start:end]

    def _quiet(self, index: int) -> None:
        if index in self._behind or "\n" in self._source(index):
            raise Odd("a key has more than its line")

    def _source(self, index: int) -> str:
        return self._text[self._tokens[index].start_mark.offset : self._ends[index]]

    def _value(self, entry: Entry) -> None:
        """Read what follows a colon or a dash, with the comments on the way."""
        self._behind_to(entry, self._at - 1)
        head = ""
        while self._is(kinds.AnchorToken):
            entry.leading += self._lines(self._at)
            head = self._source(self._at)
            self._at += 1
            self._behind_to(entry, self._at - 1)
        ends = (kinds.KeyToken, kinds.BlockEndToken, kinds.StreamEndToken)
        if self._is(kinds.BlockMappingStartToken):
            entry.value = _below(entry, self._block_mapping())
        elif self._is(kinds.BlockSequenceStartToken):
            entry.value = _below(entry, self._block_list(bare=False))
        elif self._is(kinds.BlockEntryToken) and entry.key:
            entry.value = _below(entry, self._block_list(bare=True))
        elif self._is(*ends, kinds.BlockEntryToken):
            entry.value = Scalar("", head) if head else None
            return
        else:
            entry.leading += self._lines(self._at)
            entry.value = self._inline()
            self._behind_to(entry, self._at - 1)
        if head:
            entry.value.head = head

    def _behind_to(self, entry: Entry, index: int) -> None:
        """Take the comment behind a token; one that was there already moves above the entry."""
        comment = self._behind.pop(index, None)
        if comment and entry.comment:
            entry.leading.append(entry.comment)
        entry.comment = comment or entry.comment

    # Scalars and flows.

    def _inline(self) -> Node:
        token = self._tokens[self._at]
        if type(token) in _OPENINGS:
            return self._flow()
        if not self._is(kinds.ScalarToken, kinds.AliasToken):
            raise Odd("it uses a part of YAML that recipes do not have")
        source = self._source(self._at)
        self._at += 1
        if _HEADER.match(source) and not getattr(token, "plain", True):
            return _block_scalar(source, self._open[-1].column)
        first, *more = source.split("\n")
        if not more:
            return Scalar(source)
        return Scalar(first.rstrip(), lines=[one.strip() for one in more], step=-1)

    def _flow(self) -> Flow:
        start, opening = self._at, self._tokens[self._at]
        flow = Flow(isinstance(opening, kinds.FlowMappingStartToken))
        closing = _OPENINGS[type(opening)]
        self._at += 1
        try:
            while not self._is(closing):
                flow.items.append(self._pair())
                if self._is(kinds.FlowEntryToken):
                    self._at += 1
        except Odd:
            return self._raw(start, flow)
        self._at += 1
        if any(i in self._own and self._commented(i) for i in range(start, self._at)):
            return self._raw(start, flow)
        if any(i in self._behind for i in range(start, self._at - 1)):
            return self._raw(start, flow)
        for index in range(start + 1, self._at):
            self._lines(index)
        return flow

    def _commented(self, index: int) -> bool:
        return index in self._own and any(line.text for line in self._own[index])

    def _raw(self, start: int, flow: Flow) -> Flow:
        """Keep a flow's lines as they were written, up to its closing bracket, but for odd spaces."""
        depth, self._at = 0, start
        while True:
            token = self._tokens[self._at]
            depth += type(token) in _OPENINGS
            depth -= type(token) in _OPENINGS.values()
            self._at += 1
            if not depth:
                break
        for index in range(start, self._at):
            if index > start:
                self._own.pop(index, None)
            if index < self._at - 1:
                self._behind.pop(index, None)
        return Flow(flow.mapping, raw=self._tidy(start))

    def _tidy(self, start: int) -> str:
        """Return the text of the tokens from ``start`` up to here, spaced as on a line of their own."""
        parts, end, before = [""], self._tokens[start].start_mark.offset, None
        for token, after in zip(self._tokens[start : self._at], self._ends[start:], strict=False):
            begin = token.start_mark.offset
            if begin == after:
                continue
            gap = self._text[end:begin]
            if "\n" not in gap and not isinstance(before, kinds.AliasToken):
                spaced = isinstance(before, _SPACED) and not isinstance(token, _CLOSE)
                gap = " " if spaced else ""
            parts += [gap, self._text[begin:after]]
            before, end = token, after
        return "".join(parts)

    def _pair(self) -> Pair:
        keyed = self._is(kinds.KeyToken)
        if not keyed:
            if self._is(kinds.ValueToken):
                raise Odd("a value has no key")
            return Pair("", self._flow_value())
        token = self._tokens[self._at]
        if token.start_mark != token.end_mark:
            raise Odd("it has a key that is marked by `?`")
        self._at += 1
        if self._is(kinds.ValueToken):
            raise Odd("a value has no key")
        key = self._key()
        if not self._is(kinds.ValueToken):
            return Pair(key, None, colon=False)
        self._at += 1
        if self._is(kinds.FlowEntryToken, *_OPENINGS.values()):
            raise Odd("a key has a colon and no value")
        return Pair(key, self._flow_value())

    def _flow_value(self) -> Node:
        head = ""
        while self._is(kinds.AnchorToken):
            head = self._source(self._at)
            self._at += 1
        node = self._inline()
        if isinstance(node, Scalar) and node.lines is not None:
            raise Odd("a text in brackets goes over lines")
        if isinstance(node, Flow) and node.raw:
            raise Odd("a flow within is kept as it is")
        node.head = head
        return node


def _below(entry: Entry, block: Block) -> Block:
    """Give an entry the lines above its block that go on in the column of its comment."""
    above = block.entries[0].leading
    while entry.comment and above and above[0].text and above[0].column == entry.comment.column:
        entry.more.append(above.pop(0))
    return block


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _last(token: Any) -> bool:
    return isinstance(token, kinds.StreamEndToken)


def _content_end(text: str, token: Any) -> int:
    """Return where a token's text ends: for a block scalar, before blank lines that mean nothing."""
    start, end = token.start_mark.offset, token.end_mark.offset
    if not isinstance(token, kinds.ScalarToken) or token.plain:
        return int(end)
    header = _HEADER.match(text, start)
    if header is None or "+" in header[0]:
        return int(end) - (header is not None and text[end - 1 : end] == "\n")
    lines = text[start:end].split("\n")
    while not lines[-1].strip():
        lines.pop()
    return int(start) + len("\n".join(lines))


def _block_scalar(source: str, column: int) -> Scalar:
    header, *lines = source.split("\n")
    found = _HEADER.match(header)
    assert found
    digits = "".join(char for char in found[0] if char.isdigit())
    step = int(digits or 0)
    filled = [len(one) - len(one.lstrip(" ")) for one in lines if one.strip(" ")]
    indent = column + step if step else min(filled, default=0)
    inner = [one[indent:] for one in lines]
    return Scalar(header.rstrip(), lines=inner, step=step)

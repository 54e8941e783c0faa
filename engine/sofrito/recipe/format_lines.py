"""Writes the layout of a YAML text: one indentation, one order of keys, lines of one width."""

from collections.abc import Iterator, Sequence

from sofrito.recipe.format_nodes import Block, Entry, Flow, Line, Node, Pair, Scalar, Sheet
from sofrito.recipe.format_order import ANY, Shape

WIDTH = 100
"""Characters of a line, comments apart, up to which a flow stays on it."""

STEP = 2


def written(sheet: Sheet, shape: Shape) -> str:
    """Return the text of a layout, its keys in the order that ``shape`` declares."""
    writer = _Writer()
    writer.lines_between(sheet.header, 0)
    writer.block(sheet.root, 0, shape)
    return "\n".join(writer.lines) + "\n"


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self._opened = 0

    def lines_between(self, lines: Sequence[Line], indent: int) -> None:
        """Write comments at an indentation; several blank lines become one, at a block's start none."""
        for line in lines:
            if line.text:
                self.lines.append(" " * indent + line.text)
            elif len(self.lines) > self._opened and self.lines[-1]:
                self.lines.append("")

    def block(self, block: Block, indent: int, shape: Shape) -> None:
        """Write a block, each entry in its place."""
        shape = shape.of([entry.key for entry in block.entries] if block.mapping else None)
        for entry in _in_order(block, shape):
            self.lines_between(entry.leading, indent)
            self._entry(entry, indent, shape.inside(entry.key) if block.mapping else shape.item())
        self.lines_between(block.trailing, indent)

    def _entry(self, entry: Entry, indent: int, shape: Shape) -> None:
        _unfold(entry, indent)
        head, value = _head(entry, indent), entry.value
        if isinstance(value, Block):
            self._nested(entry, value, head, indent, shape)
            return
        at = len(self.lines)
        self.lines += self._inline(value, head, entry, indent, shape)
        self._comment(entry, indent, at, last=True)
        # one column deeper than the entry is what a block scalar does not take for its text
        block_scalar = isinstance(value, Scalar) and value.text[:1] in ("|", ">")
        self.lines_between(entry.after, indent + (1 if block_scalar else STEP))

    def _nested(self, entry: Entry, value: Block, head: str, indent: int, shape: Shape) -> None:
        at = len(self.lines)
        if entry.key or value.head:
            self.lines.append(f"{head} {value.head}".rstrip())
            self._comment(entry, indent, at)
            self._opened = len(self.lines)
            self.block(value, indent + STEP, shape)
        else:
            self._lift(entry, shape, indent)
            at = len(self.lines)
            self.block(value, indent + STEP, shape)
            self.lines[at] = head + self.lines[at][indent + 1 :]
        self.lines_between(entry.after, indent + STEP)

    def _lift(self, entry: Entry, shape: Shape, indent: int) -> None:
        """Write above a dash the comments that would stand between it and what comes first in it."""
        value = entry.value
        if entry.key or not isinstance(value, Block) or value.head:
            return
        if entry.comment:
            self.lines_between([entry.comment, *entry.more], indent)
            entry.comment, entry.more = None, []
        shape = shape.of([one.key for one in value.entries] if value.mapping else None)
        first = _in_order(value, shape)[0]
        self.lines_between(first.leading, indent)
        first.leading = []
        _unfold(first, indent + STEP)
        self._lift(first, shape.item(), indent)

    def _inline(
        self, value: "Node | None", head: str, entry: Entry, indent: int, shape: Shape
    ) -> list[str]:
        match value:
            case None:
                return [head]
            case Flow():
                return _flow_lines(value, head, entry, indent, shape)
            case Scalar():
                start = " ".join(filter(None, (head, value.head, value.text)))
                return [start, *_more_lines(value, indent)]
        raise AssertionError(value)

    def _comment(self, entry: Entry, indent: int, at: int, *, last: bool = False) -> None:
        """Write what stood behind an entry as far from its text, or in its column if others do.

        It is two spaces behind the text or more.
        """
        if entry.comment:
            at = len(self.lines) - 1 if last else at
            column = entry.comment.column + indent - entry.column
            if entry.comment.gap:
                column = len(self.lines[at]) + entry.comment.gap
            start = f"{self.lines[at]}  ".ljust(column)
            self.lines[at] = start + entry.comment.text
            self.lines += [" " * len(start) + line.text for line in entry.more]


def _in_order(block: Block, shape: Shape) -> list[Entry]:
    if not block.mapping:
        return block.entries
    return shape.sorted(block.entries, lambda entry: entry.key)


def _more_lines(value: Scalar, indent: int) -> Iterator[str]:
    deeper = " " * (indent + (value.step if value.step > 0 else STEP))
    for line in value.lines or ():
        yield deeper + line if line else ""


# Flows: on one line where they fit, a list of scalars over several, anything else as a block.


def _unfold(entry: Entry, indent: int) -> None:
    """Turn a flow that is too long for its line into the block that it could be."""
    flow = entry.value
    if not isinstance(flow, Flow) or flow.raw or not flow.items:
        return
    plain = all(isinstance(item.value, Scalar) and not item.key for item in flow.items)
    pairs = not flow.mapping and any(item.key for item in flow.items)
    if len(f"{_head(entry, indent)} {_text(flow, ANY)}") <= WIDTH or pairs:
        return
    if flow.mapping or not plain:
        entries = [Entry(indent + STEP, item.key, item.value) for item in flow.items]
        entry.value = Block(flow.mapping, indent + STEP, entries, flow.head)


def _head(entry: Entry, indent: int) -> str:
    return " " * indent + (f"{entry.key}:" if entry.key else "-")


def _flow_lines(flow: Flow, head: str, entry: Entry, indent: int, shape: Shape) -> list[str]:
    start = " ".join(filter(None, (head, flow.head)))
    if flow.raw:
        first, *more = flow.raw.split("\n")
        shift = indent - entry.column
        return [f"{start} {first.rstrip()}", *(_shifted(line, shift, indent) for line in more)]
    whole = f"{head} {_text(flow, shape)}"
    if len(whole) <= WIDTH or flow.mapping or any(item.key for item in flow.items):
        return [whole]
    return _filled(f"{start} [", [_item(item, shape.item()) for item in flow.items])


def _shifted(line: str, shift: int, indent: int) -> str:
    if not line.strip():
        return ""
    column = len(line) - len(line.lstrip())
    return " " * max(column + shift, indent + 1) + line.strip()


def _filled(start: str, items: Sequence[str]) -> list[str]:
    """Return the lines of a list in brackets, the later ones below its first item."""
    lines, line = [], start
    for number, item in enumerate(items):
        last = number == len(items) - 1
        piece = item + ("]" if last else ",")
        fresh = line == start or not line.strip()
        joined = line + piece if fresh else f"{line} {piece}"
        if len(joined) > WIDTH and not fresh:
            lines.append(line)
            joined = " " * len(start) + piece
        line = joined
    return [*lines, line]


def _text(node: "Node | None", shape: Shape) -> str:
    match node:
        case Scalar():
            return " ".join(filter(None, (node.head, node.text)))
        case Flow():
            shape = shape.of([item.key for item in node.items] if node.mapping else None)
            items = node.items
            if node.mapping:
                items = shape.sorted(items, lambda item: item.key)
            inner = ", ".join(
                _item(item, shape.inside(item.key) if node.mapping else shape.item())
                for item in items
            )
            text = f"{{{inner}}}" if node.mapping else f"[{inner}]"
            return f"{node.head} {text}".lstrip()
    return ""


def _item(item: Pair, shape: Shape) -> str:
    if not item.key:
        return _text(item.value, shape)
    if not item.colon:
        return item.key
    return f"{item.key}: {_text(item.value, shape)}"

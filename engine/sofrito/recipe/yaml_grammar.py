"""YAML's grammar over its tokens: a tree of values, or where and why the text is no YAML."""

import re
from typing import Any

from ruamel.yaml import tokens as kinds

from sofrito.recipe.yaml_quoting import GLUED, alias_fix, glued_key, odd_key
from sofrito.recipe.yaml_scalars import scalar
from sofrito.recipe.yaml_tokens import MAX_DEPTH, Mark, TooMuch, tokenize
from sofrito.recipe.yaml_tree import Broken, Child, Finding, Node, Place

MAX_VALUES = 100_000

_CURLY = "“”„‟‘’‚‛"

_BLOCK_HEADER = re.compile(r"[|>][-+0-9]*")
_ITEM_ENDS = (kinds.BlockEntryToken, kinds.BlockEndToken)
_PAIR_ENDS = (kinds.KeyToken, kinds.ValueToken, kinds.BlockEndToken)
_FLOW_PAIR_ENDS = (
    kinds.ValueToken,
    kinds.FlowEntryToken,
    kinds.FlowMappingEndToken,
    kinds.FlowSequenceEndToken,
)


class _End:
    """Stands where the scanner stopped; no rule of the grammar accepts it."""

    def __init__(self, mark: Mark) -> None:
        self.start_mark = self.end_mark = mark


def compose(text: str) -> tuple[Node, list[Finding]]:
    """Return the tree of a text, and the mistakes that did not keep it from being read.

    Mapping keys are texts as written (``1.10``, ``yes``); aliases share what they stand for; ``<<``
    merges. Raises :class:`Broken` where the text is no YAML, :class:`TooMuch` where it is deeper
    than 100 levels or holds more than 100,000 values with its aliases expanded.
    """
    builder = _Builder(text)
    return builder.document(), builder.findings


class _Builder:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens, self._halt = tokenize(text)
        if self._halt:
            self._tokens.append(_End(self._halt.opened))
        self._at = 1  # past the start of the stream
        self._depth = 0
        self._values = 0
        self._anchors: dict[str, Node | None] = {}
        self.findings: list[Finding] = []

    def document(self) -> Node:
        if self._next_is(kinds.DocumentStartToken):
            self._take()
        start = Place(1, 1, 1)
        if self._next_is(kinds.StreamEndToken, kinds.DocumentStartToken, kinds.DocumentEndToken):
            root = Node(None, start, "")
        else:
            root = self._node(start, block=True)
        while self._next_is(kinds.DocumentEndToken):
            self._take()
        if not self._next_is(kinds.StreamEndToken):
            raise self._broken(Mark(0, 0, 0), "document")
        return root

    def _node(self, fallback: Place, *, block: bool, dashes: bool = False) -> Node:
        """Read a value; one that is not there is null, and stands at ``fallback``.

        ``dashes``: a list may stand below the very column of its key.
        """
        if self._next_is(kinds.AliasToken):
            return self._alias(self._take())
        at = self._at
        anchor = ""
        while self._next_is(kinds.AnchorToken, kinds.TagToken):
            token = self._take()
            if isinstance(token, kinds.TagToken):
                self._tag(token)
            else:
                anchor = token.value
                self._anchors[anchor] = None
        node = self._content(block, dashes)
        if node is None and at == self._at:
            raise self._broken(self._tokens[at].start_mark, "value")
        node = node or self._new(None, fallback, "")
        if anchor:
            self._anchors[anchor] = node
        return node

    def _content(self, block: bool, dashes: bool) -> Node | None:
        if self._next_is(kinds.ScalarToken):
            return self._scalar(self._take())
        if self._depth == MAX_DEPTH:
            what = f"more than {MAX_DEPTH} levels, one in another"
            raise TooMuch(what, self._tokens[self._at].start_mark)
        self._depth += 1
        node = None
        if self._next_is(kinds.FlowSequenceStartToken):
            node = self._flow_list()
        elif self._next_is(kinds.FlowMappingStartToken):
            node = self._flow_mapping()
        elif block and self._next_is(kinds.BlockMappingStartToken):
            node = self._block_mapping()
        elif block and self._next_is(kinds.BlockSequenceStartToken):
            node = self._block_list()
        elif dashes and self._next_is(kinds.BlockEntryToken):
            node = self._items((*_ITEM_ENDS, *_PAIR_ENDS))
        self._depth -= 1
        return node

    def _block_list(self) -> Node:
        opened = self._take().start_mark
        node = self._items(_ITEM_ENDS)
        if not self._next_is(kinds.BlockEndToken):
            raise self._broken(opened, "list")
        self._take()
        return node

    def _items(self, ends: tuple[type, ...]) -> Node:
        dash = self._tokens[self._at]
        node = self._new([], self._place(dash.start_mark, dash.end_mark))
        while self._next_is(kinds.BlockEntryToken):
            dash = self._take()
            place = self._place(dash.start_mark, dash.end_mark)
            where = self._at
            empty = self._next_is(*ends)
            item = self._new(None, place, "") if empty else self._node(place, block=True)
            node.append(item, self._edge(item, where))
        return node

    def _block_mapping(self) -> Node:
        opened = self._take().start_mark
        node = self._new({}, self._place(opened, opened))
        while not self._next_is(kinds.BlockEndToken):
            if not self._next_is(kinds.KeyToken, kinds.ValueToken):
                raise self._broken(opened, "mapping")
            self._pair(node, _PAIR_ENDS, block=True)
        self._take()
        first = next(iter(node.children.values()), None)
        node.place = first.key if first else node.place
        return node

    def _flow_list(self) -> Node:
        opened = self._take().start_mark
        node = self._new([], self._place(opened, opened))
        while not self._next_is(kinds.FlowSequenceEndToken):
            where = self._at
            item = self._flow_item()
            node.append(item, self._edge(item, where))
            self._comma(kinds.FlowSequenceEndToken, opened, "flow list")
        node.place = self._place(opened, self._take().end_mark)
        return node

    def _flow_item(self) -> Node:
        token = self._tokens[self._at]
        place = self._place(token.start_mark, token.end_mark)
        if not self._next_is(kinds.KeyToken):
            return self._node(place, block=False)
        pair = self._new({}, place)
        self._pair(pair, _FLOW_PAIR_ENDS, block=False)
        return pair

    def _flow_mapping(self) -> Node:
        opened = self._take().start_mark
        node = self._new({}, self._place(opened, opened))
        while not self._next_is(kinds.FlowMappingEndToken):
            self._pair(node, _FLOW_PAIR_ENDS, block=False)
            self._comma(kinds.FlowMappingEndToken, opened, "flow mapping")
        node.place = self._place(opened, self._take().end_mark)
        return node

    def _comma(self, end: type, opened: Mark, inside: str) -> None:
        if self._next_is(kinds.FlowEntryToken):
            self._take()
        elif not self._next_is(end):
            raise self._broken(opened, inside)

    def _pair(self, node: Node, ends: tuple[type, ...], *, block: bool) -> None:
        start = self._tokens[self._at].start_mark
        here = self._place(start, start)
        if marked := self._next_is(kinds.KeyToken):
            self._take()
        if self._next_is(*ends) and (marked or self._next_is(kinds.ValueToken)):
            key = self._new("", here, "")
        else:
            key = self._node(here, block=block, dashes=block)
        where, value = self._at, None
        if self._next_is(kinds.ValueToken):
            self._take()
            where = self._at
            if not self._next_is(*ends):
                value = self._node(key.place, block=block, dashes=block)
        elif not block and not marked and GLUED.fullmatch(key.source or ""):
            self.findings.append(glued_key(key.source or "", key.place))
        value = value or self._new(None, key.place, "")
        self._put(node, key, Child(key.place, self._edge(value, where), value), start)

    def _put(self, node: Node, key: Node, child: Child, start: Mark) -> None:
        if key.source is None:
            self.findings.append(odd_key(self._text, start, key.place))
        elif key.source == "<<" and self._text.startswith("<<", start.offset):
            self._merge(node, child)
        elif twice := node.put(key.source, child):
            what = f"`{key.source}` appears twice in this mapping, also at line {twice.line}."
            self._find("SOF003", key.place, what, "Remove one of the two.")

    def _merge(self, node: Node, child: Child) -> None:
        value = child.node
        parts = [value]
        if isinstance(value.data, list):
            parts = [each.node for each in value.children.values()]
        if not all(isinstance(part.data, dict) for part in parts):
            what = "`<<` takes over the keys of another mapping, and this is none."
            self._find("SOF009", child.value, what, "Write `<<: *name`, with `&name` at a mapping.")
            return
        for part in parts:
            node.inherit(part)

    def _scalar(self, token: Any) -> Node:
        place = self._place(token.start_mark, token.end_mark)
        text = token.value
        if not token.plain:
            if not text.isascii():
                text = self._paired(text, place)
            return self._new(text, place, text)
        data, fix = scalar(text)
        if fix and not self._next_is(kinds.ValueToken):
            what = f"`{text}` is text here, just as it is written."
            fix = f"{fix[0].upper()}{fix[1:]}, or put it in quotes."
            self.findings.append(Finding("SOF008", place, what, fix, warning=True))
        if text[:1] in _CURLY and text[-1] in _CURLY and len(text) > 1:
            what = "These are no quotes to YAML: the text begins and ends with them."
            fix = "Write straight quotes, ' or \", or none."
            self.findings.append(Finding("SOF008", place, what, fix, warning=True))
        return self._new(data, place, text)

    def _paired(self, text: str, place: Place) -> str:
        """Join the halves of characters that were escaped in two halves, as JSON does it."""
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            what = "This text has one half of a character that is written as two \\u escapes."
            self._find("SOF002", place, what, "Write the character itself.")
            return text.encode("utf-8", "replace").decode()

    def _alias(self, token: Any) -> Node:
        place = self._place(token.start_mark, token.end_mark)
        target = self._anchors.get(token.value)
        if target is not None:
            self._values += target.size
            if self._values > MAX_VALUES:
                what = "more than 100,000 values, once its aliases are expanded"
                raise TooMuch(what, token.start_mark)
            return target
        if token.value in self._anchors:
            what = f"`*{token.value}` stands for a value that it is itself a part of."
            self._find("SOF007", place, what, "Write out what is meant.")
        else:
            what = f"YAML reads `*{token.value}` as an alias, and no `&{token.value}` is before it."
            self._find("SOF002", place, what, alias_fix(token.value))
        return self._new(None, place, "")

    def _tag(self, token: Any) -> None:
        place = self._place(token.start_mark, token.end_mark)
        shown = self._text[token.start_mark.offset : token.end_mark.offset]
        what = f"YAML reads `{shown}` as a tag, and recipes have none."
        self._find("SOF009", place, what, "Remove it, or put the whole value in double quotes.")

    def _next_is(self, *wanted: type) -> bool:
        return type(self._tokens[self._at]) in wanted

    def _take(self) -> Any:
        self._at += 1
        return self._tokens[self._at - 1]

    def _new(self, data: Any, place: Place, source: str | None = None) -> Node:
        self._values += 1
        if self._values > MAX_VALUES:
            raise TooMuch("more than 100,000 values", Mark(0, place.line - 1, place.column - 1))
        return Node(data, place, source)

    def _edge(self, node: Node, at: int) -> Place:
        """Return where a value that begins with a token stands: an alias stands for another's."""
        token: Any = self._tokens[at]
        if type(token) is kinds.AliasToken:
            return self._place(token.start_mark, token.end_mark)
        return node.place

    def _place(self, start: Any, end: Any) -> Place:
        length = end.column - start.column
        if start.line != end.line:
            if header := _BLOCK_HEADER.match(self._text, start.offset):
                length = len(header[0])
            else:
                line_end = self._text.find("\n", start.offset)
                length = len(self._text[start.offset : line_end].rstrip())
        return Place(start.line + 1, start.column + 1, max(length, 1))

    def _find(self, code: str, place: Place, what: str, fix: str) -> None:
        self.findings.append(Finding(code, place, what, fix))

    def _broken(self, opened: Mark, inside: str) -> Broken:
        found = self._tokens[self._at]
        halt = self._halt if isinstance(found, _End) else None
        return Broken(found, self._tokens[self._at - 1], opened, inside, halt)

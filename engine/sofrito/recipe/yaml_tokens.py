"""Tokens of a YAML text, by ruamel's scanner with its hot paths done by regular expressions."""

import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

from ruamel.yaml import tokens as kinds
from ruamel.yaml.scanner import Scanner, ScannerError

MAX_DEPTH = 100
MAX_TOKENS = 400_000

_SPACE = r" \n\0\t\r\x85\u2028\u2029"
_WORD = re.compile(rf"(?:[^{_SPACE}:]++|:(?![{_SPACE}]))++")
_WORD_IN_FLOW = re.compile(rf"(?:[^{_SPACE}:,\[\]{{}}]++|:(?![{_SPACE}]))++")
_GAP = re.compile(r"[ \t]*+")
_NEXT_LINES = re.compile(r"(?: *+\n)++( *+)")
_DOCUMENT_MARK = re.compile(rf"(?:---|\.\.\.)(?=[{_SPACE}])")
_BLANK_LINES = re.compile(r"(?:[ \t]*+(?:#[^\n\0]*+)?+\n)*+")
_INDENT = re.compile(r" *+")
_COMMENT = re.compile(r"#[^\n\0]*+")
_QUOTED = {'"': re.compile(r'"([^"\\\n]*+)"'), "'": re.compile(r"'((?:[^'\n]|'')*+)'")}


class Mark(NamedTuple):
    """A place in the text: characters from its start, line and column, all counted from 0."""

    offset: int
    line: int
    column: int


@dataclass(frozen=True)
class Halt:
    """Where the scanner could not go on: ruamel's wording, and the place that it blames first."""

    wording: str
    mark: Mark
    opened: Mark


class TooMuch(Exception):
    """The text is deeper or longer than any recipe: ``what`` says which, ``mark`` where."""

    def __init__(self, what: str, mark: Mark) -> None:
        super().__init__(what)
        self.what = what
        self.mark = mark


class _Text:
    """What ruamel's scanner asks of a reader, over a text that lies whole in memory."""

    encoding = None

    def __init__(self, text: str) -> None:
        self.buffer = text + "\0" * 4
        self.index = self.line = self.column = 0

    def peek(self, ahead: int = 0) -> str:
        return self.buffer[self.index + ahead]

    def prefix(self, length: int = 1) -> str:
        return self.buffer[self.index : self.index + length]

    def forward(self, length: int = 1) -> None:
        end = self.index + length
        lines = self.buffer.count("\n", self.index, end)
        if lines:
            self.line += lines
            self.column = end - self.buffer.rfind("\n", self.index, end) - 1
        else:
            self.column += length
        self.index = end

    def get_mark(self) -> Mark:
        return Mark(self.index, self.line, self.column)


def _end(pattern: re.Pattern[str], text: _Text) -> int:
    """Return where a pattern that fits anywhere, if only nothing, ends here."""
    found = pattern.match(text.buffer, text.index)
    return found.end() if found else text.index


class _Scanner(Scanner):
    flow_level = 0

    def __init__(self, text: str) -> None:
        self._scanner_reader = self._text = _Text(text)
        loader = SimpleNamespace(comment_handling=None, processing_version=(1, 2))
        super().__init__(loader)
        self._fetch = {
            '"': self.fetch_double,
            "'": self.fetch_single,
            ",": self.fetch_flow_entry,
            "[": self.fetch_flow_sequence_start,
            "]": self.fetch_flow_sequence_end,
            "{": self.fetch_flow_mapping_start,
            "}": self.fetch_flow_mapping_end,
        }

    def fetch_more_tokens(self) -> None:
        self.scan_to_next_token()
        self.stale_possible_simple_keys()
        text = self._text
        if not self.flow_level:
            self.unwind_indent(text.column)
        char = text.peek()
        # the commonest tokens first; the rest, and every error, is ruamel's
        if char.isalnum():
            self.fetch_plain()
        elif char == ":" and self.check_value():
            self.fetch_value()
        elif fetch := self._fetch.get(char):
            fetch()
        elif char == "-" and text.column and self.check_block_entry():
            self.fetch_block_entry()
        else:
            super().fetch_more_tokens()
        if len(self.tokens) > MAX_TOKENS:
            raise TooMuch("more than 100,000 values", self._text.get_mark())

    def fetch_directive(self) -> None:
        mark = self._text.get_mark()
        raise ScannerError(None, mark, "directive", mark)

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:  # noqa: N803
        if len(self.flow_context) >= MAX_DEPTH:
            raise TooMuch(f"more than {MAX_DEPTH} levels, one in another", self._text.get_mark())
        super().fetch_flow_collection_start(TokenClass, to_push)
        self.flow_level = len(self.flow_context)

    def fetch_flow_collection_end(self, TokenClass: Any) -> None:  # noqa: N803
        super().fetch_flow_collection_end(TokenClass)
        self.flow_level = len(self.flow_context)

    def add_indent(self, column: int) -> bool:
        if len(self.indents) >= MAX_DEPTH:
            raise TooMuch(f"more than {MAX_DEPTH} levels, one in another", self._text.get_mark())
        return super().add_indent(column)

    def scan_to_next_token(self) -> None:
        text = self._text
        if text.peek() == " " and text.peek(1) not in " #\n\t":
            text.forward()
            return
        if (end := _end(_BLANK_LINES, text)) > text.index:
            text.forward(end - text.index)
            if not self.flow_level:
                self.allow_simple_key = True
        if text.peek() in " \t":
            blank = _GAP if self._tabs_allowed() else _INDENT
            text.forward(_end(blank, text) - text.index)
        if text.peek() == "#":
            text.forward(_end(_COMMENT, text) - text.index)

    def _tabs_allowed(self) -> bool:
        if self.flow_level:
            return True
        before = self._text.buffer[self._text.index - self._text.column : self._text.index]
        indents = isinstance(self.tokens[-1], kinds.BlockEntryToken | kinds.KeyToken)
        return bool(before.strip(" ")) and not indents

    def scan_plain(self) -> Any:
        text, word = self._text, _WORD_IN_FLOW if self.flow_level else _WORD
        start, value, gap = text.get_mark(), "", ""
        end = start
        while found := word.match(text.buffer, text.index):
            value += gap + found[0]
            text.forward(len(found[0]))
            end = text.get_mark()
            self.allow_simple_key = False
            gap = text.buffer[text.index : _end(_GAP, text)]
            text.forward(len(gap))
            if text.peek() == "\n":
                gap = self._next_line()
            if not gap or text.peek() == "#":
                break
        return kinds.ScalarToken(value, True, start, end)

    def _next_line(self) -> str:
        """Go to the next line that is not blank; return what joins it to the text, if anything."""
        text = self._text
        lines = _NEXT_LINES.match(text.buffer, text.index)
        assert lines
        text.forward(lines.end() - text.index)
        self.allow_simple_key = True
        if not self.flow_level and text.column < self.indent + 1:
            return ""
        if text.column == 0 and _DOCUMENT_MARK.match(text.buffer, text.index):
            return ""
        return "\n" * (lines[0].count("\n") - 1) or " "

    def scan_flow_scalar(self, style: str) -> Any:
        text = self._text
        found = _QUOTED[style].match(text.buffer, text.index)
        if found is None:
            return super().scan_flow_scalar(style)
        start = text.get_mark()
        text.forward(len(found[0]))
        value = found[1].replace("''", "'") if style == "'" else found[1]
        return kinds.ScalarToken(value, False, start, text.get_mark(), style)


def tokenize(text: str) -> tuple[list[Any], Halt | None]:
    """Return every token of a text up to where it stops being YAML, and what stopped it there.

    Raises :class:`TooMuch` for a text that is too deep or too long.
    """
    scanner = _Scanner(text)
    halt = None
    try:
        while not scanner.done:
            scanner.fetch_more_tokens()
    except ScannerError as error:
        mark = error.problem_mark or error.context_mark or scanner._text.get_mark()
        wording = error.problem or error.context or ""
        halt = Halt(wording, mark, error.context_mark or mark)
    except (ValueError, OverflowError):
        mark = scanner._text.get_mark()
        halt = Halt("expected escape sequence", mark, mark)
    if halt is None:
        return scanner.tokens, None
    # a token that may yet turn out to be a key is not known for what it is
    open_keys = [key.token_number for key in scanner.possible_simple_keys.values()]
    return scanner.tokens[: min(open_keys, default=len(scanner.tokens))], halt

"""Why a text is no YAML, in the words of the person who wrote it, and how to mend the line."""

import json
import re
from typing import Any, NamedTuple

from ruamel.yaml import tokens as kinds

from sofrito.recipe.yaml_quoting import (
    GLUED,
    LINE,
    bare,
    glued_key,
    inner_quoted,
    quote_fix,
    short,
)
from sofrito.recipe.yaml_tokens import Halt, Mark
from sofrito.recipe.yaml_tree import Finding, Place

_ODD_INDENT = re.compile(
    r" *(?P<odd>[\u00a0\u2000-\u200b\u202f\u3000]+)[ \u00a0]*(?=(?:- +)*[\w.-]+:(?:\s|$))"
)
_NO_DASH = re.compile(r" *(?P<rest>[A-Za-z_][\w.-]*:(?:\s.*)?)")
_GLUED_DASH = re.compile(r" *-(?P<rest>[A-Za-z_][\w.-]*:(?:\s.*)?)")
_TEMPLATE = re.compile(r"\{[{%#]")
_OPENERS = {"flow list": ("[", "]"), "flow mapping": ("{", "}")}
_NO_VALUE = (kinds.FlowEntryToken, kinds.FlowSequenceStartToken, kinds.FlowMappingStartToken)
_CLOSERS = {kinds.FlowSequenceEndToken: "]", kinds.FlowMappingEndToken: "}"}
_UNQUOTED = (
    "mapping values are not allowed",
    "cannot start any token",
    "expected alphabetic or numeric",
    "expected chomping or indentation",
    "expected a comment or a line break",
    "but found 0",
    "expected URI",
    "expected '",
)


class Broken(Exception):
    """The text is no YAML at the token ``found``, which follows ``before``.

    ``inside`` says what it breaks: document, mapping, list, flow mapping, flow list, or a value;
    ``opened`` is where that starts. ``halt`` is set where the scanner already gave up.
    """

    def __init__(
        self, found: Any, before: Any, opened: Mark, inside: str, halt: Halt | None
    ) -> None:
        super().__init__(inside)
        self.found = found
        self.before = before
        self.opened = opened
        self.inside = inside
        self.halt = halt


class Verdict(NamedTuple):
    """A finding, and the text with that line mended where it is clear what was meant."""

    finding: Finding
    mended: str | None = None


class _Lines:
    """The lines of a text, by number from 0."""

    def __init__(self, text: str) -> None:
        self.all = text.split("\n")

    def rest(self, mark: Mark) -> Place:
        """Return the place from a mark to the end of its line."""
        length = len(self.all[mark.line][mark.column :].rstrip())
        return Place(mark.line + 1, mark.column + 1, max(length, 1))

    def replaced(self, line: int, new: str) -> str:
        return "\n".join([*self.all[:line], new, *self.all[line + 1 :]])


def explain(text: str, broken: Broken) -> Verdict:
    """Say what is wrong where a text stops being YAML."""
    lines = _Lines(text)
    return _odd_space(lines, broken) or (
        _explain_halt(lines, broken, broken.halt) if broken.halt else _explain(lines, broken)
    )


def _odd_space(lines: _Lines, broken: Broken) -> Verdict | None:
    """Explain an indentation that has a space which YAML takes for text."""
    last = (broken.halt.mark if broken.halt else broken.found.start_mark).line
    for number, line in enumerate(lines.all[: last + 1]):
        if found := _ODD_INDENT.match(line):
            space = found["odd"][0]
            said = "a non-breaking space" if space == "\u00a0" else "a space that is no plain one"
            what = f"The indentation has {said} (U+{ord(space):04X}), which YAML takes for text."
            place = Place(number + 1, found.start("odd") + 1, len(found["odd"]))
            mended = " " * len(found[0]) + line[found.end() :]
            finding = Finding("SOF002", place, what, "Replace it by plain spaces.")
            return Verdict(finding, lines.replaced(number, mended))
    return None


def _explain_halt(lines: _Lines, broken: Broken, halt: Halt) -> Verdict:
    if "'\\t'" in halt.wording:
        return _tab(lines, halt.mark)
    if "end of stream" in halt.wording or "document separator" in halt.wording:
        return _open_quote(lines, halt.opened)
    if "escape" in halt.wording:
        what = "In double quotes a backslash begins an escape, and YAML does not know this one."
        fix = "Use single quotes, or write two backslashes."
        return Verdict(Finding("SOF002", lines.rest(halt.mark), what, fix))
    if halt.wording == "directive":
        what = "A line that starts with % is a YAML directive, and recipes have none."
        return Verdict(Finding("SOF009", lines.rest(halt.mark), what, "Remove the line."))
    if "could not find expected ':'" in halt.wording:
        return _no_colon(lines, halt.opened)
    if "mapping values" in halt.wording and _spans_lines(broken.before):
        return _text_goes_on(lines, broken.before)
    if "entries are not allowed" in halt.wording or "keys are not allowed" in halt.wording:
        return _unquoted(lines, halt.mark) or _indented(lines, halt.mark)
    if "indentation indicators" in halt.wording and _deeper_below(lines, halt.mark.line):
        what = "The text below cannot begin like this."
        fix = "Write `|` alone to keep its line breaks, or `>` to join its lines."
        return Verdict(Finding("SOF002", lines.rest(halt.opened), what, fix))
    if any(known in halt.wording for known in _UNQUOTED):
        return _unquoted(lines, halt.mark) or _unreadable(lines, halt.mark)
    return _unreadable(lines, halt.mark)


def _explain(lines: _Lines, broken: Broken) -> Verdict:
    mark, before = broken.found.start_mark, broken.before
    if _spans_lines(before) and getattr(before, "style", None) in ("'", '"'):
        return _open_quote(lines, before.start_mark)
    if broken.inside == "document":
        return _second_document(lines, mark, broken.found)
    if broken.inside in _OPENERS:
        return _open_bracket(lines, broken)
    if isinstance(broken.found, kinds.FlowEntryToken) and isinstance(before, _NO_VALUE):
        what = "There is no value before this comma."
        fix = "Remove the comma, or add a value."
        return Verdict(Finding("SOF002", lines.rest(mark), what, fix))
    if isinstance(broken.found, kinds.FlowSequenceEndToken | kinds.FlowMappingEndToken):
        verdict = _unquoted(lines, mark)
        what = f"This `{_CLOSERS[type(broken.found)]}` closes nothing."
        return verdict or Verdict(Finding("SOF002", lines.rest(mark), what, "Remove it."))
    if before.end_mark.line == mark.line and (verdict := _unquoted(lines, mark)):
        return verdict
    if isinstance(broken.found, kinds.ScalarToken):
        return _no_colon(lines, mark)
    return _indented(lines, mark)


def _tab(lines: _Lines, mark: Mark) -> Verdict:
    below = lines.all[mark.line + 1 :]
    more = sum("\t" in line[: len(line) - len(line.lstrip())] for line in below)
    also = f" (and {more} more below)" if more else ""
    what = f"This line is indented with a tab{also}; YAML indents with spaces only."
    fix = "Replace each tab by two spaces (editors call it: convert indentation to spaces)."
    return Verdict(Finding("SOF006", Place(mark.line + 1, mark.column + 1, 1), what, fix))


def _open_quote(lines: _Lines, mark: Mark) -> Verdict:
    quote = lines.all[mark.line][mark.column]
    what = f"The quote {quote} that opens here is not closed on its line."
    fix = f"Close it with {quote}; a {quote} within the text is written {_inner(quote)}."
    return Verdict(Finding("SOF002", lines.rest(mark), what, fix))


def _inner(quote: str) -> str:
    return "''" if quote == "'" else '\\"'


def _no_colon(lines: _Lines, mark: Mark) -> Verdict:
    line = lines.all[mark.line]
    shown = bare(line[mark.column :])
    place = Place(mark.line + 1, mark.column + 1, max(len(shown), 1))
    above = next((each for each in reversed(lines.all[: mark.line]) if each.strip()), "")
    if re.search(r":\s*[|>][-+0-9]*\s*$", above):
        what = f"`{shown}` is indented no deeper than the key above, so it is not part of its text."
        fix = "Indent every line of the text by two spaces."
        return Verdict(Finding("SOF002", place, what, fix))
    if glued := GLUED.fullmatch(shown):
        return _no_space(lines, mark, glued)
    word, _, rest = shown.partition(" ")
    mended = f"{word}: {rest.strip()}" if rest else f"{word}:"
    shown = short(shown)
    what = f"`{shown}` has no colon after its key."
    fix = f"Write `{mended}`; if it goes on with the text above, indent it deeper than that key."
    if not re.fullmatch(r"[\w-]+", word):
        return Verdict(Finding("SOF002", place, what, fix))
    return Verdict(
        Finding("SOF002", place, what, fix),
        lines.replaced(mark.line, line[: mark.column] + mended),
    )


def _no_space(lines: _Lines, mark: Mark, glued: re.Match[str]) -> Verdict:
    mended = lines.all[mark.line][: mark.column] + f"{glued['key']}: {glued['value']}"
    place = Place(mark.line + 1, mark.column + 1, len(glued[0]))
    return Verdict(glued_key(glued[0], place), lines.replaced(mark.line, mended))


def _text_goes_on(lines: _Lines, before: Any) -> Verdict:
    """Explain a key that was read as the next line of the text above it."""
    start, end = before.start_mark, before.end_mark
    first, last = lines.all[start.line], lines.all[end.line]
    if before.style in ("'", '"'):
        return _open_quote(lines, start)
    if not first[: start.column].strip(" -"):
        return _no_colon(lines, start)
    shown = short(last.strip())
    what = f"`{shown}` is indented deeper than the key above, so it goes on with its text."
    fix = "Give it the indentation of the keys it belongs to."
    return Verdict(Finding("SOF002", _whole(lines, end.line), what, fix))


def _second_document(lines: _Lines, mark: Mark, found: Any) -> Verdict:
    if isinstance(found, kinds.DocumentStartToken):
        what = "A second YAML document begins here; a recipe is one."
        fix = "Remove the line, or keep the second document in a file of its own."
        return Verdict(Finding("SOF009", lines.rest(mark), what, fix))
    what = "The file's value has ended above, and this does not belong to it."
    if lines.all[mark.line].lstrip().startswith("{"):
        fix = "This looks like JSON lines, which are data: pass the recipe's .yaml file."
        return Verdict(Finding("SOF002", lines.rest(mark), what, fix))
    fix = "Write it as `key: value`, with the indentation of the other keys."
    return _unquoted(lines, mark) or Verdict(Finding("SOF002", lines.rest(mark), what, fix))


def _open_bracket(lines: _Lines, broken: Broken) -> Verdict:
    opener, closer = _OPENERS[broken.inside]
    mark, opened = broken.found.start_mark, broken.opened
    wrong = _CLOSERS.get(type(broken.found))
    if wrong:
        what = f"This `{wrong}` does not match the `{opener}` at line {opened.line + 1}."
        finding = Finding("SOF002", lines.rest(mark), what, f"Write `{closer}` before it.")
        return Verdict(finding)
    if broken.before.start_mark.line != mark.line or isinstance(broken.found, kinds.StreamEndToken):
        what = f"The `{opener}` that opens here is not closed."
        fix = f"Close it with `{closer}`, or add the comma that is missing."
        return Verdict(Finding("SOF002", lines.rest(opened), what, fix))
    verdict = _unquoted(lines, mark)
    if verdict and _TEMPLATE.match(lines.all[mark.line], verdict.finding.place.column - 1):
        return verdict
    what = f"There is no comma or `{closer}` before this."
    fix = "Add it; or put the whole expression in double quotes."
    return Verdict(Finding("SOF002", lines.rest(mark), what, fix))


def _unquoted(lines: _Lines, mark: Mark) -> Verdict | None:
    """Explain a value that YAML cannot read bare; None where the line is not of that kind."""
    line = lines.all[mark.line]
    found = LINE.fullmatch(line)
    if not found or mark.column < found.start("value"):
        return None
    if not found["key"] and "- " not in found["lead"]:
        return None
    value = bare(found["value"])
    start = found.start("value")
    what = f"YAML cannot read `{short(value)}` as it stands."
    place = Place(mark.line + 1, start + 1, len(value))
    text = inner_quoted(value) or value
    mended = line[:start] + json.dumps(text, ensure_ascii=False)
    return Verdict(
        Finding("SOF002", place, what, quote_fix(found["key"], value)),
        lines.replaced(mark.line, mended),
    )


def _indented(lines: _Lines, mark: Mark) -> Verdict:
    line = lines.all[mark.line]
    spaces = _indent(line)
    levels = _levels_above(lines, mark.line)
    if verdict := _item(lines, mark.line):
        return verdict
    levels.discard(spaces)
    near = [str(each) for each in sorted(levels, key=lambda each: abs(each - spaces))[:2]]
    what = f"This line's indentation ({spaces}) does not fit the lines above it."
    fix = f"Begin it after {' or '.join(sorted(near, key=int)) or 'fewer'} spaces."
    return Verdict(Finding("SOF002", _whole(lines, mark.line), what, fix))


def _item(lines: _Lines, at: int) -> Verdict | None:
    """Explain a line that is no item of the list beside which it stands, or is one without a list."""
    line = lines.all[at]
    spaces, place = _indent(line), _whole(lines, at)
    above = (one for one in reversed(lines.all[:at]) if one.strip() and _indent(one) <= spaces)
    beside = next(above, "")
    dashed = _indent(beside) == spaces and beside.lstrip().startswith("- ")
    if (found := _GLUED_DASH.fullmatch(line)) and dashed:
        what = "There is no space behind this dash, so YAML does not take it for an item's."
    elif (found := _NO_DASH.fullmatch(line)) and dashed:
        what = f"`{short(line.strip())}` stands among the items of a list, and has no dash."
    elif line.lstrip().startswith("- ") and beside.strip() and _indent(beside) == spaces:
        what = "This dash begins an item of a list, and the lines above it are keys."
        rest = short(line.lstrip()[2:])
        fix = f"Without the dash it is one of them: `{rest}`; an item goes below its list's dashes."
        return Verdict(Finding("SOF002", place, what, fix))
    if not found or not dashed:
        return None
    fix = f"Write `- {short(found['rest'].strip())}`."
    mended = " " * spaces + "- " + found["rest"]
    return Verdict(Finding("SOF002", place, what, fix), lines.replaced(at, mended))


def _levels_above(lines: _Lines, at: int) -> set[int]:
    levels: set[int] = set()
    limit = 10_000
    for line in reversed(lines.all[:at]):
        spaces = _indent(line)
        if line.strip() and spaces <= limit and not line.lstrip().startswith("#"):
            dashes = re.match(r" *((?:- +)*)", line)
            levels.update({spaces, spaces + len(dashes[1] if dashes else "")})
            limit = spaces - 1
        if limit < 0:
            break
    return levels


def _deeper_below(lines: _Lines, at: int) -> bool:
    below = next((each for each in lines.all[at + 1 :] if each.strip()), "")
    return _indent(below) > _indent(lines.all[at])


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _unreadable(lines: _Lines, mark: Mark) -> Verdict:
    what = "YAML cannot read this."
    fix = "If it is text, put the whole value in double quotes."
    return Verdict(Finding("SOF002", lines.rest(mark), what, fix))


def _whole(lines: _Lines, at: int) -> Place:
    line = lines.all[at]
    start = _indent(line)
    return Place(at + 1, start + 1, max(len(line.strip()), 1))


def _spans_lines(token: Any) -> bool:
    return isinstance(token, kinds.ScalarToken) and bool(
        token.start_mark.line != token.end_mark.line
    )

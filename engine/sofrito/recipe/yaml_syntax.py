"""Why a text is no YAML, in the words of the person who wrote it, and how to mend the line."""

import json
import re
from typing import Any

from ruamel.yaml import tokens as kinds

from sofrito.recipe.yaml_indents import deeper_below, first_item, indented, odd_space, tab
from sofrito.recipe.yaml_lines import Lines, Verdict, whole_line
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
from sofrito.recipe.yaml_tree import Broken, Finding, Place

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


def explain(text: str, broken: Broken) -> Verdict:
    """Say what is wrong where a text stops being YAML."""
    lines = Lines(text)
    return odd_space(lines, broken) or (
        _explain_halt(lines, broken, broken.halt) if broken.halt else _explain(lines, broken)
    )


def _explain_halt(lines: Lines, broken: Broken, halt: Halt) -> Verdict:
    if "'\\t'" in halt.wording:
        return tab(lines, halt.mark)
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
        return _unquoted(lines, halt.mark) or indented(lines, halt.mark)
    if "indentation indicators" in halt.wording and deeper_below(lines, halt.mark.line):
        what = "The text below cannot begin like this."
        fix = "Write `|` alone to keep its line breaks, or `>` to join its lines."
        return Verdict(Finding("SOF002", lines.rest(halt.opened), what, fix))
    if any(known in halt.wording for known in _UNQUOTED):
        return _unquoted(lines, halt.mark) or _unreadable(lines, halt.mark)
    return _unreadable(lines, halt.mark)


def _explain(lines: Lines, broken: Broken) -> Verdict:
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
    return indented(lines, mark)


def _open_quote(lines: Lines, mark: Mark) -> Verdict:
    quote = lines.all[mark.line][mark.column]
    what = f"The quote {quote} that opens here is not closed on its line."
    fix = f"Close it with {quote}; a {quote} within the text is written {_inner(quote)}."
    return Verdict(Finding("SOF002", lines.rest(mark), what, fix))


def _inner(quote: str) -> str:
    return "''" if quote == "'" else '\\"'


def _no_colon(lines: Lines, mark: Mark) -> Verdict:
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


def _no_space(lines: Lines, mark: Mark, glued: re.Match[str]) -> Verdict:
    mended = lines.all[mark.line][: mark.column] + f"{glued['key']}: {glued['value']}"
    place = Place(mark.line + 1, mark.column + 1, len(glued[0]))
    return Verdict(glued_key(glued[0], place), lines.replaced(mark.line, mended))


def _text_goes_on(lines: Lines, before: Any) -> Verdict:
    """Explain a key that was read as the next line of the text above it."""
    start, end = before.start_mark, before.end_mark
    if verdict := first_item(lines, end.line):
        return verdict
    first, last = lines.all[start.line], lines.all[end.line]
    if before.style in ("'", '"'):
        return _open_quote(lines, start)
    if not first[: start.column].strip(" -"):
        return _no_colon(lines, start)
    shown = short(last.strip())
    what = f"`{shown}` is indented deeper than the key above, so it goes on with its text."
    fix = "Give it the indentation of the keys it belongs to."
    return Verdict(Finding("SOF002", whole_line(lines, end.line), what, fix))


def _second_document(lines: Lines, mark: Mark, found: Any) -> Verdict:
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


def _open_bracket(lines: Lines, broken: Broken) -> Verdict:
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


def _unquoted(lines: Lines, mark: Mark) -> Verdict | None:
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


def _unreadable(lines: Lines, mark: Mark) -> Verdict:
    what = "YAML cannot read this."
    fix = "If it is text, put the whole value in double quotes."
    return Verdict(Finding("SOF002", lines.rest(mark), what, fix))


def _spans_lines(token: Any) -> bool:
    return isinstance(token, kinds.ScalarToken) and bool(
        token.start_mark.line != token.end_mark.line
    )

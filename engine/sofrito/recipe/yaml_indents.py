"""What is wrong with the indentation of a text that is no YAML."""

import re

from sofrito.recipe.yaml_lines import Lines, Verdict, indent, whole_line
from sofrito.recipe.yaml_quoting import short
from sofrito.recipe.yaml_tokens import Mark
from sofrito.recipe.yaml_tree import Broken, Finding, Place

_ODD_INDENT = re.compile(
    r" *(?P<odd>[\u00a0\u2000-\u200b\u202f\u3000]+)[ \u00a0]*(?=(?:- +)*[\w.-]+:(?:\s|$))"
)
_NO_DASH = re.compile(r" *(?P<rest>[A-Za-z_][\w.-]*:(?:\s.*)?)")
_LIST = re.compile(r" *(?:- +)?(?P<key>steps|by|write|shots|rows):\s*(?:#.*)?")
_OF_SEVERAL = ("steps", "shots", "rows")
"""The lists whose items have several keys."""

_HEADED = re.compile(r" *- [\w.-]+:(?:\s|$)")
_GLUED_DASH = re.compile(r" *-(?P<rest>[A-Za-z_][\w.-]*:(?:\s.*)?)")


def odd_space(lines: Lines, broken: Broken) -> Verdict | None:
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


def tab(lines: Lines, mark: Mark) -> Verdict:
    """Explain a line that is indented with a tab."""
    below = lines.all[mark.line + 1 :]
    more = sum("\t" in line[: len(line) - len(line.lstrip())] for line in below)
    also = f" (and {more} more below)" if more else ""
    what = f"This line is indented with a tab{also}; YAML indents with spaces only."
    fix = "Replace each tab by two spaces (editors call it: convert indentation to spaces)."
    return Verdict(Finding("SOF006", Place(mark.line + 1, mark.column + 1, 1), what, fix))


def indented(lines: Lines, mark: Mark) -> Verdict:
    """Explain a line that does not fit those above it."""
    line = lines.all[mark.line]
    spaces = indent(line)
    levels = _levels_above(lines, mark.line)
    if verdict := _item(lines, mark.line) or first_item(lines, mark.line):
        return verdict
    levels.discard(spaces)
    near = [str(each) for each in sorted(levels, key=lambda each: abs(each - spaces))[:2]]
    what = f"This line's indentation ({spaces}) does not fit the lines above it."
    fix = f"Begin it after {' or '.join(sorted(near, key=int)) or 'fewer'} spaces."
    return Verdict(Finding("SOF002", whole_line(lines, mark.line), what, fix))


def _item(lines: Lines, at: int) -> Verdict | None:
    """Explain a line that is no item of the list beside which it stands, or is one without a list."""
    line = lines.all[at]
    spaces, place = indent(line), whole_line(lines, at)
    above = (one for one in reversed(lines.all[:at]) if one.strip() and indent(one) <= spaces)
    beside = next(above, "")
    dashed = indent(beside) == spaces and beside.lstrip().startswith("- ")
    if (found := _GLUED_DASH.fullmatch(line)) and dashed:
        what = "There is no space behind this dash, so YAML does not take it for an item's."
    elif (found := _NO_DASH.fullmatch(line)) and dashed:
        what = f"`{short(line.strip())}` stands among the items of a list, and has no dash."
    elif line.lstrip().startswith("- ") and beside.strip() and indent(beside) == spaces:
        what = "This dash begins an item of a list, and the lines above it are keys."
        rest = short(line.lstrip()[2:])
        fix = f"Without the dash it is one of them: `{rest}`; an item goes below its list's dashes."
        return Verdict(Finding("SOF002", place, what, fix))
    if not found or not dashed:
        return None
    item, rest = f"`- {short(found['rest'].strip())}`", found["rest"]
    begins, goes_on = " " * spaces + "- " + rest, " " * (spaces + len("- ")) + rest
    fix, mended = f"Write {item}.", begins
    if not line.lstrip().startswith("-") and _may_go_on(lines, at, rest):
        fix = f"Write {item}; or, if it belongs to the item above it, indent it by two more."
        if lines.all[at - 1] == beside and _HEADED.match(beside):
            fix = f"Indent it by two more; or, if it begins an item of its own, write {item}."
            mended = goes_on
    return Verdict(Finding("SOF002", place, what, fix), lines.replaced(at, mended))


def _may_go_on(lines: Lines, at: int, rest: str) -> bool:
    """Say whether a line beside items may be meant as a key of the last of them.

    Not where keys stand below it that its value, a text, cannot have, nor in a list whose items
    have one key each.
    """
    spaces = indent(lines.all[at])
    scalar = re.fullmatch(r"[\w.-]+:\s+[^\s|>#&{\[].*", rest) is not None
    if scalar and deeper_below(lines, at):
        return False
    above = (one for one in reversed(lines.all[:at]) if one.strip() and indent(one) < spaces)
    owner = _LIST.fullmatch(next(above, ""))
    return owner is not None and owner["key"] in _OF_SEVERAL


def first_item(lines: Lines, at: int) -> Verdict | None:
    """Explain a line whose options below it are indented as those of an item, and that has no dash."""
    line = lines.all[at]
    numbers = [n for n in range(at) if (text := lines.all[n].strip()) and not text.startswith("#")]
    head = numbers[-1] if numbers else at
    spaces = indent(lines.all[head])
    found = _NO_DASH.fullmatch(lines.all[head])
    if not (_NO_DASH.fullmatch(line) and found and indent(line) == spaces + len("- ")):
        return None
    above = next((lines.all[n] for n in reversed(numbers) if indent(lines.all[n]) < spaces), "")
    if not (owner := _LIST.fullmatch(above)):
        return None
    item = short(found["rest"].strip())
    what = f"`{owner['key']}` is a list, and `{item}`, which begins an item of it, has no dash."
    mended = " " * spaces + "- " + found["rest"]
    finding = Finding("SOF002", whole_line(lines, head), what, f"Write `- {item}`.")
    return Verdict(finding, lines.replaced(head, mended))


def _levels_above(lines: Lines, at: int) -> set[int]:
    levels: set[int] = set()
    limit = 10_000
    for line in reversed(lines.all[:at]):
        spaces = indent(line)
        if line.strip() and spaces <= limit and not line.lstrip().startswith("#"):
            dashes = re.match(r" *((?:- +)*)", line)
            levels.update({spaces, spaces + len(dashes[1] if dashes else "")})
            limit = spaces - 1
        if limit < 0:
            break
    return levels


def deeper_below(lines: Lines, at: int) -> bool:
    """Say whether the next line that has text is indented deeper than a line."""
    below = next((each for each in lines.all[at + 1 :] if each.strip()), "")
    return indent(below) > indent(lines.all[at])

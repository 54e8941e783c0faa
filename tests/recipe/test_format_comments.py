"""`sofrito fmt` on generated recipes: every comment stays with the entry it was written for."""

import re
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from sofrito.plan.vocabulary import vocabulary
from sofrito.recipe.document import parse_document
from sofrito.recipe.format_lines import written
from sofrito.recipe.format_order import ANY, Shape
from sofrito.recipe.format_tree import parse_sheet
from sofrito.recipe.format_yaml import comments, formatted
from sofrito.recipe.schema import schema_for
from sofrito.shipped import shipped

SCHEMA = schema_for(vocabulary(), shipped("schemas"))
SHAPES = (Shape(SCHEMA, SCHEMA["$defs"]), ANY)
FILE = Path("recipe.yaml")
NAMES = ["rows", "recipe", "steps", "prompt", "generate", "sampling", "top_p", "models", "zed"]
MARK = re.compile(r"&(e\d+)")

# Every entry bears an anchor, by which it is found again wherever it went, and every comment says
# where it stands: `above`, `behind`, `below` an entry, or at the `end` of what an entry holds.


@dataclass
class Written:
    """The lines of a YAML text, and which entries each comment may stand with."""

    draw: st.DrawFn
    lines: list[str] = field(default_factory=list)
    wanted: dict[str, set[str]] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=count)

    def comment(self, place: str, entries: set[str]) -> str:
        text = f"# {place} {next(self.numbers)}"
        self.wanted[text] = entries
        return text

    def own(self, place: str, entries: set[str], low: int, high: int) -> None:
        """Write some comments on lines of their own, between two columns."""
        for _ in range(self.draw(st.sampled_from([0, 0, 0, 1, 2]))):
            if self.draw(st.booleans()):
                self.lines.append("")
            column = self.draw(st.integers(low, high))
            self.lines.append(" " * column + self.comment(place, entries))

    def behind(self, entry: str) -> str:
        if not self.draw(st.integers(0, 3)):
            return "   " + self.comment("behind", {entry})
        return ""

    def goes_on(self, entry: str) -> None:
        """Let a comment behind the last line go on in its column below."""
        last = self.lines[-1]
        if "# behind" in last and self.draw(st.booleans()):
            self.lines.append(" " * last.index("#") + self.comment("below", {entry}))

    def block(self, column: int, depth: int, first: str = "") -> set[str]:
        """Write a block, its first line behind ``first``; return the entries in it."""
        mapping = depth == 0 or self.draw(st.booleans())
        names = self.draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
        entries: set[str] = set()
        for number, name in enumerate(names):
            head = f"{name}:" if mapping else "-"
            start = first if not number and first else " " * column
            above = len(self.lines) if number or (depth and not first) else None
            entries |= self.entry(start + head, column, depth, above)
        return entries

    def entry(self, head: str, column: int, depth: int, above: int | None) -> set[str]:
        kind = self.draw(st.integers(0, 7 if depth < 3 else 4))
        if kind == 7 and head.endswith("-"):
            return self.compact(head, column, depth, above)
        mine = f"e{next(self.numbers)}"
        if above is not None:
            self.own("above", {mine}, 0, column)
        head = f"{head} &{mine}"
        if kind > 4:
            return self.nested(head, mine, column, depth)
        deeper = self.value(kind, head, mine, column)
        self.own("below", {mine}, column + 1, deeper)
        return {mine}

    def value(self, kind: int, head: str, mine: str, column: int) -> int:
        """Write a value that is no block; return how deep a comment below it may be."""
        inner = " " * (column + self.draw(st.integers(2, 6)))
        if kind == 0:
            self.lines.append(f"{head} {self.draw(st.sampled_from(['|', '>-', '|+']))}")
            self.lines += [f"{inner}literal", "", f"{inner}  deeper # no comment"]
            return column + 1
        if kind == 1:
            quote = self.draw(st.sampled_from(["", "'", '"']))
            self.lines += [f"{head} {quote}text", "", f"{inner}over lines{quote}"]
            self.lines[-1] += self.behind(mine)
        elif kind == 2:
            within = self.comment("below", {mine})
            self.lines += [f"{head} [a,  {within}", f"{inner}b]{self.behind(mine)}"]
        elif kind == 3:
            flow = self.draw(st.sampled_from(["[a, b]", "{rows: 1}", f"[{{a: {'long ' * 30}}}]"]))
            self.lines.append(f"{head} {flow}{self.behind(mine)}")
        else:
            self.lines.append(f"{head} {self.draw(st.sampled_from(['', '1.10']))}".rstrip())
            self.lines[-1] += self.behind(mine)
        self.goes_on(mine)
        return column + 12

    def nested(self, head: str, mine: str, column: int, depth: int) -> set[str]:
        self.lines.append(head + self.behind(mine))
        self.goes_on(mine)
        inner = column + self.draw(st.integers(1, 4))
        entries = self.block(inner, depth + 1)
        self.own("end", entries, column + 1, inner)
        return entries | {mine}

    def compact(self, head: str, column: int, depth: int, above: int | None) -> set[str]:
        """Write what begins right behind its dash."""
        at = len(self.lines)
        inner = column + 2
        entries = self.block(inner, depth + 1, head + " ")
        if above is not None:
            below, self.lines = self.lines[at:], self.lines[:at]
            self.own("above", entries, 0, column)
            self.lines += below
        self.own("end", entries, column + 1, inner)
        return entries


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, dict[str, set[str]]]:
    """Return a YAML text, and with which entries each of its comments belongs."""
    made = Written(draw)
    entries = made.block(0, 0)
    made.own("end", entries, 0, 0)
    return "\n".join(made.lines) + "\n", made.wanted


def misplaced(text: str, wanted: dict[str, set[str]]) -> list[str]:
    """Return the comments of a text that do not stand with their entries."""
    lines = text.splitlines()
    marks = [MARK.findall(line) for line in lines]
    wrong = []
    for comment, entries in wanted.items():
        at = next(n for n, line in enumerate(lines) if re.search(rf"{comment}$", line))
        before = [mark for one in marks[: at + 1] for mark in one]
        after = [mark for one in marks[at + 1 :] for mark in one]
        above = bool(after) and after[0] in entries
        below = bool(before) and before[-1] in entries
        end = below and not above
        right = {"above": above, "behind": below, "below": below, "end": end}
        if not right[comment.split()[1]]:
            wrong.append(comment)
    return wrong


def in_turn(text: str, wanted: dict[str, set[str]]) -> dict[tuple[str, str], list[int]]:
    """Return the numbers of the comments that stand in one place of one entry, in their order."""
    found: dict[tuple[str, str], list[int]] = {}
    for place, number in re.findall(r"# (\w+) (\d+)$", text, re.MULTILINE):
        entries = wanted[f"# {place} {number}"]
        found.setdefault((place, " ".join(sorted(entries))), []).append(int(number))
    return found


@settings(max_examples=100, deadline=None)
@given(texts())
def test_every_comment_stays_with_its_entry(made: tuple[str, dict[str, set[str]]]) -> None:
    text, wanted = made
    document = parse_document(FILE, text)
    assert misplaced(text, wanted) == []
    for shape in SHAPES:
        after = written(parse_sheet(text), shape)
        assert parse_document(FILE, after).data == document.data
        assert comments(after) == comments(text)
        assert misplaced(after, wanted) == []
        assert in_turn(after, wanted) == in_turn(text, wanted)
        assert written(parse_sheet(after), shape) == after
    assert formatted(document, SCHEMA) == written(parse_sheet(text), SHAPES[0])

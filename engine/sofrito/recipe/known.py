"""What is known of a row's columns at a step, and of the rows that siblings came out of."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sofrito.recipe.value_types import Gap, Values
from sofrito.recipe.verb import Verb

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Size:
    """The least and the most `words` or `characters` that a step let through."""

    least: float
    most: float
    step: str


@dataclass
class Known:
    """The columns that rows have here, each with its maker, and what the recipe tells of them.

    ``records`` are the fields of records, ``ranges`` the least and greatest value of names and
    fields, ``longest`` the most words of a text, ``answers`` the most tokens of one that a model
    wrote, with the step, ``values`` what else is known of values. ``nulls`` are null in some rows,
    or absent; ``alike`` are equal in all siblings, with the step that makes these. ``sizes`` are
    the lengths that filters left, by column and unit. ``gone`` are columns that ended with their
    siblings, with the step that closed these. ``kept`` is what earlier conditions left of ranges.
    ``apart`` are the lists that siblings were made of, where this is of the row that they came of.
    """

    makers: dict[str, str] = field(default_factory=dict)
    records: dict[str, frozenset[str]] = field(default_factory=dict)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)
    answers: dict[str, tuple[int, str]] = field(default_factory=dict)
    values: dict[str, Values] = field(default_factory=dict)
    nulls: dict[str, Gap] = field(default_factory=dict)
    alike: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, dict[str, Size]] = field(default_factory=dict)
    kept: dict[str, tuple[float, float]] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    apart: tuple[str, ...] = ()
    opened: list["Known"] = field(default_factory=list)

    def open(self, step: Verb) -> None:
        """Remember the columns of the row that siblings come out of."""
        self.opened.append(
            Known(
                dict(self.makers),
                dict(self.records),
                dict(self.ranges),
                dict(self.longest),
                dict(self.answers),
                dict(self.values),
                dict(self.nulls),
                sizes={name: dict(one) for name, one in self.sizes.items()},
                kept=dict(self.kept),
                apart=step.takes_apart(),
            )
        )

    def close(self, step: Verb) -> bool:
        """Know what the row knew that the innermost siblings came out of; False if there are none."""
        if not self.opened:
            return False
        before = self.opened.pop()
        self.gone |= {name: step.label for name in self.makers if name not in before.makers}
        for name in {*step.puts_together()}.intersection(before.apart):
            del before.makers[name]
        self.makers, self.records = before.makers, before.records
        self.ranges, self.longest = before.ranges, before.longest
        self.answers, self.values = before.answers, before.values
        self.nulls, self.alike, self.sizes = before.nulls, before.alike, before.sizes
        self.kept = before.kept
        return True

    def settle(self, names: Iterable[str]) -> None:
        """Take it that the rows were sorted out by these names, in which columns were null."""
        asked = {*names}
        for name, gap in [*self.nulls.items()]:
            if asked.intersection((name, *_WORD.findall(gap.condition))):
                del self.nulls[name]

    def forget(self, names: Iterable[str]) -> None:
        """Forget what is known of the values of columns that a step makes or changes."""
        for name in names:
            self.records.pop(name, None)
            self.longest.pop(name, None)
            self.answers.pop(name, None)
            self.values.pop(name, None)
            for known in [one for one in self.values if one.startswith(f"{name}.")]:
                del self.values[known]
            self.nulls.pop(name, None)
            self.alike.pop(name, None)
            self.sizes.pop(name, None)
            for ranges in (self.ranges, self.kept):
                for known in [one for one in ranges if one.split(".")[0] == name]:
                    del ranges[known]

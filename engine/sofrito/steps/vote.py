"""Finds the answer that most siblings give."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

import orjson
from pydantic import Field

from sofrito.recipe.field_types import NAME
from sofrito.recipe.value_types import Values
from sofrito.steps.base import Bench, Step
from sofrito.steps.work import Event, Gather, Operation, Outcome, Row

_NUMBER = re.compile(
    r"[-+]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,100})?(?:\.[0-9]{1,100})?(?:e[-+]?[0-9]{1,3})?"
    r"(?:/[0-9]{1,100})?"
)


class Vote(Step):
    """Writes the record `vote` beside each sibling: which answer most of them give (self-consistency).

    It has `winner`, the most frequent answer as the first sibling wrote it; `votes`, how many gave
    it; `of`, how many siblings are left; `share`, votes / of; `tied`, whether another answer has as
    many (then the one given first wins); and `agrees`, whether this sibling gave it. A null or empty
    answer is no vote. Source: Wang et al., arXiv 2203.11171.
    """

    verb: ClassVar[str] = "vote"
    example: ClassVar[Mapping[str, Any]] = {"vote": "answer", "keep": "vote.share >= 0.5"}

    vote: Annotated[str, Field(pattern=NAME)]
    """The column with the answers."""

    equal: Literal["text", "number", "exact"] = "text"
    """Which answers are the same: texts but for case, outer space and a full stop; numbers by value \
(1,000.0 is 1000, and 1/2 is 0.5), others as texts; exactly equal ones."""

    least: Annotated[int, Field(ge=1)] = 1
    """How many must give an answer for it to win; where none has so many, `winner` is null and nobody \
`agrees`. With 1, a sibling that is left alone wins."""

    as_: Annotated[str, Field(pattern=NAME)] = Field(default="vote", alias="as")
    """What the record is called."""

    def makes(self) -> tuple[str, ...]:
        """The record."""
        return (self.as_,)

    def records(self) -> Mapping[str, frozenset[str]]:
        """The record's fields."""
        return {self.as_: frozenset({"winner", "votes", "of", "share", "tied", "agrees"})}

    def ranges(self) -> Mapping[str, tuple[float, float]]:
        """A share is one; a count of answers has no end here."""
        counts = {f"{self.as_}.votes": (0.0, math.inf), f"{self.as_}.of": (1.0, math.inf)}
        return {f"{self.as_}.share": (0.0, 1.0), **counts}

    def counts_siblings(self) -> frozenset[str]:
        """The votes, and the answers."""
        return frozenset({f"{self.as_}.votes", f"{self.as_}.of"})

    def values(self) -> Mapping[str, Values]:
        """Yes or no, and numbers."""
        sure = dict.fromkeys((f"{self.as_}.tied", f"{self.as_}.agrees"), Values("boolean"))
        return {**sure, **dict.fromkeys((f"{self.as_}.votes", f"{self.as_}.of"), Values("number"))}

    def uses(self) -> tuple[str, ...]:
        """The answers."""
        return (self.vote,)

    def looks_at_siblings(self) -> bool:
        """Always."""
        return True

    def least_siblings(self) -> int:
        """`least`: nobody wins with fewer."""
        return self.least

    def operations(self, bench: Bench) -> list[Operation]:
        """One gathering."""

        def run(rows: tuple[Row, ...]) -> Outcome:
            records = self.counted([row.values.get(self.vote) for row in rows])
            return [
                row.having({self.as_: r}, Event(bench.label, "vote", {"vote": r}))
                for row, r in zip(rows, records, strict=True)
            ]

        return [Gather(bench.index, run, self.guard(), nulls=self.makes())]

    def counted(self, answers: Sequence[Any]) -> list[dict[str, Any]]:
        """Return the record of each of these siblings' answers."""
        ballots = [self._ballot(answer) for answer in answers]
        counts = Counter(ballot for ballot in ballots if ballot)
        most = counts.most_common(2)  # of equal counts, the one seen first comes first
        winner, votes = most[0] if most else ("", 0)
        won = votes >= self.least
        tally = {
            "winner": answers[ballots.index(winner)] if won else None,
            "votes": votes,
            "of": len(answers),
            "share": votes / len(answers),
            "tied": len(most) == 2 and most[1][1] == votes,
        }
        return [{**tally, "agrees": won and ballot == winner} for ballot in ballots]

    def _ballot(self, answer: Any) -> str:
        """Return what equal answers have in common, "" for no vote."""
        if answer is None:
            return ""
        text = answer if isinstance(answer, str) else orjson.dumps(answer).decode()
        if self.equal == "exact":
            return text
        plain = text.strip().rstrip(".").strip().casefold()
        return _number(plain) if self.equal == "number" else plain


def _number(text: str) -> str:
    r"""Return a number's value, also of `$7`, `7$`, `$7$` and `\boxed{7}`; another text as it is."""
    plain = text.strip("$ ")
    if plain.startswith(r"\boxed{") and plain.endswith("}"):
        plain = plain[len(r"\boxed{") : -1].strip("$ ")
    if not _NUMBER.fullmatch(plain):
        return text
    try:
        return str(Fraction(plain.replace(",", "")))
    except (ValueError, ZeroDivisionError):
        return text

"""What a rubric's head makes of a verdict: the answer asked for, and the record it becomes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sofrito.recipe.heads import RubricHead
from sofrito.recipe.words import ticked
from sofrito.steps.parse import Parser
from sofrito.steps.shape import Type

RATIONALE, BETTER = "rationale", "better"
SIDES = ("A", "B")
TIE = "tie"

MOST_LABELS = 10
"""Labels whose probabilities are asked for, at the most."""

_LISTED = 101
"""Whole numbers that a grammar lists; of more it knows only the bounds."""


@dataclass(frozen=True)
class Shape:
    """The scores that a rubric asks for, and whether a rationale comes before them."""

    head: RubricHead
    rationale: bool = True

    @property
    def aspects(self) -> tuple[str, ...]:
        """The names of what is looked at one by one; none where there is one score."""
        return tuple(aspect.name for aspect in self.head.aspects)

    @property
    def word(self) -> str:
        """What one score is called in an answer: a label where the rubric has labels."""
        return "label" if self.head.labels else "score"

    @cached_property
    def numbers(self) -> Mapping[str, float]:
        """What each label counts, worst first: from 0, or itself where labels are a scale's numbers.

        Empty for a scale of other numbers than whole ones.
        """
        if self.head.labels:
            return {label: float(at) for at, label in enumerate(self.head.labels)}
        scale = self.head.scale
        if scale is None or not scale.whole:
            return {}
        least, most = math.ceil(scale.min), math.floor(scale.max)
        if most - least >= _LISTED:
            return {}
        return {str(number): float(number) for number in range(least, most + 1)}

    @property
    def range(self) -> tuple[float, float]:
        """The least and the greatest score."""
        if self.head.labels:
            return 0.0, len(self.head.labels) - 1.0
        assert self.head.scale is not None
        return self.head.scale.min, self.head.scale.max

    def score_type(self) -> Type:
        """Return the type of one score as it is answered."""
        if self.head.labels:
            return Type(type="string", enum=self.head.labels)
        scale = self.head.scale
        assert scale is not None
        if self.numbers:
            return Type(type="integer", enum=tuple(int(number) for number in self.numbers))
        kind = "integer" if scale.whole else "number"
        return Type.model_validate({"type": kind, "minimum": scale.min, "maximum": scale.max})

    def parser(self, places: int = 0) -> Parser:
        """Return the reader of answers: on one text, or on so many in their places."""
        names = [name for at in range(places or 1) for name in self.scores(at + 1 if places else 0)]
        more = {} if places else self.head.verdict
        types = {name: Type(type=kind) for name, kind in more.items()}
        columns = (*self._first(), *more, *names)
        return Parser("json", columns, types=types | dict.fromkeys(names, self.score_type()))

    def duel(self) -> Parser:
        """Return the reader of answers on which of two is better."""
        better = Type(type="string", enum=(*SIDES, TIE))
        return Parser("json", (*self._first(), BETTER), types={BETTER: better})

    def scores(self, place: int = 0) -> list[str]:
        """Return what the scores are called in an answer; of several texts, those in a place from 1."""
        if not place:
            return list(self.aspects or (self.word,))
        return [f"answer_{place}{'_' if one else ''}{one}" for one in self.aspects or ("",)]

    def _first(self) -> tuple[str, ...]:
        return (RATIONALE,) if self.rationale else ()

    def scored(self, said: Sequence[Any]) -> dict[str, Any]:
        """Return the part of a record that is about scores, of the scores as they were answered."""
        values = [self.numbers[one] if self.head.labels else one for one in said]
        scores = self.mean(values)
        if not self.head.labels:
            return scores
        if not self.aspects:
            return {**scores, "label": said[0]}
        return {**scores, "labels": dict(zip(self.aspects, said, strict=True))}

    def mean(self, values: Sequence[float]) -> dict[str, Any]:
        """Return the score of the whole, the mean by the aspects' weights, and that of each aspect."""
        if not self.aspects:
            return {"score": float(values[0])}
        weights = [aspect.weight for aspect in self.head.aspects]
        total = math.fsum(weight * value for weight, value in zip(weights, values, strict=True))
        aspects = dict(zip(self.aspects, map(float, values), strict=True))
        return {"score": total / math.fsum(weights), "aspects": aspects}

    def expected(self, shares: Sequence[Sequence[float]]) -> dict[str, Any]:
        """Return scores as expectations: of the labels' probabilities, for each aspect or the whole."""
        values = list(self.numbers.values())
        means = [math.fsum(map(math.prod, zip(one, values, strict=True))) for one in shares]
        low, high = self.range  # rounding must not leave the scale
        tables = [dict(zip(self.numbers, one, strict=True)) for one in shares]
        said = dict(zip(self.aspects, tables, strict=True)) if self.aspects else tables[0]
        return {
            **self.mean([min(max(mean, low), high) for mean in means]),
            "probabilities": said,
        }

    def fields(self, *, weighed: bool, places: bool) -> frozenset[str]:
        """Return the fields of the record on one text, or on a text among others."""
        return frozenset(self._fields(weighed=weighed, places=places))

    def _fields(self, *, weighed: bool, places: bool) -> Iterator[str]:
        yield "score"
        yield from ("aspects",) if self.aspects else ()
        yield from self._first()
        if weighed:
            yield from ("probabilities", "mass")
        elif self.head.labels:
            yield "labels" if self.aspects else "label"
        yield from ("place", "of") if places else self.head.verdict

    def fault(self, *, weighed: bool, places: bool) -> tuple[str, str] | None:
        """Return what about a rubric for scores cannot be, and what to do; None if all is well."""
        head, name = self.head, self.head.name
        if not head.scale and not head.labels:
            what = f"The rubric `{name}` has neither a scale nor labels: what is a score?"
            return what, "Begin its file with a head: `---`, `scale: {min: 1, max: 5}`, `---`."
        if weighed and not 2 <= len(self.numbers) <= MOST_LABELS:
            what = (
                f"`score: probabilities` asks how probable each score is, of {MOST_LABELS} at most."
            )
            return (
                what,
                f"Give `{name}` a smaller scale of whole numbers, or write `score: answer`.",
            )
        return (self.extra_fault() if weighed or places else None) or self._clash()

    def extra_fault(self) -> tuple[str, str] | None:
        """Return the fault of a rubric that asks for more than scores where only these are read."""
        if not self.head.verdict:
            return None
        what = (
            f"The rubric `{self.head.name}` asks for {ticked(self.head.verdict)} beside the score."
        )
        return what, "That goes with `compare: alone` and `score: answer` only."

    def _clash(self) -> tuple[str, str] | None:
        taken = {
            "score",
            "label",
            "labels",
            "aspects",
            RATIONALE,
            "probabilities",
            "mass",
            "principle",
        }
        asked = {RATIONALE, *self.head.verdict}
        doubled = [*taken.intersection(self.head.verdict), *asked.intersection(self.aspects)]
        if not doubled:
            return None
        what = f"In the rubric `{self.head.name}`, {ticked(sorted(doubled))} means two things."
        return what, "Rename the aspect or the field of `verdict` in its head."

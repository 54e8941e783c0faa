"""Asks a model for a verdict on a text, or on siblings against each other."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, WithJsonSchema, model_validator

from sofrito.recipe.base import HeadFacts, Key, Load, Need, Part, Subject
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import NAME, Columns
from sofrito.recipe.heads import RubricHead
from sofrito.recipe.inference import list_of
from sofrito.recipe.principles import Principle, principle_values
from sofrito.recipe.template_reads import template_reads
from sofrito.recipe.value_types import Values
from sofrito.steps.base import Bench, Step, name_given
from sofrito.steps.judge_asking import (
    ALONE,
    ASPECTS,
    PAIRWISE,
    REASON,
    TOGETHER,
    WEIGH,
    Judging,
)
from sofrito.steps.judge_shape import Shape
from sofrito.steps.judge_siblings import COUNTS, nothing, pairwise, together, with_null
from sofrito.steps.sampling import Sampling
from sofrito.steps.work import (
    Candidate,
    Counted,
    Gather,
    Lost,
    Map,
    Operation,
    Outcome,
    Row,
    Work,
    mix,
)
from sofrito.teachers.sampling import most_written

SIBLINGS = 4
"""Siblings that are guessed to be compared, where nothing is known of them."""

PRINCIPLE = "principle"

_SHOWN = '{% include "judging/shown.j2" %}'

VERDICT = 16
"""Tokens that the numbers of a verdict are guessed to have."""

Clamp = Annotated[
    tuple[float, float],
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "number", "minimum": 0, "maximum": 1},
            "minItems": 2,
            "maxItems": 2,
        }
    ),
]


class Judge(Step):
    """Writes the record `verdict`: a model's score of a text by a rubric.

    The rubric is a template; its head says what a score may be, and what is looked at one by one.
    The model answers in JSON that has only such scores. An answer outside of the scale is asked for
    again, and then the row is rejected: no score is ever moved into the scale.

    The record has `score`: the mean of the aspects by their weights, or the one there is; of labels,
    their place from 0, the worst. It has `aspects` (the score of each by its name), `label` (or
    `labels` by aspect) and `rationale`, where the rubric and the options ask for them, and the
    fields that the head's `verdict` names. With probabilities it has these by label, and `mass`, the
    least probability of all labels together.

    With `compare: together` it has `place`, where the text stood among those shown, and `of`, how
    many there were. With `pairwise`, `score` is the share of comparisons won, a tie counting half:
    `wins`, `losses` and `ties` of `of` comparisons; in `consistent` of them the judge said the same
    in both orders, in `inconsistent` it did not, and these are ties (MT-Bench). A text that is null
    is not judged: its row is rejected.
    """

    verb: ClassVar[str] = "judge"
    example: ClassVar[Mapping[str, Any]] = {
        "judge": "answer",
        "given": "question",
        "rubric": "helpfulness",
        "keep": "verdict.score >= 4",
    }

    judge: Columns
    """The column that is judged; several are judged as one text with parts."""

    rubric: Annotated[str, Field(min_length=1)]
    """What a good text is: a template file ending in .j2, or the name of one in `prompts/rubrics` or \
of a shared one. It sees `judged` (a list of the texts where several are compared), `given` (columns \
by name), and `rubric` with its head's `aspects`, `scale` and `labels`. Aspects that it does not show \
are added, as is how to answer."""

    given: Columns = ()
    """Columns that the judge is shown beside, such as the instruction; the library's rubrics show one \
called `answer` between `<given-answer>`, since `<answer>` is what is judged."""

    principles: str = ""
    """A file of principles, ending in .yaml, or the name of one in `prompts/principles` or of a \
shared one. For each text, or for siblings that are compared, one is drawn: the rubric sees it as \
`principle`, and the record has its name."""

    model: str = ""
    """Which of the recipe's models judges."""

    as_: Annotated[str, Field(pattern=NAME)] = Field(default="verdict", alias="as")
    """What the record is called."""

    compare: Literal["alone", "together", "pairwise"] = "alone"
    """What is shown in a call: one text; all siblings, in an order drawn for them; or two siblings, \
each pair in both orders. Of siblings, the rubric sees the columns of the row they came out of."""

    score: Literal["answer", "probabilities"] = "answer"
    """What a score is: what the judge answers, or what it would answer on average, by the \
probabilities of all scores (10 at most). With `pairwise`, how probable it is that the text is the \
better one."""

    rationale: bool = True
    """Whether the judge gives its reasons, before the score. With `probabilities` that is a call of \
its own."""

    clamp: Clamp = (0.0, 1.0)
    """Bounds of the probabilities of a `pairwise` comparison, such as [0.4, 0.6]: a judge that \
reasons first is too sure of itself (Constitutional AI)."""

    sampling: Sampling = Sampling()
    """How the judge samples; at temperature 0 where nothing is said."""

    attempts: Annotated[int, Field(ge=1)] = 3
    """How often an answer that does not fit is asked for."""

    @model_validator(mode="after")
    def _sensible(self) -> "Judge":
        weighed, low, high = self.weighed, *self.clamp
        if weighed and self.compare == "together":
            what = "`score: probabilities` goes with `compare: alone` or `pairwise`"
            raise fault("clash", what, "Change `compare`, or remove `score`.", at="score")
        if "clamp" in self.model_fields_set and not (weighed and self.compare == "pairwise"):
            what = "`clamp` goes with `compare: pairwise` and `score: probabilities`"
            raise fault("clash", what, "Add what is missing, or remove `clamp`.", at="clamp")
        if not low <= 0.5 <= high:
            what = "`clamp` must have 0.5, a tie, within its bounds"
            raise fault("clash", what, "Such as `clamp: [0.4, 0.6]`.", at="clamp")
        return self

    @property
    def weighed(self) -> bool:
        """Whether probabilities are asked for."""
        return self.score == "probabilities"

    def makes(self) -> tuple[str, ...]:
        """The record."""
        return (self.as_,)

    def uses(self) -> tuple[str, ...]:
        """What is judged and what is shown beside."""
        return (*self.judge, *self.given)

    def library_files(self) -> dict[Key, tuple[str, str]]:
        """The rubric, and the principles."""
        files: dict[Key, tuple[str, str]] = {("rubric",): ("rubrics", self.rubric)}
        if self.principles:
            files["principles",] = ("principles", self.principles)
        return files

    def templates(self) -> dict[Key, str]:
        """How to answer: what follows the rubric in a prompt."""
        if self.weighed:
            names = [REASON, WEIGH] if self.rationale else [WEIGH]
        else:
            names = [{"alone": ALONE, "together": TOGETHER, "pairwise": PAIRWISE}[self.compare]]
        return {("rubric", name): name for name in (ASPECTS, *names)}

    def extra_names(self) -> frozenset[str]:
        """What is judged, what is shown beside, and the rubric's head."""
        more = (*(("given",) if self.given else ()), *((PRINCIPLE,) if self.principles else ()))
        return frozenset({"judged", "rubric", *more})

    def shows(self, columns: Mapping[str, Values]) -> Mapping[str, Values]:
        """A principle has texts, what is shown beside is by column, and siblings are a list.

        What is judged alone is known only if it is a text: the library's rubrics go over a list of
        siblings where there is one, and a text is the only other value that allows that.
        """
        given = Values("record", fields={one: columns.get(one) for one in self.given}, whole=True)
        parts = Values("record", fields={one: columns.get(one) for one in self.judge}, whole=True)
        judged = parts if len(self.judge) > 1 else columns.get(self.judge[0])
        if self.compares():
            judged = list_of(judged)
        known = {"judged": judged} if judged and (self.compares() or judged.type == "text") else {}
        return {PRINCIPLE: principle_values(), "given": given, **known}

    def compares(self) -> bool:
        """Whether siblings are shown together."""
        return self.compare != "alone"

    def facts(self, heads: Mapping[Key, Part]) -> HeadFacts:
        """The fields of the record, and what they can be, by the rubric's scale."""
        head = heads.get(("rubric",))
        if not isinstance(head, RubricHead):
            return HeadFacts()
        shape, duel = Shape(head, self.rationale), self.compare == "pairwise"
        weighed, places = self.weighed, self.compares()
        fault = shape.extra_fault() if duel else shape.fault(weighed=weighed, places=places)
        if fault:
            return HeadFacts(faults={("rubric",): fault})
        ranges: dict[str, tuple[float, float]] = {"mass": (0.0, 1.0)} if weighed else {}
        if duel:
            ranges |= {"score": self.clamp, **dict.fromkeys(COUNTS, (0.0, math.inf))}
            fields = frozenset(ranges)
        else:
            fields = shape.fields(weighed=weighed, places=places)
            scores = ("score", *(f"aspects.{name}" for name in shape.aspects))
            ranges |= dict.fromkeys(scores, shape.range)
            ranges |= dict.fromkeys(("place", "of") if places else (), (1.0, math.inf))
        named = {f"{self.as_}.{name}": range_ for name, range_ in ranges.items()}
        fields |= {PRINCIPLE} if self.principles else set()
        return HeadFacts({self.as_: fields}, named)

    def counts_siblings(self) -> frozenset[str]:
        """The places among those that are shown together."""
        fields = ("place", "of") if self.compare == "together" else ()
        return frozenset(f"{self.as_}.{name}" for name in fields)

    def subjects(self, heads: Mapping[Key, Part]) -> Mapping[Key, tuple[Subject, ...]]:  # noqa: ARG002
        """A rubric shows what is judged and what stands beside it, siblings one by one."""
        what = f"The rubric `{self.rubric}` never shows what is judged."
        found = [Subject(("judged", *self.judge), what, f"Write {_SHOWN} into it.", ("rubric",))]
        for one in self.given:
            what = f"The rubric `{self.rubric}` never shows `{one}`: the judge does not see it."
            fix = f"Write {_SHOWN} into it, or {{{{ {one} }}}}; or remove it from `given`."
            found.append(Subject((f"given.{one}", one), what, fix, ("given",), one))
        if self.principles:
            what = f"The rubric `{self.rubric}` never shows the principle that is drawn."
            fix = "Write {{ principle.text }} into it, or remove `principles`."
            found.append(Subject((PRINCIPLE,), what, fix, ("principles",)))
        if self.compares():
            what = f"With `compare: {self.compare}`, `judged` is a list, and the rubric prints it as one."
            fix = f"Write {_SHOWN} in its place: it shows the texts one by one, marked."
            found.append(Subject(("judged",), what, fix, ("rubric",), listed=True))
        return {("rubric",): tuple(found)}

    def unset_names(self, known: Collection[str]) -> Mapping[str, str]:
        """What is shown beside, where the step names no columns for it."""
        given = name_given(known, self.object)
        drawn = "Name in this step a file of principles to draw from: `principles: conduct`."
        unset = {} if self.given else {"given": given}
        return unset | ({} if self.principles else {PRINCIPLE: drawn})

    def asks(self) -> str | None:
        """The model named, or the recipe's default."""
        return self.model

    def needs(self) -> tuple[Need, ...]:
        """A model that writes, that weighs answers, or both."""
        biased: tuple[Need, ...] = ("biased texts",) if self.sampling.biased_texts else ()
        writes: tuple[Need, ...] = ("complete", *biased) if self._writes else ()
        return (*writes, "weigh") if self.weighed else writes

    @property
    def _writes(self) -> bool:
        return self.rationale or not self.weighed

    def longest_answer(self) -> int | None:
        """What `max_tokens` says, if the judge writes."""
        return self.sampling.max_tokens if self._writes else None

    def load(self) -> Load:
        """One call, or for four siblings twelve comparisons; twice as many with reasons and weights.

        How many siblings or aspects there are, the recipe alone does not tell.
        """
        longest = most_written(self._chosen()) if self._writes else 1
        written = min(longest // 2 if self.rationale else VERDICT, longest)
        calls = SIBLINGS * (SIBLINGS - 1) if self.compare == "pairwise" else 1
        if self.weighed:
            return Load(calls * (1 + self.rationale), None, (1, 1), written, longest)
        most = None if self.compare == "pairwise" else self.attempts
        return Load(calls, most, (1, 1), written, longest)

    def repeats(self) -> bool:
        """Whether an equal text gets an equal verdict, wherever it stands.

        Of equal ones that are compared pairwise, both orders are the same question: they tie.
        """
        chance = self._writes and self._chosen()["temperature"] != 0
        alone = self.compare == "alone" and not self.principles
        return not chance and (alone or self.compare == "pairwise")

    def _chosen(self) -> dict[str, Any]:
        return {"temperature": 0.0, **self.sampling.chosen()}

    def operations(self, bench: Bench) -> list[Operation]:
        """One map, or one gathering."""
        template, head = bench.head("rubrics", self.rubric)
        assert isinstance(head, RubricHead)
        principles = self._principles(bench)
        judging = Judging(
            bench.label,
            bench.model,
            self._chosen(),
            self.attempts,
            template,
            Shape(head, self.rationale),
            self.compare,
            aspects_added=_hides_aspects(bench, template, head),
        )
        if self.compare == "alone":

            def run(row: Row, _: Candidate) -> Work:
                principle = _drawn(principles, row, bench.label)
                return self._naming(principle, self._alone(row, judging, _seen(principle)))

            return [Map(bench.index, run, self.guard(), nulls=self.makes())]

        def look(rows: tuple[Row, ...]) -> Work:
            principle = _drawn(principles, rows[0].parent or rows[0], bench.label)
            return self._naming(principle, self._siblings(rows, judging, _seen(principle)))

        return [Gather(bench.index, look, self.guard(), nulls=self.makes())]

    def _principles(self, bench: Bench) -> Sequence[Principle]:
        if not self.principles:
            return ()
        assert bench.library is not None
        found = bench.library.find("principles", self.principles, ".yaml")
        assert found is not None, "the checks have found it"
        return bench.library.principles(found)

    def _naming(self, principle: Principle | None, work: Work) -> Work:
        """Go on with the work; the records that it writes have the principle's name."""
        outcome: Outcome = yield from work
        if principle is None:
            return outcome
        named = [one if isinstance(one, Lost) else self._named(one, principle) for one in outcome]
        return Counted.as_in(outcome, named)

    def _named(self, row: Row, principle: Principle) -> Row:
        return row.having({self.as_: {**row.values[self.as_], PRINCIPLE: principle.name}})

    def _alone(self, row: Row, judging: Judging, more: Mapping[str, Any]) -> Work:
        text = self._text(row)
        if text is None:
            return [nothing(row)]
        shape = judging.shape
        seen = {**row.values, **more, "given": self._given(row), "judged": text}
        if self.weighed:
            aspects = shape.aspects or ("",)
            said = yield from judging.weighed(row, seen, aspects, tuple(shape.numbers))
        else:
            said = yield from judging.answered(row, seen, ALONE, shape.parser())
        row = row.told(*said.events)
        if said.lost:
            return [replace(said.lost, row=row)]
        asked = ("rationale", *shape.head.verdict)
        more = {name: said.values[name] for name in asked if name in said.values}
        if self.weighed:
            record = {**shape.expected(said.shares), **more, "mass": said.mass}
        else:
            scores = shape.scored([said.values[name] for name in shape.scores()])
            record = {**scores, **more}
        return [row.having({self.as_: record})]

    def _siblings(self, rows: tuple[Row, ...], judging: Judging, more: Mapping[str, Any]) -> Work:
        judged = [row for row in rows if self._text(row) is not None]
        texts = [self._text(row) for row in judged]
        parent = rows[0].parent or rows[0]
        given = self._given(rows[0])
        for row in rows[1:]:
            if differs := [name for name in given if row.values.get(name) != given[name]]:
                reason = f"`{differs[0]}` differs between siblings"
                return [Lost(one, "failed", reason) for one in rows]
        seen = {**parent.values, **more, "given": given}
        if self.compare == "together":
            outcome = yield from together(judging, judged, texts, seen, self.as_)
        else:
            clamp = self.clamp if self.weighed else None
            outcome = yield from pairwise(judging, judged, texts, seen, self.as_, clamp)
        return with_null(rows, judged, outcome)

    def _text(self, row: Row) -> Any:
        """Return what is judged of a row: a value, or several by column; None where all are null."""
        values = {name: row.values.get(name) for name in self.judge}
        if all(value is None for value in values.values()):
            return None
        return values if len(values) > 1 else values[self.judge[0]]

    def _given(self, row: Row) -> dict[str, Any]:
        return {name: row.values.get(name) for name in self.given}


def _hides_aspects(bench: Bench, template: str, head: RubricHead) -> bool:
    """Say whether a rubric shows the judge nothing of its aspects: neither by `rubric` nor in words."""
    if not head.aspects:
        return False
    assert bench.library is not None
    read = template_reads(bench.library.sources, template)
    said = " ".join(" ".join(read.texts.values()).split())
    in_words = all(" ".join(one.text.split()) in said for one in head.aspects)
    return not (read.open or read.has("rubric.aspects") or in_words)


def _drawn(principles: Sequence[Principle], row: Row, label: str) -> Principle | None:
    """Return the principle of a row: one that is added to the file changes only those that draw it."""
    if not principles:
        return None
    return min(principles, key=lambda one: mix(row.key, label, PRINCIPLE, one.name))


def _seen(principle: Principle | None) -> dict[str, Any]:
    return {PRINCIPLE: principle.model_dump(mode="json")} if principle else {}

"""Keeps rewritten texts that a judge finds to say more than those before."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from sofrito.filters.base import (
    KEPT,
    AskingFilter,
    Columns,
    Judging,
    Prompt,
    Prompted,
    Values,
    Verdict,
    texts,
)
from sofrito.formats.base import Column
from sofrito.recipe.base import HeadFacts, Key, Need, Part
from sofrito.recipe.heads import Head, RubricHead
from sofrito.teachers.call import Completion, Message
from sofrito.teachers.result import Answer

LABELS = ("equal", "not equal")
MOST_ANSWERS = 20
_AROUND = " \t\r\n\"'`*_.,:;!()[]“”"


class Gain(AskingFilter):
    """Asks a judge whether a text says more than the one before it (WizardLM's first rule).

    The rubric's template sees the two texts as `before` and `after`, and the row's columns. The
    judge answers with one of the `labels` of the rubric's head, or with a whole number of its
    `scale`: the worst of them means that nothing was gained. A rubric without labels and scale is
    answered by `equal` or `not equal`. The likeliest answer is taken (temperature 0).
    """

    filter: ClassVar[str] = "gain"
    shorthand: ClassVar[str] = "rubric"

    rubric: str = "gain"
    """The judge's prompt: a rubric of the library by its name, or a template file."""

    over: Column = "before"
    """The column with the text before; in the `undo` of `evolve` there is `before`, the text as it \
was before the round."""

    column: Column = ""
    """The column with the text after it; else those that the step is about."""

    def uses(self) -> tuple[str, ...]:
        """Both texts."""
        return (self.over, self.column) if self.column else (self.over,)

    def library_files(self) -> Mapping[Key, tuple[str, str]]:
        """The rubric."""
        return {("rubric",): ("rubrics", self.rubric)}

    def extra_names(self) -> frozenset[str]:
        """The rubric sees the two texts."""
        return frozenset(("before", "after"))

    def facts(self, heads: Mapping[Key, Part]) -> HeadFacts:
        """One short answer is read: a label, or a number of a small scale, and nothing beside it."""
        head = heads.get(("rubric",))
        fault = _fault(head) if isinstance(head, RubricHead) else ""
        fix = "Give it `labels`, the worst first, and nothing else to answer."
        return HeadFacts(faults={("rubric",): (fault, fix)} if fault else {})

    def needs(self) -> tuple[Need, ...]:
        """A model that writes."""
        return ("complete",)

    def calls(self, columns: int) -> int:
        """One for each column."""
        return 1 if self.column else columns

    def judging(self, values: Values, columns: Columns, model: str) -> Judging:
        """Ask about each column, and reject at the first that gained nothing."""
        named = (self.column,) if self.column else columns
        (before,) = texts(values, (self.over,))
        prompts = [
            Prompt("rubrics", self.rubric, {**values, "before": before, "after": after})
            for after in texts(values, named)
        ]
        asked = yield prompts
        labels = [_labels(one.head) for one in asked]
        answers = yield [
            _question(model, one, said) for one, said in zip(asked, labels, strict=True)
        ]
        for column, answer, said in zip(named, answers, labels, strict=True):
            assert isinstance(answer, Answer)
            index = _index(answer.text, said)
            if index is None:
                detail = f"{column}: {answer.text[:60]!r}"
                return Verdict(False, "none of the judge's answers", detail)
            if index == 0:
                return Verdict(False, "nothing gained", f"{column}: {said[0]}")
        return KEPT


def _fault(head: RubricHead) -> str:
    """Return why `gain` cannot ask by a rubric, "" if it can."""
    if head.aspects or head.verdict:
        what = "aspects" if head.aspects else "a verdict of several fields"
        return f"`gain` reads one answer, and the rubric asks for {what}."
    scale = head.scale
    if scale and not (scale.whole and scale.max - scale.min < MOST_ANSWERS):
        return f"`gain` takes a scale of at most {MOST_ANSWERS} whole numbers."
    return ""


def _labels(head: Head) -> tuple[str, ...]:
    """Return what a judge may answer, the worst first."""
    assert isinstance(head, RubricHead)
    if head.scale:
        return tuple(str(n) for n in range(int(head.scale.min), int(head.scale.max) + 1))
    return head.labels or LABELS


def _question(model: str, one: Prompted, labels: tuple[str, ...]) -> Completion:
    chat = (Message("user", one.text.strip()),)
    return Completion(model, chat, {"temperature": 0}, choices=labels)


def _index(text: str, labels: Sequence[str]) -> int | None:
    said = text.strip(_AROUND).casefold()
    return next((i for i, label in enumerate(labels) if label.casefold() == said), None)

"""Keeps the rows that pass a chain of filters."""

from collections.abc import Callable, Generator, Mapping
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, model_validator

from sofrito.filters.base import (
    AskingFilter,
    Judging,
    MemoryFilter,
    PoolFilter,
    Prompt,
    Prompted,
    RowFilter,
    SiblingFilter,
    Verdict,
)
from sofrito.filters.base import Filter as FilterClass
from sofrito.prompts import Render
from sofrito.recipe.entries import Check
from sofrito.recipe.expressions import Expression, ExpressionError
from sofrito.recipe.fault import fault
from sofrito.recipe.field_types import Columns
from sofrito.recipe.heads import Head
from sofrito.recipe.vocabulary import parse_check
from sofrito.steps.base import Bench, Step
from sofrito.steps.work import (
    Candidate,
    Event,
    Gather,
    Lost,
    Map,
    Operation,
    Ordered,
    Outcome,
    Request,
    Row,
    Work,
)
from sofrito.teachers.teacher import Refused

Ruling = Callable[[Row], Generator[list[Request], list[Any], Row | Lost]]
"""What a filter makes of a row by itself, as a part of a step's work."""


class Filter(Step):
    """Rejects a row at the first filter of the chain that it does not pass."""

    verb: ClassVar[str] = "filter"
    one_of: ClassVar[tuple[str, ...]] = ("by", "keep")
    example: ClassVar[Mapping[str, Any]] = {
        "filter": "answer",
        "by": [{"length": {"words": [5, 200]}}, {"words": {"never": ["sorry"]}}],
    }

    filter: Columns
    """The columns that the filters look at."""

    by: tuple[Annotated[Check, BeforeValidator(parse_check)], ...] = ()
    """The filters, in order."""

    @model_validator(mode="after")
    def _sensible(self) -> "Filter":
        if not (self.by or self.keep):
            fix = "Such as `by: [{length: {words: [5, 200]}}]`, or `keep: verdict.score >= 4`."
            raise fault("missing", "a filter needs `by`, `keep` or both", fix)
        return self

    def uses(self) -> tuple[str, ...]:
        """The columns filtered."""
        return self.filter

    def filters(self) -> tuple[Check, ...]:
        """The chain as written."""
        return self.by

    def operations(self, bench: Bench) -> list[Operation]:
        """One operation a filter."""
        return [operation(bench, one, self.filter, self.guard()) for one in bench.filters]


def operation(
    bench: Bench, one: FilterClass, columns: tuple[str, ...], guard: Expression | None
) -> Operation:
    """Return the operation of one filter: a map, a gathering of siblings, or one with memory.

    A filter that asks without naming a model asks the step's. Raises Trouble where a package that the
    filter needs is missing.
    """
    one.ready()
    judge = _by_itself(bench, one, columns)
    if judge:

        def by_row(row: Row, _: Candidate) -> Outcome:
            return [_ruled(bench, one, row, judge(row.values))]

        return Map(bench.index, by_row, guard)
    if isinstance(one, SiblingFilter):
        judge_all = one.judge_all

        def by_siblings(rows: tuple[Row, ...]) -> Outcome:
            verdicts = judge_all([row.values for row in rows], columns)
            return [_ruled(bench, one, row, v) for row, v in zip(rows, verdicts, strict=True)]

        return Gather(bench.index, by_siblings, guard)
    if isinstance(one, MemoryFilter):
        remembers = one.memory(columns, _pools(bench, one))

        def by_memory(row: Row) -> Row | Lost:
            return _ruled(bench, one, row, remembers(row.values))

        return Ordered(bench.index, by_memory, guard)
    rules = ruling(bench, one, columns)

    def by_model(row: Row, _: Candidate) -> Work:
        return [(yield from rules(row))]

    return Map(bench.index, by_model, guard)


def ruling(bench: Bench, one: FilterClass, columns: tuple[str, ...]) -> Ruling:
    """Return what a filter that needs one row only makes of it: the row, or how it is lost.

    A filter that asks without naming a model asks the step's. Raises TypeError for other filters, Trouble
    where a package that the filter needs is missing.
    """
    one.ready()
    head = cache(bench.head)
    judge = _by_itself(bench, one, columns)

    def by_row(row: Row) -> Generator[list[Request], list[Any], Row | Lost]:
        assert judge is not None
        yield from ()
        return _ruled(bench, one, row, judge(row.values))

    def by_model(row: Row) -> Generator[list[Request], list[Any], Row | Lost]:
        assert isinstance(one, AskingFilter)
        judging = one.judging(row.values, columns, one.model or bench.model)
        return (yield from _asked(bench, one, row, judging, head))

    if judge:
        return by_row
    if isinstance(one, AskingFilter):
        return by_model
    raise TypeError(f"{type(one).__name__} is no kind of filter that needs one row only")


def _by_itself(
    bench: Bench, one: FilterClass, columns: tuple[str, ...]
) -> Callable[[Mapping[str, Any]], Verdict] | None:
    """Return what judges a row by itself and asks no model, None for a filter of another kind."""
    if isinstance(one, RowFilter):
        return lambda values: one.judge(values, columns)
    return one.comparing(columns, _pools(bench, one)) if isinstance(one, PoolFilter) else None


def _pools(bench: Bench, one: FilterClass) -> dict[str, list[Mapping[str, Any]]]:
    return {name: [pooled.values for pooled in bench.pools[name]] for name in one.pools()}


def _asked(
    bench: Bench,
    one: FilterClass,
    row: Row,
    judging: Judging,
    head: Callable[[str, str], tuple[str, Head]],
) -> Generator[list[Request], list[Any], Row | Lost]:
    """Render and ask what a filter wants to know, until it has a verdict."""
    results: list[Any] | None = None
    while True:
        try:
            wanted = judging.send(results)
        except StopIteration as stop:
            return _ruled(bench, one, row, stop.value)
        prompts = [want for want in wanted if isinstance(want, Prompt)]
        if prompts:
            files = [head(prompt.folder, prompt.name) for prompt in prompts]
            values = [prompt.values for prompt in prompts]
            texts = yield [Render(f, v) for (f, _), v in zip(files, values, strict=True)]
            for text in texts:
                if isinstance(text, ExpressionError):
                    return Lost(row, "failed", "template", text.words)
            results = [Prompted(t, said) for t, (_, said) in zip(texts, files, strict=True)]
            continue
        told = yield [want for want in wanted if not isinstance(want, Prompt)]
        row = row.told(*(Event(bench.label, "call", {"key": answer.key}) for answer in told))
        for answer in told:
            if isinstance(answer.answer, Refused):
                return Lost(row, "failed", answer.answer.cause, answer.answer.words)
        results = [answer.answer for answer in told]


def _ruled(bench: Bench, one: FilterClass, row: Row, verdict: Verdict) -> Row | Lost:
    if not verdict.kept:
        reason = f"{one.filter}: {verdict.reason}"
        return Lost(row, "rejected", reason, verdict.detail, verdict.score)
    if verdict.score is None and not verdict.detail:
        return row
    told = {"filter": one.filter, "score": verdict.score, "detail": verdict.detail}
    return row.told(Event(bench.label, "score", told))

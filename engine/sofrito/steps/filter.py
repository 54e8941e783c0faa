"""Keeps the rows that pass a chain of filters."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from sofrito.filters.base import (
    AskingFilter,
    Judging,
    MemoryFilter,
    RowFilter,
    SiblingFilter,
    Verdict,
)
from sofrito.filters.base import Filter as FilterClass
from sofrito.recipe.base import Check, Columns, parse_check
from sofrito.recipe.expressions import Expression
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
    Row,
    Work,
)
from sofrito.teachers.result import Result
from sofrito.teachers.teacher import Refused


class Filter(Step):
    """Rejects a row at the first filter of the chain that it does not pass."""

    verb: ClassVar[str] = "filter"
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
            raise PydanticCustomError("missing", "a filter needs `by`, `keep` or both")
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

    A filter that asks without naming a model asks the step's.
    """
    if isinstance(one, RowFilter):
        judge = one.judge

        def by_row(row: Row, _: Candidate) -> Outcome:
            return [_ruled(bench, one, row, judge(row.values, columns))]

        return Map(bench.index, by_row, guard)
    if isinstance(one, SiblingFilter):
        judge_all = one.judge_all

        def by_siblings(rows: tuple[Row, ...]) -> Outcome:
            verdicts = judge_all([row.values for row in rows], columns)
            return [_ruled(bench, one, row, v) for row, v in zip(rows, verdicts, strict=True)]

        return Gather(bench.index, by_siblings, guard)
    if isinstance(one, MemoryFilter):
        pools = {name: [pooled.values for pooled in bench.pools[name]] for name in one.pools()}
        remembers = one.memory(columns, pools)

        def by_memory(row: Row) -> Row | Lost:
            return _ruled(bench, one, row, remembers(row.values))

        return Ordered(bench.index, by_memory, guard)
    if isinstance(one, AskingFilter):
        judging, model = one.judging, one.model or bench.model

        def by_model(row: Row, _: Candidate) -> Work:
            return _asked(bench, one, row, judging(row.values, columns, model))

        return Map(bench.index, by_model, guard)
    raise TypeError(f"{type(one).__name__} is no kind of filter")


def _asked(bench: Bench, one: FilterClass, row: Row, judging: Judging) -> Work:
    """Ask what a filter wants to know, until it has a verdict."""
    results: list[Result] | None = None
    while True:
        try:
            calls = judging.send(results)  # type: ignore[arg-type]
        except StopIteration as stop:
            return [_ruled(bench, one, row, stop.value)]
        told = yield list(calls)
        row = row.told(*(Event(bench.label, "call", {"key": answer.key}) for answer in told))
        results = []
        for answer in told:
            if isinstance(answer.answer, Refused):
                return [Lost(row, "failed", answer.answer.cause, answer.answer.words)]
            results.append(answer.answer)


def _ruled(bench: Bench, one: FilterClass, row: Row, verdict: Verdict) -> Row | Lost:
    if not verdict.kept:
        reason = f"{one.filter}: {verdict.reason}"
        return Lost(row, "rejected", reason, verdict.detail, verdict.score)
    if verdict.score is None and not verdict.detail:
        return row
    told = {"filter": one.filter, "score": verdict.score, "detail": verdict.detail}
    return row.told(Event(bench.label, "score", told))

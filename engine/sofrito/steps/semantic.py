"""Rejects rows that mean what an earlier one means: a call for each row's vector, and a memory of them."""

import importlib.util
from collections.abc import Callable
from dataclasses import replace

from sofrito.filters.base import texts
from sofrito.problems import Trouble
from sofrito.recipe.expressions import Expression
from sofrito.steps.base import Bench
from sofrito.steps.work import Candidate, Event, Lost, Map, Operation, Ordered, Outcome, Row, Work
from sofrito.teachers.call import Embed
from sofrito.teachers.result import Embedded
from sofrito.teachers.teacher import Refused

_SHOWN = 60


def semantic(
    bench: Bench, columns: tuple[str, ...], distance: float, guard: Expression | None
) -> list[Operation]:
    """Return the operations of a step that rejects rows nearer than ``distance`` to one it let through.

    The distance is 1 less the cosine, as in SemDeDup (Abbas et al. 2023) but over all rows and not
    within clusters, the first of two being kept. Raises Trouble where numpy is missing.
    """
    if importlib.util.find_spec("numpy") is None:
        what = "`method: semantic` needs the package numpy, which is not installed."
        raise Trouble(what, "Install it: pip install 'sofrito[embed]'")

    def ask(row: Row, _: Candidate) -> Work | Outcome:
        text = _joined(row, columns)
        return _vector(row, Embed(bench.model, text), bench) if text.strip() else [row]

    return [
        Map(bench.index, ask, guard),
        Ordered(bench.index, _memory(bench, columns, distance), guard),
    ]


def _joined(row: Row, columns: tuple[str, ...]) -> str:
    return "\n\n".join(texts(row.values, columns))


def _vector(row: Row, call: Embed, bench: Bench) -> Work:
    """Put a text's vector aside, for the memory."""
    (told,) = yield [call]
    row = row.told(Event(bench.label, "call", {"key": told.key}))
    if isinstance(told.answer, Refused):
        return [Lost(row, "failed", told.answer.cause, told.answer.words)]
    assert isinstance(told.answer, Embedded)
    return [replace(row, aside=told.answer.vector)]


def _memory(bench: Bench, columns: tuple[str, ...], distance: float) -> Callable[[Row], Row | Lost]:
    from sofrito.steps.nearest import Vectors

    vectors = Vectors(distance)
    labels: list[str] = []
    blank = ""

    def run(row: Row) -> Row | Lost:
        nonlocal blank
        vector, row = row.aside, replace(row, aside=b"")
        if not vector:  # nothing is written there: only the first such row is let through
            if blank:
                return Lost(row, "rejected", "too similar", f"as row {blank}: nothing", 0.0)
            blank = row.id
            return row
        near = vectors.nearest(vector)
        if near is not None:
            score = round(near.distance, 6)
            return Lost(row, "rejected", "too similar", f"like {labels[near.index]}", score)
        vectors.add(vector)
        labels.append(_label(row, columns))
        told = {"score": None, "detail": f"nothing nearer than {distance:g}"}
        return row.told(Event(bench.label, "score", told))

    return run


def _label(row: Row, columns: tuple[str, ...]) -> str:
    """Return what a row is called where another one is like it: numbers alone find nothing."""
    start = " ".join(_joined(row, columns)[: _SHOWN + 1].split())
    return f"row {row.id}: {start[:_SHOWN]}{'…' if len(start) > _SHOWN else ''}"

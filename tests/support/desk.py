"""One step by itself: made from what a recipe says, worked by hand."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from sofrito.plan.compile import expanded
from sofrito.plan.vocabulary import vocabulary
from sofrito.prompts import Render, Templates
from sofrito.recipe.library import Library
from sofrito.recipe.sources import TemplateSources
from sofrito.steps.base import Bench, Step
from sofrito.steps.work import Gather, Lost, Map, Operation, Pool, Pooled, Row, Told, Work
from sofrito.teachers.call import Call
from sofrito.teachers.result import Answer, Result
from sofrito.teachers.teacher import Refused

VOCABULARY = vocabulary()
EMPTY = Path(__file__).parent / "empty"


def part_of(kind: type, said: Any) -> Any:
    """Return a part of a recipe, as it stands in YAML."""
    return TypeAdapter(kind).validate_python(said, context=VOCABULARY)


def step_of(**said: Any) -> Step:
    """Return a step as a recipe says it, `from_` and the like without their line."""
    verb = next(key for key in said if key in VOCABULARY.verbs)
    step = VOCABULARY.verbs[verb].model_validate(said, context=VOCABULARY)
    assert isinstance(step, Step)
    return step


def pooled(name: str, rows: Sequence[Mapping[str, Any]]) -> list[Pooled]:
    return [Pooled.of(values, f"{name}, row {i}") for i, values in enumerate(rows)]


def bench_of(
    step: Step,
    pools: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    folder: Path = EMPTY,
    shared: Path | None = None,
) -> Bench:
    filters = tuple(expanded(step.filters(), {}))
    loaded = {name: pooled(name, rows) for name, rows in (pools or {}).items()}
    library = Library(TemplateSources(folder, shared=shared or folder))
    return Bench(3, step.label, 42, "teacher", loaded, filters, library, "teacher")


def operation_of(step: Step, pools: Any = None) -> Operation:
    """Return the only operation of a step."""
    (one,) = step.compiled(bench_of(step, pools))
    return one


@dataclass
class Here:
    """A candidate with pools that stand still."""

    seeds: Mapping[str, Sequence[Pooled]] = field(default_factory=dict)
    more: Mapping[str, Sequence[Pooled]] = field(default_factory=dict)
    offered: list[tuple[str, Row, Mapping[str, Any]]] = field(default_factory=list)
    round: int = 0

    def pool(self, name: str) -> Pool:
        grown = self.more.get(name, ())
        return Pool(self.seeds[name], grown, len(grown))

    def grow(self, pool: str, row: Row, values: Mapping[str, Any]) -> None:
        self.offered.append((pool, row, values))


def row_of(n: int = 12, key: int = 7, **values: Any) -> Row:
    return Row((n,), key, values)


Said = str | Result | Refused


@dataclass
class Worked:
    """What came of one row: the outcome, and the calls of each turn."""

    outcome: list[Row | Lost]
    turns: list[list[Any]]

    @property
    def calls(self) -> list[Any]:
        return [call for turn in self.turns for call in turn]

    @property
    def values(self) -> list[Mapping[str, Any]]:
        return [one.values for one in self.outcome if isinstance(one, Row)]

    @property
    def lost(self) -> list[tuple[str, str, str]]:
        return [(o.kind, o.reason, o.detail) for o in self.outcome if isinstance(o, Lost)]


def worked(
    step: Step,
    row: Row,
    answer: Callable[[Any], Said] | str = "",
    *,
    here: Here | None = None,
    folder: Path = EMPTY,
    shared: Path | None = None,
) -> Worked:
    """Drive a map to its end; ``answer`` says what a teacher says, as text or a whole answer."""
    here = here or Here()
    operation = step.compiled(bench_of(step, folder=folder, shared=shared))[0]
    assert isinstance(operation, Map)
    work = operation.run(row, here)
    if isinstance(work, list):
        return Worked(work, [])
    return _driven(work, answer, Templates(TemplateSources(folder, shared=shared or folder)))


def gathered(
    step: Step,
    rows: Sequence[Row],
    answer: Callable[[Any], Said] | str = "",
    *,
    folder: Path = EMPTY,
    shared: Path | None = None,
) -> Worked:
    """Drive a gathering of siblings to its end, as :func:`worked` does a map."""
    operation = step.compiled(bench_of(step, folder=folder, shared=shared))[0]
    assert isinstance(operation, Gather)
    work = operation.run(tuple(rows))
    assert not isinstance(work, list)
    return _driven(work, answer, Templates(TemplateSources(folder, shared=shared or folder)))


def _driven(work: Work, answer: Any, templates: Templates) -> Worked:
    turns: list[list[Any]] = []
    replies: list[Any] | None = None
    while True:
        try:
            requests = work.send(replies)  # type: ignore[arg-type]
        except StopIteration as stop:
            return Worked(stop.value, turns)
        calls = [one for one in requests if not isinstance(one, Render)]
        turns += [calls] if calls else []
        replies = [
            templates.render([one])[0] if isinstance(one, Render) else _told(one, answer)
            for one in requests
        ]


def _told(call: Call, answer: Any) -> Told:
    said = answer if isinstance(answer, str) else answer(call)
    if isinstance(said, str):
        said = Answer(said, "stop", 5, 5)
    return Told(call.key({}).hex(), said)


def cut(text: str) -> Answer:
    """Return an answer that ran into its limit of 9 tokens."""
    return Answer(text, "length", 5, 9)

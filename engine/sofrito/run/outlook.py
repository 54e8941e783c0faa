"""How a whole run would go, by what is known of its first candidates and expected of the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice
from typing import Any

from sofrito.plan.estimate import Expected, Happening, guessed_tokens
from sofrito.plan.estimate_time import Speed
from sofrito.plan.program import Program
from sofrito.recipe.model_rows import Topics
from sofrito.recipe.verb import Verb
from sofrito.run.axes import PROMPT, load_of
from sofrito.run.dry_run import made_up
from sofrito.run.observe import stages
from sofrito.run.pace import FIRST, FIRST_DECLARED
from sofrito.run.prices import Tariff
from sofrito.run.rehearse import Rehearsal
from sofrito.run.served import UNTIMED, Served, StepCost
from sofrito.run.simulate import Known, Outlook, simulated
from sofrito.run.sketch import Sketch, length
from sofrito.teachers.call import Call
from sofrito.teachers.teacher import Teacher

VARIANTS = 7
"""Samples that are drawn; the middle one is what is likely, the others say how sure that is."""

GUESSED = 3
"""Samples that are drawn where no candidate is known to its end: a guess is no surer by more."""

FURTHER = 300
"""Candidates beyond those known that are gone through one by one; those after them go like them."""


@dataclass(frozen=True)
class Estimate:
    """What is likely of a run, and the ``low`` and ``high`` of all its calls over the variants.

    ``rows`` are those likely to reach the output, ``seen`` the rows of each step that were seen
    (0: its numbers are guesses). ``settled`` candidates are known from the journal, and ``whole``
    says that they are all there will be. ``timed`` says whether ``seconds`` mean anything.
    """

    steps: tuple[StepCost, ...]
    seen: tuple[int, ...]
    low: int
    high: int
    candidates: int
    rows: int
    seconds: float
    settled: int
    whole: bool
    timed: bool

    @property
    def calls(self) -> int:
        """All calls to models that the run needs."""
        return round(_calls(self.steps))

    @property
    def checks(self) -> int:
        """The programs it runs and the mathematics it compares."""
        return round(sum(step.calls for step in self.steps if step.checks))

    @property
    def held(self) -> int:
        """Those of them that the journal has."""
        return round(sum(step.held for step in self.steps if not step.checks))


def _calls(steps: Sequence[StepCost]) -> float:
    return sum(step.calls for step in steps if not step.checks)


def estimated(
    program: Program,
    expectations: Sequence[Expected],
    reads: Mapping[int, int],
    rehearsal: Rehearsal | None,
    *,
    speeds: Mapping[str, Speed],
    tariffs: Mapping[str, Tariff | None],
    seeds: int | None,
    teachers: Mapping[str, Teacher] | None = None,
    dry: Rehearsal | None = None,
) -> Estimate:
    """Return what a run of a program is likely to take.

    ``reads`` are the guessed tokens of a prompt by step, ``seeds`` the rows to start from. The
    ``teachers`` are not asked: they say who shares a server, and how many calls are in flight. What the
    ``rehearsal`` did not see goes as in the ``dry`` run, or else as the expectations have it.
    """
    known = _known(program, expectations, reads, rehearsal, dry)
    most = known.settled + FURTHER
    whole = rehearsal is not None and rehearsal.whole
    served = {
        name: _served(name, speeds.get(name), tariff, teachers or {})
        for name, tariff in tariffs.items()
    }
    outlooks = sorted(
        (
            _scaled(
                simulated(program, known, served, most=most, variant=v),
                program, rehearsal, most, seeds,
            )
            for v in range(1 if whole else VARIANTS if known.settled else GUESSED)
        ),
        key=lambda one: one.calls,
    )  # fmt: skip
    for one in outlooks:
        for expectation, step in zip(expectations, one.steps, strict=True):
            step.checks = expectation.checks
    middle = outlooks[len(outlooks) // 2]
    wanted = program.rows
    asked = {
        m for e, s in zip(expectations, middle.steps, strict=True) if s.asked for m in e.models
    }
    return Estimate(
        steps=tuple(middle.steps),
        seen=_seen(program, known, rehearsal),
        low=round(min(_calls(one.steps) for one in outlooks)),
        high=round(max(_calls(one.steps) for one in outlooks)),
        candidates=round(middle.started),
        rows=min(round(middle.accepted), wanted) if wanted else round(middle.accepted),
        seconds=middle.seconds,
        settled=known.settled,
        whole=whole,
        timed=asked <= speeds.keys(),
    )


def _served(
    name: str, speed: Speed | None, tariff: Tariff | None, teachers: Mapping[str, Teacher]
) -> Served:
    """Return how a model is served; a server that says no number of calls begins with few."""
    teacher = teachers.get(name)
    if teacher is None:
        speed = speed or UNTIMED
        return Served(name, speed, tariff, speed.lanes)
    first = FIRST_DECLARED if teacher.concurrency else FIRST
    concurrency = (
        min(teacher.concurrency or first, first) if teacher.server else teacher.concurrency
    )
    speed = speed or replace(UNTIMED, lanes=concurrency)
    return Served(teacher.server or str(id(teacher)), speed, tariff, concurrency)


def _known(
    program: Program,
    expectations: Sequence[Expected],
    reads: Mapping[int, int],
    rehearsal: Rehearsal | None,
    dry: Rehearsal | None,
) -> Known:
    seen: Mapping[int, Sequence[Happening]] = rehearsal.notebook.pool() if rehearsal else {}
    foreseen = made_up(program, dry, expectations, reads) if dry else {}
    may: dict[int, Sequence[Happening]] = {}
    for place, stage in enumerate(stages(program)):
        step = stage.operation.step
        if place in seen or place in foreseen:
            may[place] = seen.get(place) or foreseen[place]
        elif stage.first:
            may[place] = expectations[step].happenings(reads.get(step, 1))
    skips = {**(_skips(program, dry) if dry else {}), **_skips(program, rehearsal)}
    written = {name for one in expectations for name in one.writes}
    stable = _given(program) - written
    if rehearsal is None:
        return Known(0, {}, frozenset(), may, skips, stable)
    happened = rehearsal.notebook.happened
    return Known(rehearsal.settled, happened, rehearsal.ends, may, skips, stable)


def _given(program: Program) -> frozenset[str]:
    """Return the columns that candidates begin with, those of the first rows of the seeds and the axes."""
    rows = islice(program.source(), FURTHER) if program.source else ()
    axes = program.cells[0].columns if program.cells else {}
    return frozenset(axes).union(*rows)


def _skips(program: Program, rehearsal: Rehearsal | None) -> dict[int, float]:
    """Return the share of rows that the `when` of a step keeps out, by step."""
    found: dict[int, float] = {}
    if rehearsal is None:
        return found
    for place, stage in enumerate(stages(program)):
        if stage.operation.guard is None or not stage.first:
            continue
        step = stage.operation.step
        worked = sum(
            len(one.kept)
            for (at, path), one in rehearsal.notebook.happened.items()
            if at == place and path[0] < rehearsal.settled
        )
        # where nothing is answered yet, only those are settled that had nothing to ask
        begun = rehearsal.notebook.begun
        waiting = sum(at == place and path[0] >= rehearsal.settled for at, path in begun)
        if entered := rehearsal.ledger.tallies[step + 1].entered + waiting:
            found[step] = max(0.0, 1 - (worked + waiting) / entered)
    return found


def _seen(program: Program, known: Known, rehearsal: Rehearsal | None) -> tuple[int, ...]:
    seen = [0] * len(program.steps)
    if rehearsal is not None:
        firsts = {p: s.operation.step for p, s in enumerate(stages(program)) if s.first}
        for (place, _), one in known.happened.items():
            if place in firsts:
                seen[firsts[place]] += len(one.kept)
    return tuple(seen)


def _scaled(
    outlook: Outlook, program: Program, rehearsal: Rehearsal | None, most: int, seeds: int | None
) -> Outlook:
    """Let what was still to come when the simulation was cut off go on as it went."""
    if outlook.started < most or (program.rows and outlook.accepted >= program.rows):
        return outlook
    settled = rehearsal.settled if rehearsal else 0
    before = rehearsal.accepted if rehearsal else 0
    ends = [seeds / most] if seeds else []
    further = outlook.accepted - before
    if program.rows:
        ends.append(
            (settled + (most - settled) * (program.rows - before) / further) / most
            if further > 0
            else float(program.tries * program.rows) / most
        )
        ends.append(program.tries * program.rows / most)
    factor = max(1.0, (min(ends) * most - settled) / (most - settled))
    steps = [
        replace(step, **{name: value * factor for name, value in _asked(step).items()})
        for step in outlook.steps
    ]
    for old, new in zip(outlook.steps, steps, strict=True):
        new.entered, new.out = old.entered * min(ends), old.out * min(ends)
    rows = before + further * factor
    return Outlook(outlook.status, rows, most * min(ends), outlook.seconds * factor, steps)


def _asked(step: StepCost) -> dict[str, Any]:
    names = ("asked", "read", "written", "seconds", "usd", "unpriced")
    return {field.name: getattr(step, field.name) for field in fields(step) if field.name in names}


def axis_cost(
    topics: Topics, model: str, speeds: Mapping[str, Speed], tariffs: Mapping[str, Tariff | None]
) -> StepCost:
    """Return what an axis is guessed to cost that a model makes first."""
    load, read = load_of(topics), guessed_tokens(topics.prompt or PROMPT)
    calls, written, tariff = load.calls, load.written, tariffs.get(model)
    return StepCost(
        entered=1,
        out=1,
        asked=calls,
        read=calls * read,
        written=calls * written,
        seconds=calls * speeds.get(model, UNTIMED).seconds(read, written),
        usd=calls * tariff.usd(read, written) if tariff else 0.0,
        unpriced=0 if tariff else calls,
    )


def with_axes(estimate: Estimate, axes: Sequence[StepCost], timed: bool) -> Estimate:
    """Return an estimate with the axes that are made before; ``timed`` if it is known how fast."""
    calls = round(sum(one.asked for one in axes))
    return replace(
        estimate,
        steps=(*axes, *estimate.steps),
        seen=(*(0 for _ in axes), *estimate.seen),
        low=estimate.low + calls,
        high=estimate.high + calls,
        seconds=estimate.seconds + sum(one.seconds for one in axes),
        timed=estimate.timed and timed,
    )


def lengths_asked(
    questions: Mapping[tuple[int, int], Call],
    sketches: Sequence[Sketch],
    tokens: Callable[[str], int],
) -> dict[int, int]:
    """Return the tokens of the prompts that are known by step, of steps that have no whole sketch."""
    whole = {one.step for one in sketches if not one.missing}
    found: dict[int, list[int]] = {}
    for (step, _), call in questions.items():
        if step not in whole:
            found.setdefault(step, []).append(length(call, {}, tokens))
    return {step: round(sum(all_) / len(all_)) for step, all_ in found.items()}


def prompt_lengths(
    sketches: Sequence[Sketch],
    expectations: Sequence[Expected],
    steps: Sequence[Verb],
    tokens: Callable[[str], int],
) -> dict[int, int]:
    """Return the guessed tokens of a prompt by step: the mean over the first candidates.

    What stands in for a column counts as what its step is guessed to write for it.
    """
    columns: dict[str, int] = {}
    for verb, one in zip(steps, expectations, strict=True):
        least, most = one.load.rows or (4, 4)
        made = (*verb.makes(), *verb.rewrites())
        share = max(1, (least + most) // 2) * max(1, len(made))
        columns |= {name: max(1, one.load.written // share) for name in made}
    found: dict[int, list[int]] = {}
    for sketch in sketches:
        missing = {name: columns[name] for name in sketch.missing}
        found.setdefault(sketch.step, []).append(length(sketch.call, missing, tokens))
    return {step: round(sum(all_) / len(all_)) for step, all_ in found.items()}


def rows_to_start_from(program: Program) -> int | None:
    """Return how many rows candidates start from, None where they start from nothing."""
    return sum(1 for _ in program.source()) if program.source else None

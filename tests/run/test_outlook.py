"""What is told of a run before it: exact where the journal has it, near where it has the beginning."""

import random

import pytest
from storm import Life, Storm, live, program_of, random_recipe, recipe_of

from sofrito.plan.estimate import expected
from sofrito.plan.estimate_time import Speed
from sofrito.recipe.model import Recipe
from sofrito.run.journal import MemoryJournal
from sofrito.run.outlook import Estimate, estimated, prompt_lengths, rows_to_start_from
from sofrito.run.prices import FREE
from sofrito.run.rehearse import FirstCandidates, Rehearsal, rehearsed
from sofrito.run.sketch import sketched

TEACHER = Storm(random.Random(0), latency=(0.05, 0.05))


def foretold(
    recipe: Recipe, known: Rehearsal | None, speeds: dict[str, Speed] | None = None
) -> Estimate:
    program = program_of(recipe)
    return estimated(
        program,
        expected(recipe),
        {},
        known,
        speeds=speeds or {},
        tariffs={"teacher": FREE},
        seeds=rows_to_start_from(program),
    )


def ran(recipe: Recipe, candidates: int | None = None) -> tuple[Life, Rehearsal]:
    """Run a recipe, or its first candidates; return the run and what its journal tells."""
    answers: dict[bytes, bytes] = {}
    program = program_of(recipe)
    from sofrito.run.engine import Engine

    def engine(*arguments: object, **options: object) -> Engine:
        first = FirstCandidates(program, candidates) if candidates else None
        return Engine(*arguments, **{**options, "candidates": first})  # type: ignore[arg-type]

    life = live(program, MemoryJournal(answers), TEACHER, make=engine)
    return life, rehearsed(program_of(recipe), MemoryJournal(answers), {"teacher": TEACHER})


@pytest.mark.parametrize("number", range(40))
def test_what_the_journal_has_whole_is_told_exactly(number: int) -> None:
    recipe = random_recipe(random.Random(number))
    life, known = ran(recipe)
    found = foretold(recipe, known)
    assert (known.whole, known.status, found.rows) == (True, life.status, life.accepted)
    steps = [(t.entered, t.out) for t in life.engine.ledger.tallies[1:-1]]
    assert [(step.entered, step.out) for step in found.steps] == steps
    assert (found.low, found.calls - found.held) == (found.high, 0)
    surplus = life.engine.ledger.tallies[0].surplus
    assert found.calls == life.calls.totals.asked or (
        surplus and found.calls < life.calls.totals.asked
    )


BASE = {
    "rows": 150,
    "steps": [
        {"generate": "text", "prompt": "list", "parse": "numbered_list"},
        {"filter": "text", "by": [{"pattern": {"never": ["w11"]}}]},
        {"generate": "response", "prompt": "answer {{ text }}", "when": "'w3' in text"},
        {"generate": "grade", "prompt": "grade {{ text }}", "parse": "boolean", "keep": "grade"},
    ],
}


@pytest.mark.parametrize("candidates", [40, 70])
def test_calls_are_told_within_a_fifth_by_a_pilot(candidates: int) -> None:
    recipe = recipe_of(BASE)
    whole, _ = ran(recipe)
    _, known = ran(recipe, candidates)
    found = foretold(recipe, known)
    assert (known.settled, known.whole, found.whole) == (candidates, False, False)
    assert found.calls == pytest.approx(whole.calls.totals.asked, rel=0.2)
    assert found.low <= found.calls <= found.high
    by_step = [step.calls for step in found.steps]
    assert by_step[2] < by_step[3]  # the `when` keeps some out
    assert found.held == len(known.notebook.keys)


def test_a_long_run_goes_on_as_it_began() -> None:
    short, long, longest = (recipe_of({**BASE, "rows": rows}) for rows in (150, 1_500, 15_000))
    _, known = ran(short)
    found = foretold(longest, known)
    assert found.rows == 15_000
    assert found.calls == pytest.approx(10 * foretold(long, known).calls, rel=0.1)


def test_time_is_that_of_the_calls_at_once() -> None:
    recipe = recipe_of({"rows": 40, "steps": [{"generate": "a", "prompt": "x"}]})
    alone = foretold(recipe, None, {"teacher": Speed(0.5, 0.0, 1, 9)})
    four = foretold(recipe, None, {"teacher": Speed(0.5, 0.0, 4, 9)})
    assert (alone.timed, foretold(recipe, None).timed) == (True, False)
    assert alone.seconds == pytest.approx(20, rel=0.05)
    assert four.seconds == pytest.approx(5, rel=0.15)


def test_a_recipe_that_lets_nothing_through_is_told_so() -> None:
    recipe = recipe_of({**BASE, "steps": [*BASE["steps"], {"filter": "text", "keep": "false"}]})  # type: ignore[misc]
    _, known = ran(recipe, 20)
    assert foretold(recipe, known).rows == 0


def test_a_column_that_is_not_made_yet_is_shown_by_its_name() -> None:
    recipe = recipe_of(BASE)
    found = sketched(program_of(recipe), recipe.steps, 2)
    assert [(one.step, one.candidate, one.missing) for one in found] == [
        (0, "0", ()), (2, "0", ("text",)), (3, "0", ("text",)),
        (0, "1", ()), (2, "1", ("text",)), (3, "1", ("text",)),
    ]  # fmt: skip
    assert found[1].messages[0].content == "answer ⟨text⟩"
    lengths = prompt_lengths(found, expected(recipe), recipe.steps, len)
    assert lengths == {0: 8, 2: 75, 3: 74}

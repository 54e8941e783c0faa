"""After an edit, only what is new is asked."""

import random
from typing import Any

import pytest
from storm import Life, Storm, live, program_of, random_recipe, recipe_of

from sofrito.recipe.model import Recipe
from sofrito.run.journal import MemoryJournal

BASE: dict[str, Any] = {
    "rows": 150,
    "seeds": {"pool": {"rows": [{"text": f"seed {i}"} for i in range(6)]}},
    "steps": [
        {"generate": "text", "prompt": "list", "parse": "numbered_list"},
        {"filter": "text", "by": [{"pattern": {"never": ["w11"]}}]},
        {"generate": "response", "prompt": "answer {{ text }}"},
        {
            "generate": "grade",
            "prompt": "grade {{ response }}",
            "parse": {"choice": ["good", "bad"]},
        },
        {
            "filter": "response",
            "keep": "grade == 'good'",
            "by": [{"length": {"characters": [15, 99]}}],
        },
    ],
}


def edited(step: int, **changes: Any) -> Recipe:
    steps = [dict(one) for one in BASE["steps"]]
    steps[step] |= changes
    return recipe_of({**BASE, "steps": steps})


def again(recipe: Recipe, answers: dict[bytes, bytes]) -> tuple[Life, list[str]]:
    """Run on a journal; return the run and the prompts that were asked."""
    prompts: list[str] = []

    class Listening(Storm):
        def text(self, key: bytes, call: Any) -> str:
            prompts.append(call.messages[-1].content.split()[0])
            return super().text(key, call)

    known = set(answers)
    teacher = Listening(random.Random(1), latency=(0.05, 0.05))
    life = live(program_of(recipe), MemoryJournal(answers), teacher)
    assert not known.intersection(teacher.asked)
    return life, prompts


@pytest.fixture
def journal() -> dict[bytes, bytes]:
    answers: dict[bytes, bytes] = {}
    life, prompts = again(recipe_of(BASE), answers)
    assert life.status == "complete"
    assert len(prompts) > 300
    return answers


def test_the_same_recipe_asks_nothing(journal: dict[bytes, bytes]) -> None:
    assert again(recipe_of(BASE), journal)[1] == []


def test_a_looser_last_filter_asks_nothing(journal: dict[bytes, bytes]) -> None:
    life, prompts = again(edited(4, by=[{"length": {"characters": [14, 99]}}]), journal)
    assert (life.status, prompts) == ("complete", [])
    assert again(edited(4, keep="", by=[{"length": {"characters": [1, 99]}}]), journal)[1] == []


def test_a_tighter_last_filter_asks_only_for_what_replaces_the_dropped(
    journal: dict[bytes, bytes],
) -> None:
    before = len(journal)
    keep = "grade == 'good' and 'w7 w' not in response"
    life, prompts = again(edited(4, keep=keep), journal)
    assert life.status == "complete"
    assert 0 < len(prompts) < before / 2


def test_a_changed_prompt_asks_that_step_and_those_after_it(journal: dict[bytes, bytes]) -> None:
    _, prompts = again(edited(3, prompt="regrade {{ response }}"), journal)
    assert prompts.count("regrade") >= 150
    # the other steps only where the new grades need more candidates
    assert prompts.count("list") + prompts.count("answer") < 40


def test_a_step_in_the_middle_keeps_the_calls_before_it(journal: dict[bytes, bytes]) -> None:
    _, prompts = again(edited(2, prompt="reply {{ text }}"), journal)
    assert prompts.count("reply") >= 150
    assert prompts.count("list") < 20


def test_more_rows_keep_all_that_was_asked(journal: dict[bytes, bytes]) -> None:
    before = len(journal)
    life, prompts = again(recipe_of({**BASE, "rows": 200}), journal)
    assert life.accepted == 200
    assert len(prompts) < before / 2


def test_quotas_keep_the_calls_of_candidates_that_are_still_needed() -> None:
    """A candidate is the k-th of its cell: its number may change, its calls do not."""
    axes = {"axes": {"topic": {"values": list("abcdef")}}}
    data = {**BASE, **axes, "rows": 120}
    answers: dict[bytes, bytes] = {}
    again(recipe_of(data), answers)
    steps = [dict(one) for one in BASE["steps"]]
    steps[4] |= {"by": [{"length": {"characters": [14, 99]}}]}
    assert again(recipe_of({**data, "steps": steps}), answers)[1] == []


def test_other_shares_of_the_cells_keep_the_calls_of_each() -> None:
    """A candidate is the k-th of its cell: its number changes with the shares, its calls do not."""
    data = {**BASE, "rows": 120, "axes": {"topic": {"values": {"a": 1, "b": 1}}}}
    answers: dict[bytes, bytes] = {}
    again(recipe_of(data), answers)
    data["axes"] = {"topic": {"values": {"a": 2, "b": 1}}}
    life, prompts = again(recipe_of(data), answers)
    assert life.status == "complete"
    needed = life.engine.ledger.tallies[1].entered
    assert prompts.count("list") < needed / 2  # only those that `a` needs beyond its old 60 rows


@pytest.mark.parametrize("number", range(25))
def test_no_journaled_call_is_asked_again_whatever_the_edit(number: int) -> None:
    """One journal for many random recipes: each asks only what none before it asked."""
    answers: dict[bytes, bytes] = {}
    rng = random.Random(number)
    for _ in range(3):
        again(random_recipe(rng), answers)

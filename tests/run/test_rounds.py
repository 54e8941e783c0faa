"""Rounds: sized by what is missing and by how much gets through, and capped."""

from hypothesis import given
from hypothesis import strategies as st

from sofrito.run.rounds import NOTHING, End, RoundPlan, interleave


def test_cells_are_spread_evenly() -> None:
    assert interleave([(0, 4), (1, 2), (2, 1)]) == [0, 1, 0, 2, 0, 1, 0]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_interleaving_keeps_the_counts(counts: list[int]) -> None:
    spread = interleave(list(enumerate(counts)))
    assert [spread.count(cell) for cell in range(len(counts))] == counts


def test_the_first_round_asks_each_quota_once() -> None:
    plan = RoundPlan({0: 3, 1: 5}, size=32, lag=1, tries=40)
    members = plan.members(NOTHING, {}, first=True)
    assert (members.count(0), members.count(1)) == (3, 5)


def test_a_later_round_makes_up_for_what_is_rejected() -> None:
    """8 wanted, 2 of 9 accepted: 6 more at (9 + 2) / (2 + 1) candidates each, and a tenth."""
    plan = RoundPlan({0: 8}, size=100, lag=0, tries=40)
    assert len(plan.members(End({0: 2}, {0: 9}, {}), {}, first=False)) == 25
    assert len(plan.members(End({0: 2}, {0: 9}, {}), {0: 20}, first=False)) == 5


def test_a_round_is_no_larger_than_its_size_and_shared_by_need() -> None:
    plan = RoundPlan({0: 90, 1: 9, 2: 1}, size=10, lag=0, tries=40)
    members = plan.members(NOTHING, {}, first=True)
    assert [members.count(cell) for cell in range(3)] == [9, 1, 0]


def test_a_cell_is_given_up_after_its_candidates() -> None:
    plan = RoundPlan({0: 2, 1: None}, size=10, lag=0, tries=40)
    nothing = End({0: 0}, {0: 80}, {})
    assert plan.members(nothing, {}, first=False) == [1] * 10
    almost = End({0: 0}, {0: 77}, {})
    assert plan.members(almost, {}, first=False).count(0) <= 3
